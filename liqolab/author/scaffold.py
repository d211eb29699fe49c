"""Begins a lesson: the smallest one that plays, has checks that can fail, and lints clean.

It creates its clusters, makes a namespace, and takes the clusters down again; an author replaces the middle.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from liqolab.scenario.library import LessonError

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")

_FEATURE = """\
Feature: {title}
  Say here in two or three lines what becomes true, and for whom.

  @step:provision
  Scenario: Provision the playground
    When I run:
      \"\"\"
      ./setup.sh
      export KUBECONFIG="$PWD/kubeconfig_{first}"
      \"\"\"
    And I run "kubectl get nodes"
    Then the output is a table with:
{nodes}
{ready}

  @step:namespace
  Scenario: Make a namespace
    Given the lesson has reached "provision"
    When I run:
      \"\"\"
      kubectl create namespace demo
      \"\"\"
    Then namespace "demo" exists in cluster "{first}"

  @step:destroy
  Scenario: Destroy the playground
    Given the lesson has reached "namespace"
    When I run:
      \"\"\"
{deletions}
      \"\"\"
{gone}
"""

_LESSON = """\
title: {title}
summary: Say in one sentence what a learner can do afterwards.
feature: {feature}
kubeconfig: kubeconfig_{{cluster}}

clusters:
{clusters}

# Each step has its prose in steps/ID.md, and its commands and checks in the feature's scenario tagged @step:ID.
steps:
  - id: provision
    title: Provision the playground
    minutes: 2
    hints:
      nudge: There is a script in the working folder.
      concept: A kubeconfig tells kubectl which cluster to talk to; KUBECONFIG names the file.
      command: Run ./setup.sh, export KUBECONFIG, and list the nodes.
  - id: namespace
    title: Make a namespace
    minutes: 3
    hints:
      nudge: Namespaces are objects like all others, so they are made like all others.
      concept: kubectl makes things from files, or straight from the command line.
      command: kubectl create namespace, and its name.
  - id: destroy
    title: Destroy the playground
    minutes: 1
    hints:
      nudge: Who made the clusters can delete them.
      concept: kind knows its clusters by name.
      command: kind delete cluster, once for each name.
"""

_PROSE = {
    "provision": "Say what is going to be there, and why.\n\n`./setup.sh` makes it.\n\n{{run 1}}\n\n"
    "`kubectl get nodes` shows that it is there.\n\n{{run 2}}\n",
    "namespace": "Say what a namespace is good for.\n\n{{run 1}}\n",
    "destroy": "Say what has been learned, and where to go from here.\n\n{{run 1}}\n",
}

_SETUP = """\
#!/usr/bin/env bash
# Provisions the playground of this lesson. Running it again deletes the clusters and makes them anew.
set -e

clusters=({clusters})

kind delete clusters "${{clusters[@]}}"
for name in "${{clusters[@]}}"; do
  kind create cluster --name "$name" --kubeconfig "kubeconfig_$name" --config manifests/cluster.yaml --wait 5m
done
"""

_CLUSTER = """\
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
  - role: control-plane
"""


def scaffold(into: Path, name: str, clusters: Sequence[str]) -> list[Path]:
    """Write the files of a new lesson; all of them, or none.

    Args:
        into: the folder that has (or gets) the folders ``features`` and ``scenarios``.
        name: of the lesson, in lowercase letters, digits and hyphens.
        clusters: names of its clusters; at least one.

    Raises:
        LessonError: a name is not valid, or the lesson exists.
    """
    for word in (name, *clusters):
        if not _NAME.fullmatch(word):
            raise LessonError(f'"{word}" is not a valid name: use lowercase letters, digits and hyphens')
    feature = into / "features" / f"{name.replace('-', '_')}.feature"
    folder = into / "scenarios" / name
    for path in (feature, folder):
        if path.exists():
            raise LessonError(f"{path} exists; choose another name")
    texts = {feature: _feature(name, clusters), **_lesson(folder, feature.name, name, clusters)}
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            if path.suffix == ".sh":
                path.chmod(0o755)
    except OSError as error:
        feature.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        raise LessonError(f"{folder} cannot be written: {error.strerror}") from None
    return list(texts)


def _feature(name: str, clusters: Sequence[str]) -> str:
    first = clusters[0]
    node = f"{first}-control-plane"
    rows = [("NAME", "STATUS"), (node, "Ready")]
    width = max(len(row[0]) for row in rows)
    table = "\n".join(f"      | {left:<{width}} | {right:<6} |" for left, right in rows)
    ready = [f'    And node "{cluster}-control-plane" in cluster "{cluster}" is Ready' for cluster in clusters]
    gone = [f'cluster "{cluster}" does not exist' for cluster in clusters]
    return _FEATURE.format(
        title=_title(name),
        first=first,
        nodes=table,
        ready="\n".join(ready),
        deletions="\n".join(f"      kind delete cluster --name {cluster}" for cluster in clusters),
        gone="\n".join(f"    {keyword} {text}" for keyword, text in zip(["Then", *["And"] * len(gone)], gone)),  # noqa: B905
    )


def _lesson(folder: Path, feature: str, name: str, clusters: Sequence[str]) -> dict[Path, str]:
    entries = "\n".join(f"  - name: {cluster}\n    config: manifests/cluster.yaml" for cluster in clusters)
    return {
        folder / "lesson.yaml": _LESSON.format(title=_title(name), feature=feature, clusters=entries),
        **{folder / "steps" / f"{step}.md": text for step, text in _PROSE.items()},
        folder / "workdir" / "setup.sh": _SETUP.format(clusters=" ".join(clusters)),
        folder / "workdir" / "manifests" / "cluster.yaml": _CLUSTER,
    }


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()
