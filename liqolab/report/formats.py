"""The formats that a record can be written in, and how a command line asks for them: ``--report FORMAT=PATH``.

A report is written whole or not at all: nobody who collects files while a job is being cancelled sees half of one. One
that cannot be written is told about and takes no other with it.
"""

from __future__ import annotations

import importlib
import os
import secrets
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from liqolab.report.harmless import HarmlessRun, harmless_run
from liqolab.report.record import RunRecord


class ReportError(Exception):
    """A report that was asked for in a way that makes no sense, or could not be written."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format; calling it writes a record to a path.

    Attributes:
        summary: what it is for, in a few words.
        function: ``module:function`` that makes the text; imported when it is needed.
        worlds: whether it shows the clusters before and after, so that a run has to look at them.
    """

    name: str
    summary: str
    function: str
    worlds: bool = False

    def render(self, record: HarmlessRun) -> str:
        """The record as this format's text."""
        module, _, name = self.function.partition(":")
        render: Callable[[HarmlessRun], str] = getattr(importlib.import_module(module), name)
        return render(record)

    def __call__(self, record: HarmlessRun, path: Path) -> None:
        """Write the record.

        Raises:
            ReportError: the path cannot be written.
        """
        try:
            text = self.render(record)
        except Exception as error:
            # A defect of one format must not cost the others.
            raise ReportError(f"report {path} cannot be made: {type(error).__name__}: {error}") from error
        _write(path, text)


FORMATS: dict[str, Format] = {
    entry.name: entry
    for entry in (
        Format("html", "one page for people", "liqolab.report.html.page:html", worlds=True),
        Format("junit", "JUnit XML, for CI systems", "liqolab.report.junit:junit"),
        Format("cucumber-json", "Cucumber JSON, for older tools", "liqolab.report.cucumber_json:cucumber_json"),
        Format("messages", "Cucumber Messages, for Cucumber's own tools", "liqolab.report.messages:messages"),
    )
}


@dataclass(frozen=True, slots=True)
class Request:
    """A report that somebody asked for."""

    format: Format
    path: Path

    @classmethod
    def parse(cls, text: str) -> Request:
        """Read ``FORMAT=PATH``.

        Raises:
            ReportError: there is no such format, or the path is a folder.
        """
        name, separator, path = text.partition("=")
        known = ", ".join(FORMATS)
        if name not in FORMATS:
            raise ReportError(f'there is no report format "{name}"; write FORMAT=PATH with one of {known}')
        if not separator or not path:
            raise ReportError(f'where to? write {name}=PATH, for example "{name}=report.{_suffix(name)}"')
        if Path(path).is_dir():
            raise ReportError(f'{path} is a folder; name a file, for example "{name}={path}/report.{_suffix(name)}"')
        return cls(FORMATS[name], Path(path))


def parse_requests(texts: Iterable[str]) -> list[Request]:
    """Read all that a command line asks for.

    Raises:
        ReportError: one makes no sense, or two want the same file.
    """
    requests = [Request.parse(text) for text in texts]
    paths = [request.path.absolute() for request in requests]
    for path in paths:
        if paths.count(path) > 1:
            raise ReportError(f"two reports want to be written to {path}")
    return requests


def write_reports(
    record: RunRecord, requests: Collection[Request], written: Callable[[Request], None] = lambda request: None
) -> list[str]:
    """Write every report that can be written, and tell `written` of each; what could not be written, one line each."""
    problems = []
    clean = harmless_run(record)
    for request in requests:
        try:
            request.format(clean, request.path)
        except ReportError as error:
            problems.append(str(error))
        else:
            written(request)
    return problems


def wants_worlds(requests: Iterable[Request]) -> bool:
    """Whether any of them shows the clusters."""
    return any(request.format.worlds for request in requests)


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise ReportError(f"report {path} cannot be written: {error.strerror}") from None


def _suffix(name: str) -> str:
    return {"junit": "xml", "cucumber-json": "json", "messages": "ndjson"}.get(name, name)
