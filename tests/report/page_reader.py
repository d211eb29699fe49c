"""Reads a page as a strict browser would: elements must close in order, and attributes are what they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "input", "br", "hr", "link", "img"}
_OPTIONAL_SLASH = {"use", "rect", "path", "circle", "line"}


@dataclass
class Element:
    """One element; `text` is everything in it."""

    name: str
    attributes: dict[str, str | None]
    text: str = ""
    parents: tuple[str, ...] = field(default=())


class Page(HTMLParser):
    """All elements of a page in document order."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(source)
        self.close()
        assert not self._open, f"never closed: {[element.name for element in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), f"an attribute twice: {attrs}"
        element = Element(tag, dict(attrs), parents=tuple(entry.name for entry in self._open))
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _VOID | _OPTIONAL_SLASH, f"<{tag}/> stays open in HTML"
        self.elements.append(Element(tag, dict(attrs), parents=tuple(entry.name for entry in self._open)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1].name == tag, f"</{tag}> closes {[entry.name for entry in self._open]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, name: str, class_: str = "") -> list[Element]:
        """Elements of that name and class."""
        return [
            element
            for element in self.elements
            if element.name == name and (not class_ or class_ in (element.attributes.get("class") or "").split())
        ]
