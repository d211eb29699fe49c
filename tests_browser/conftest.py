"""What these tests share: the browser, which not every machine has."""

from __future__ import annotations

import shutil

import pytest


@pytest.fixture(autouse=True)
def browser_on_the_path() -> None:
    if shutil.which("chromium") is None:
        pytest.skip("needs chromium on the PATH")
