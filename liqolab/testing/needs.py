"""What a scenario's ``@needs(...)`` tags ask of the machine: a provider, or a program on the PATH."""

from __future__ import annotations

import shutil
from typing import get_args

import pytest

from liqolab.testing.lessons import lesson_of
from liqolab.testing.plan import plan_of
from liqolab.testing.settings import Provider, Settings


def unmet(item: pytest.Item, settings: Settings) -> str:
    """Why a scenario cannot run here; empty when it can."""
    lesson = lesson_of(plan_of(item))
    if lesson and settings.provider != "embedded":
        return f'lesson "{lesson[0]}" makes clusters of its own, and this run was given some'
    for mark in item.iter_markers("needs"):
        for what in map(str, mark.args):
            if what in get_args(Provider):
                if what != settings.provider:
                    return f"needs the provider {what}, and this run has {settings.provider} clusters"
            elif shutil.which(what) is None:
                return f"needs {what}, which is not on the PATH"
    return ""
