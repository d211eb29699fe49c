"""Reads Go struct declarations as far as the protobuf encoding of the Kubernetes API needs them.

What a field is called in JSON, which number it has in protobuf, whether it is a pointer and whether a zero value is
written to JSON all stand in the declaration and its tags. A regular grammar is enough for these files: they are
machine-checked to have one field a line.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_STRUCT = re.compile(r"^type (\w+) struct ?\{(?:\}|\n(.*?)^\})", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^type (\w+) ([\w.\[\]*]+)$", re.MULTILINE)
_FIELD = re.compile(r"^\t(?:(\w+)[ \t]+)?([\w.\[\]*]+)[ \t]+`([^`]*)`", re.MULTILINE)
_IMPORT = re.compile(r'^(?:import)?\s+(?:(\w+) )?"k8s\.io/([\w/.-]+)"$', re.MULTILINE)
_MESSAGE = re.compile(r"^message (\w+) \{", re.MULTILINE)
_TAG = re.compile(r'(\w+):"([^"]*)"')

_SCALARS = {
    "string": "s",
    "bool": "t",
    "int": "i",
    "int32": "i",
    "int64": "i",
    "uint32": "i",
    "uint64": "i",
    "uint8": "i",
    "float64": "d",
    "float32": "f",
    "byte": "i",
}

SPECIAL = {
    # Go types whose JSON form is not that of their message.
    "apimachinery/pkg/apis/meta/v1.Time": "time",
    "apimachinery/pkg/apis/meta/v1.MicroTime": "microtime",
    "apimachinery/pkg/apis/meta/v1.Duration": "duration",
    "apimachinery/pkg/apis/meta/v1.FieldsV1": "raw",
    "apimachinery/pkg/runtime.RawExtension": "raw",
    "apimachinery/pkg/api/resource.Quantity": "quantity",
    "apimachinery/pkg/util/intstr.IntOrString": "intstr",
    "apiextensions-apiserver/pkg/apis/apiextensions/v1.JSON": "raw",
}

WHOLE = "="
"""JSON name of a field that is the whole value: schema-or-bool unions and named lists are written without a wrapper."""

PLAIN = set(_SCALARS.values()) | {"b"}
"""Codes of values that are zero or not."""

_CODES = PLAIN | set(SPECIAL.values())


class GoPackage:
    """The declarations of one package.

    Attributes:
        structs: name → its fields as (Go name or "", go_type, tags), with types qualified by package.
        named: name → the type it stands for (``type UID string``).
        messages: the names that have a protobuf message of their own.
    """

    def __init__(self, path: str, folder: Path) -> None:
        self.structs: dict[str, list[tuple[str, str, dict[str, str]]]] = {}
        self.named: dict[str, str] = {}
        proto = folder / "generated.proto"
        self.messages = set(_MESSAGE.findall(proto.read_text())) if proto.exists() else set()
        for file in sorted(folder.glob("*.go")):
            if file.name.startswith(("zz_", "generated.")) or file.name.endswith("_test.go"):
                continue
            self._read(path, file.read_text())

    def _read(self, path: str, text: str) -> None:
        imports = {alias or full.rpartition("/")[2]: full for alias, full in _IMPORT.findall(text)}

        def qualify(go_type: str) -> str:
            def one(match: re.Match[str]) -> str:
                if match[1]:
                    return f"{imports.get(match[1], match[1])}.{match[2]}"
                return match[2] if match[2] in _SCALARS or match[2] == "map" else f"{path}.{match[2]}"

            return re.sub(r"(?:(\w+)\.)?(\w+)", one, go_type)

        for name, body in _STRUCT.findall(text):
            self.structs[name] = [
                (field, qualify(go_type), dict(_TAG.findall(tags))) for field, go_type, tags in _FIELD.findall(body)
            ]
        for name, go_type in _NAMED.findall(text):
            self.named.setdefault(name, qualify(go_type))


class GoPackages:
    """All packages below some source roots, read when first asked for."""

    def __init__(self, roots: list[Path]) -> None:
        self._roots = roots
        self._packages: dict[str, GoPackage] = {}

    def package(self, path: str) -> GoPackage:
        if path not in self._packages:
            folder = next((root / path for root in self._roots if (root / path).is_dir()), None)
            if folder is None:
                raise SystemExit(f"no Go package {path} below {', '.join(map(str, self._roots))}")
            self._packages[path] = GoPackage(path, folder)
        return self._packages[path]

    def kinds(self, path: str) -> list[str]:
        """The structs of a package that are kinds: they embed TypeMeta."""
        return [
            name
            for name, fields in self.package(path).structs.items()
            if any(go_type.endswith(".TypeMeta") for _, go_type, _ in fields)
        ]

    def has_struct(self, name: str) -> bool:
        """Whether ``api/apps/v1.Deployment`` is a struct of some package below the roots."""
        path, _, own = name.rpartition(".")
        return any((root / path).is_dir() for root in self._roots) and own in self.package(path).structs

    def written_fields(self, name: str) -> dict[str, bool]:
        """JSON name → whether it is a struct, for the fields that JSON never lacks: structs that are no pointers, and
        what is not left out when it is zero.
        """
        path, _, own = name.rpartition(".")
        found: dict[str, bool] = {}
        for _, go_type, tags in self.package(path).structs[own]:
            json_name, *options = tags.get("json", "").split(",")
            plain = go_type[0] not in "*[" and "." in go_type and go_type not in SPECIAL
            if "inline" in options:
                found |= self.written_fields(go_type)
            elif "omitzero" not in options and plain and self.has_struct(self._resolve(go_type)):
                found[json_name] = True
            elif not {"omitempty", "omitzero"} & set(options) or (
                # A time is a struct too, which omitempty does not leave out.
                SPECIAL.get(go_type) in ("time", "microtime") and "omitzero" not in options
            ):
                found[json_name] = False
        return found

    def message(self, name: str) -> tuple[list[list[Any]], list[str]]:
        """The fields of a message, and the messages that they use.

        A field is ``[number, JSON name, go_type, shape, keep]``. The name is empty for an embedded struct, whose fields
        JSON has one level higher, and ``=`` where the field stands for the whole message. Shape is ``""`` for one
        value, ``"r"`` for a list, ``"m"`` for a map with string keys; keep is 1 if a zero value is written to JSON.
        """
        path, _, own = name.rpartition(".")
        package = self.package(path)
        if own not in package.structs:
            # A named list (`type ExtraValue []string`): a message whose only field stands for the whole.
            return [[1, WHOLE, self._code(package.named[own].removeprefix("[]")), "r", 0]], []
        rows: list[list[Any]] = []
        used: list[str] = []
        for _, go_type, tags in package.structs[own]:
            row = self._field(go_type, tags)
            if row is None:
                continue
            rows.append(row)
            if row[2] not in _CODES:
                used.append(row[2])
        return rows, used

    def _field(self, go_type: str, tags: dict[str, str]) -> list[Any] | None:
        parts = tags.get("protobuf", "").split(",")
        if len(parts) < 2 or not parts[1].isdigit():
            return None
        json_name, *options = tags.get("json", "").split(",")
        pointer = go_type.startswith("*")
        keep = int(pointer or not {"omitempty", "omitzero"} & set(options))
        go_type = self._resolve(go_type.removeprefix("*"))
        shape = ""
        if go_type.startswith("map["):
            shape, go_type = "m", self._resolve(go_type.partition("]")[2].removeprefix("*"))
        elif go_type.startswith("[]") and go_type != "[]byte":
            shape, go_type = "r", self._resolve(go_type[2:].removeprefix("*"))
        name = "" if "inline" in options else json_name or WHOLE
        return [int(parts[1]), name, self._code(go_type), shape, keep]

    def _resolve(self, go_type: str) -> str:
        """Follow named types down to a scalar, a list, a map, or something that has a message."""
        while "[" not in go_type and "." in go_type:
            path, _, name = go_type.rpartition(".")
            if go_type in SPECIAL or (path == "apimachinery/pkg/types" and name in ("UID", "NodeName")):
                return go_type if go_type in SPECIAL else "string"
            package = self.package(path)
            if name in package.structs or name in package.messages:
                return go_type
            go_type = package.named[name]
        return go_type

    def _code(self, go_type: str) -> str:
        go_type = self._resolve(go_type)
        if go_type in ("[]byte", "[]uint8"):
            return "b"
        return SPECIAL.get(go_type) or _SCALARS.get(go_type) or go_type
