"""The screenshots in the documentation are what the application draws over their recording."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCREENS = ROOT / "docs/screens"
DRAWN = ("readme", "lesson-80x24-dark-it")
"""Drawn anew here; ``build_screens.py --check`` does so for all."""


@pytest.mark.journey
def test_screens_are_what_the_application_draws_in_whatever_surroundings() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/build_screens.py"), "--check", *DRAWN],
        env={**os.environ, "TZ": "Asia/Tokyo", "LANG": "it_IT.UTF-8", "NO_COLOR": "1", "COLUMNS": "60"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_screens_load_nothing_and_name_nothing_of_whoever_recorded_them() -> None:
    for path in (*SCREENS.glob("*.svg"), *SCREENS.glob("recording/*.json")):
        text = path.read_text()
        assert not re.search(r"@font-face|@import|<image|<script|\burl\(\s*[\"']?(?!#)", text), path
        assert not re.search(r"/tmp/|/home/|/root/|LIQOLAB_HOME|BEGIN [A-Z ]*KEY|token: ", text), path


def test_every_screenshot_that_the_documentation_shows_is_there() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = {
        (page, link) for page in pages for link in re.findall(r"\(([^()\s]*screens/[^()\s]*\.svg)\)", page.read_text())
    }
    missing = [f"{page.name}: {link}" for page, link in shown if not (page.parent / link).is_file()]
    assert not missing
