"""How results are printed: server-side tables as kubectl lays them out, YAML, JSON, names and JSONPath."""

from __future__ import annotations

import json
import sys
from typing import Any

import yaml

from liqolab.apimachinery.jsonpath import JsonPath
from liqolab.apimachinery.resources import Object, Resource

_PADDING = 3
_NARROWEST = 6


class OutputFormatError(Exception):
    """A ``-o`` that this kubectl does not know."""


class _Dumper(yaml.SafeDumper):
    """Writes strings as kubectl does: quoted twice where they need quotes, as blocks where they have several lines."""

    def choose_scalar_style(self) -> str:
        style: str = super().choose_scalar_style()
        return '"' if style == "'" else style

    def represent_text(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)

    def ignore_aliases(self, data: object) -> bool:
        return True


_Dumper.add_representer(str, _Dumper.represent_text)


def print_table(table: Object, *, wide: bool, labels: bool, namespaces: bool, header: bool, prefix: str = "") -> str:
    """The text of a ``meta.k8s.io/v1 Table``, as kubectl's tab writer lays it out."""
    columns = [
        (index, column)
        for index, column in enumerate(table["columnDefinitions"] or ())
        if wide or not column.get("priority")
    ]
    names = (["NAMESPACE"] if namespaces else []) + [column["name"].upper() for _, column in columns]
    lines = [names + (["LABELS"] if labels else [])] if header else []
    for row in table.get("rows") or []:
        metadata = (row.get("object") or {}).get("metadata", {})
        cells = [metadata.get("namespace", "")] if namespaces else []
        for index, column in columns:
            cell = _cell(row["cells"][index])
            cells.append(prefix + cell if column.get("format") == "name" else cell)
        if labels:
            found = metadata.get("labels") or {}
            cells.append(",".join(f"{key}={found[key]}" for key in sorted(found)) or "<none>")
        lines.append(cells)
    return lay_out(lines)


def render(format: str, items: list[Object], resource: Resource | None, *, single: bool) -> str:
    """Objects in one of the ``-o`` formats yaml, json, name, jsonpath=….

    Raises:
        OutputFormatError: any other format.
    """
    body: Any = items[0] if single else {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {}}
    kind, _, expression = format.partition("=")
    if kind == "yaml":
        return yaml.dump(
            _shown(body),
            Dumper=_Dumper,
            sort_keys=True,
            default_flow_style=False,
            allow_unicode=True,
            width=sys.maxsize,
        )
    if kind == "json":
        return json.dumps(_shown(body), indent=4, ensure_ascii=False) + "\n"
    if kind == "name" and resource is not None:
        return "".join(f"{resource.group_kind.lower()}/{item['metadata']['name']}\n" for item in items)
    if kind == "jsonpath":
        return _template(expression, body)
    raise OutputFormatError(
        f'unable to match a printer suitable for the output format "{format}", allowed formats are: '
        "json,jsonpath,name,wide,yaml"
    )


def typed_name(resource: Resource, name: str) -> str:
    """``deployment.apps/name``, as in every confirmation that kubectl prints."""
    return f"{resource.group_kind.lower()}/{name}"


def _template(expression: str, body: Any) -> str:
    """Text with ``{…}`` expressions in it; several results of one are joined by blanks."""
    text, parts = expression, []
    while text:
        before, opened, rest = text.partition("{")
        parts.append(before)
        if not opened:
            break
        inner, _, text = rest.partition("}")
        if inner.startswith(("'", '"')):
            parts.append(inner[1:-1].encode().decode("unicode_escape"))
            continue
        parts.append(" ".join(_scalar(value) for value in JsonPath("{" + inner + "}").find(body)))
    return "".join(parts)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def _shown(body: Any) -> Any:
    """Without managedFields, as kubectl shows objects."""
    if isinstance(body, dict):
        entries = body.items()
        return {key: _shown(value) for key, value in entries if key != "managedFields"}
    return [_shown(entry) for entry in body] if isinstance(body, list) else body


def _cell(value: Any) -> str:
    if value is None:
        return "<none>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def lay_out(lines: list[list[str]]) -> str:
    """Rows in columns, as kubectl's tab writer lays them out."""
    if not lines:
        return ""
    last = len(lines[0]) - 1
    widths = [max(_NARROWEST, *(len(line[index]) + _PADDING for line in lines)) for index in range(last)]
    return "".join(
        "".join(cell.ljust(width) for cell, width in zip(line, widths, strict=False)) + line[last] + "\n"
        for line in lines
    )
