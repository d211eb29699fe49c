"""For whoever stays in a Python kernel: `liqolab.open`, and the magics by ``%load_ext liqolab``."""

from __future__ import annotations

from typing import Any

from liqolab.notebook import desk
from liqolab.notebook.lab import Lab
from liqolab.scenario import DEFAULT_LESSON

__all__ = ["load", "open"]


def open(  # noqa: A001 (read as liqolab.open)
    lesson: str = DEFAULT_LESSON,
    *,
    playground: str | None = None,
    language: str | None = None,
    provider: str | None = None,
) -> Lab:
    """Open a lesson where it stands; one that is open already is the same object.

    Args:
        lesson: its name.
        playground: name of the playground; else that of ``$LIQOLAB_PLAYGROUND``, else the lesson's, as in all faces.
        language: ``en`` or ``it``; else that of the environment.
        provider: who makes the clusters, where they are not made yet.

    Raises:
        LessonError: there is no such lesson.
        PlaygroundError: its folder cannot be written, or it has clusters of another provider.
    """
    return desk.open_lab(desk.arguments(lesson, playground=playground, language=language, provider=provider))


def load(shell: Any) -> None:
    """Give an IPython the magics ``%lab`` and ``%%lab``, and `lab`."""
    from liqolab.notebook import magics

    magics.load(shell)
