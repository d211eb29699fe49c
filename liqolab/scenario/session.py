"""A playground with a lesson laid out in it: what every face of a lesson starts from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from liqolab.playground import users
from liqolab.playground.home import Playground
from liqolab.playground.providers import delete_clusters, settled
from liqolab.playground.shell import Shell, prepare
from liqolab.process import uninterrupted, without_terminal
from liqolab.scenario.lesson import Lesson
from liqolab.steps.lab import Lab

SomeLab = TypeVar("SomeLab", bound=Lab)


def open_lab(playground: Playground, lesson: Lesson) -> Lab:
    """Lay out the lesson's working folder and return a lab in it; no cluster is touched.

    Raises:
        PlaygroundError: the folder cannot be written.
    """
    return open_lab_as(Lab, playground, lesson)


def open_lab_as(kind: type[SomeLab], playground: Playground, lesson: Lesson) -> SomeLab:
    """`open_lab` for a lab that does more."""
    shell = lay_out(playground, lesson)
    users.enter(playground)
    names = [spec.name for spec in lesson.clusters]

    def kubeconfig(cluster: str) -> Path | None:
        return kubeconfigs(playground, lesson).get(cluster)

    lab = kind(shell.environment, shell.folder, kubeconfig, names)
    lab.playground = playground
    lab.wordings = settled(playground).wordings(lesson.clusters)
    return lab


def lay_out(playground: Playground, lesson: Lesson) -> Shell:
    """The lesson's files in its working folder, and the environment of a bash in it.

    Raises:
        PlaygroundError: the folder cannot be written.
    """
    shell = prepare(playground, lesson.name, lesson.files)
    return replace(shell, environment=without_terminal(shell.environment))


def kubeconfigs(playground: Playground, lesson: Lesson) -> dict[str, Path]:
    """The administrator's kubeconfigs of the clusters that exist now; those of the lesson first, in its order.

    It reads one folder and asks no cluster, so it may be called often.
    """
    if not playground.clusters.is_dir():
        return {}
    found = sorted(folder.name for folder in playground.clusters.iterdir())
    known = {name: path for name in found if (path := playground.kubeconfig(name)).exists()}
    ordered = [spec.name for spec in lesson.clusters if spec.name in known]
    return {name: known[name] for name in [*ordered, *(name for name in known if name not in ordered)]}


def close_playground(playground: Playground) -> None:
    """Delete all clusters of a playground, and its folder.

    Raises:
        PlaygroundError: a cluster does not end.
    """
    # Ctrl-C while things are put in order wants them in order all the same.
    with uninterrupted():
        delete_clusters(playground)
        users.leave(playground)
        playground.remove()
