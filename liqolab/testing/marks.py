"""Tags of features as marks of pytest, and names that both halves of the plugin share; every pytest run imports it."""

from __future__ import annotations

import re

import pytest

NAME = "liqolab.testing"
"""The name under which the half that does the work is registered with pytest."""

UNCLEAR = "a step of a feature means nothing, or several things"
"""Why a run ends before it begins."""

_STEP_TAG = "step:"
_CALL = re.compile(r"(\w[\w-]*)\((.*)\)")


class Registration(str):
    """A line of the ini setting ``markers`` that is a name from end to end.

    pytest takes what stands before the first colon for the name, and tags such as ``@req:NS-1`` have colons.
    """

    __slots__ = ()

    def split(self, *_: object) -> list[str]:  # whatever the separator: there is one part
        return [str(self)]


def tag_mark(tag: str) -> pytest.MarkDecorator | None:
    """The mark of a tag without its ``@``; None for the id of a lesson's step."""
    if tag.startswith(_STEP_TAG):
        return None
    called = _CALL.fullmatch(tag)
    name, arguments = (called.group(1), (called.group(2),)) if called else (tag, ())
    # Made by hand: `pytest.mark.NAME` refuses, under --strict-markers, what no ini file lists, and tags are free.
    return pytest.MarkDecorator(pytest.Mark(name, arguments, {}, _ispytest=True), _ispytest=True)
