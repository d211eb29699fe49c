"""HTML as text that cannot be wrong by accident: everything is escaped unless it is `Html` already."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

Child = str | None | Iterable["Child"]

_VOID = frozenset({"meta", "link", "input", "br", "hr", "use", "rect", "circle", "path", "line", "ellipse", "polygon"})


class Html(str):
    """Text that is markup."""

    __slots__ = ()


def tag(name: str, *children: Child, **attributes: str | float | bool | None) -> Html:
    """One element.

    Args:
        name: of the element.
        children: texts (escaped), markup, or iterables of these; None and empty texts are nothing.
        attributes: by name; an underscore at the end is dropped, others become hyphens. None and False leave one out,
            True writes it without a value.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items() if value is not None)
    if name in _VOID:
        return Html(f"<{name}{written}/>")
    return Html(f"<{name}{written}>{joined(children)}</{name}>")


def joined(children: Child) -> Html:
    """Several texts and pieces of markup, one after the other."""
    if children is None:
        return Html("")
    if isinstance(children, Html):
        return children
    if isinstance(children, str):
        return Html(escape(children))
    return Html("".join(joined(child) for child in children))


def _attribute(key: str, value: str | float | bool) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
