"""A lesson of one cluster and two steps, whose last check may be weak or strong."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

FEATURE = """\
Feature: Tiny

  @step:make
  Scenario: Make a cluster
    When I run:
      \"\"\"
      kind create cluster --name rome --kubeconfig kubeconfig_rome
      export KUBECONFIG="$PWD/kubeconfig_rome"
      \"\"\"
    Then node "rome-control-plane" in cluster "rome" is Ready

  @step:note
  Scenario: Write something down
    Given the lesson has reached "make"
    When I run:
      \"\"\"
      kubectl create configmap team --from-literal colour=blue{option}
      \"\"\"
    Then namespace "default" exists in cluster "rome"
    And configmap "team" in namespace "default" in cluster "rome" {check}
"""
# A check that only looks whether there is something, and a flag that says what is so without it.
WEAK = {"option": " -n default", "check": "exists within 300ms"}
STRONG = {"option": "", "check": 'has field "{.data.colour}" = "blue" within 300ms'}
LESSON = """\
title: Tiny
summary: One cluster, two steps.
feature: {feature}
kubeconfig: kubeconfig_{{cluster}}
clusters:
  - name: rome
    config: cluster.yaml
steps:
  - id: make
    title: Make
  - id: note
    title: Note
"""


@dataclass(frozen=True)
class Author:
    """Somebody with a home of their own, who writes a lesson."""

    root: Path

    @property
    def lesson(self) -> Path:
        return self.root / "tiny"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "LIQOLAB_HOME": str(self.home), "TMPDIR": str(self.root / "scratch"), "COLUMNS": "200"}

    def write(self, *, weak: bool) -> None:
        """Lay the lesson out, with the weak check or with the strong one."""
        texts = WEAK if weak else STRONG
        feature = self.root / "tiny.feature"
        feature.write_text(FEATURE.format(**texts))
        for folder in (self.lesson / "steps", self.lesson / "workdir", self.root / "scratch"):
            folder.mkdir(parents=True, exist_ok=True)
        # A lesson that is not among the others names its feature by the whole path.
        (self.lesson / "lesson.yaml").write_text(LESSON.format(feature=feature))
        for step in ("make", "note"):
            (self.lesson / "steps" / f"{step}.md").write_text("Prose.\n")
        (self.lesson / "workdir" / "cluster.yaml").write_text("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n")

    def left(self) -> list[str]:
        """What is on disk of playgrounds, snapshots and scratch folders."""
        folders = (self.home, self.root / "scratch")
        return [str(path) for folder in folders for path in folder.rglob("*")]

    def liqolab(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "liqolab.cli", "author", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)


@pytest.fixture
def author(tmp_path: Path) -> Author:
    return Author(tmp_path)
