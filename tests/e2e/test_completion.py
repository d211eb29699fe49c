"""The Tab key, in a real bash that has read the script."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pexpect
import pytest

from tests.laboratory import used


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("liqolab compl", "liqolab completion"),
        ("liqolab run offl", "liqolab run offloading-with-policies"),
        ("liqolab down --playground spa", "liqolab down --playground spare"),
        ("liqoctl unoff", "liqoctl unoffload"),
        ("liqoctl offload namespace x --pod-offloading-strategy Rem", "--pod-offloading-strategy Remote"),
    ],
)
def test_the_tab_key_completes(tmp_path: Path, typed: str, wanted: str) -> None:
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    with used(tmp_path, PATH=programs, TERM="dumb") as lab:
        (lab.home / "playgrounds" / "spare").mkdir(parents=True)
        bash = pexpect.spawn(
            "bash", ["--norc", "--noprofile"], env=lab.environment, encoding="utf-8", dimensions=(40, 200), timeout=60
        )
        try:
            program = typed.split()[0]
            bash.sendline(f"source <({program} completion bash); echo rea''dy")
            bash.expect("ready")
            bash.send(f"{typed}\t")
            bash.expect_exact(wanted)
        finally:
            bash.close(force=True)
