"""Cuts `liqolab/kube/schema/data/internal.json.xz` out of Kubernetes' sources: what error texts print of structures.

An API server validates its *internal* types and prints a wrong structure as Go's JSON encoder does: Go's names of the
fields, all of them, in the order of the declaration. Neither names nor order stand in the OpenAPI definitions.

The document maps ``package.Type`` to its rows ``[printed, field, type, omit]``: the name that is printed (empty: the
fields of an embedded structure), the name in the API's JSON, the Go type as far as printing needs it, and 1 if an empty
value is left out.

Sources: the Go modules ``k8s.io/kubernetes`` (``pkg/apis``) and ``k8s.io/api`` and ``k8s.io/apimachinery``, Apache-2.0.

    python tools/build_internal_types.py --kubernetes DIR --api DIR --apimachinery DIR
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
from pathlib import Path

OUT = Path(__file__).parents[1] / "liqolab/kube/schema/data/internal.json.xz"
GROUPS = {
    "core": "core/v1",
    "apps": "apps/v1",
    "batch": "batch/v1",
    "networking": "networking/v1",
    "rbac": "rbac/v1",
    "policy": "policy/v1",
    "autoscaling": "autoscaling/v2",
    "storage": "storage/v1",
    "discovery": "discovery/v1",
    "admissionregistration": "admissionregistration/v1",
    "certificates": "certificates/v1",
    "flowcontrol": "flowcontrol/v1",
    "node": "node/v1",
    "resource": "resource/v1",
}
META = ("ObjectMeta", "OwnerReference", "LabelSelector", "LabelSelectorRequirement")
SCALARS = {"string": "s", "bool": "b", "int": "i", "int32": "i", "int64": "i", "float64": "i", "byte": "s"}
SPECIAL = {
    "metav1.Time": "t",
    "metav1.MicroTime": "t",
    "resource.Quantity": "q",
    "intstr.IntOrString": "i",
    "types.UID": "s",
    "types.NodeName": "s",
    "runtime.RawExtension": "*",
    "runtime.Object": "*",
    "FieldsV1": "*",
    "Time": "t",
}
STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"^type (\w+) ([\w.\[\]*]+)$", re.MULTILINE)
FIELD = re.compile(r"^\t(?:(\w+)[ \t]+)?([\w.\[\]*]+)(?:[ \t]+`([^`]*)`)?(?:[ \t]*//.*)?$", re.MULTILINE)
JSON = re.compile(r'json:"([^",]*)([^"]*)"')

Row = tuple[str, str, str, int]


class Sources:
    """Type declarations of all groups."""

    def __init__(self) -> None:
        self.named: dict[str, str] = {}
        self.rows: dict[str, list[Row]] = {}

    def code(self, package: str, go_type: str) -> str:
        """A Go type as the table has it."""
        for prefix in ("*", "[]"):
            if go_type.startswith(prefix):
                return prefix + self.code(package, go_type.removeprefix(prefix))
        if match := re.fullmatch(r"map\[[\w.]+\](.+)", go_type):
            return "%" + self.code(package, match[1])
        known = SPECIAL.get(go_type) or SCALARS.get(go_type)
        if known:
            return known
        if go_type.startswith(("metav1.", "api.")):
            owner, _, go_type = go_type.partition(".")
            package = {"metav1": "meta", "api": "core"}[owner]
        elif "." in go_type:
            package, _, go_type = go_type.partition(".")
        full = f"{package}.{go_type}"
        return self.code(package, self.named[full]) if full in self.named else full

    def read_group(self, package: str, internal: Path, api: Path) -> None:
        text, published = internal.read_text(), api.read_text()
        names = {
            (struct, field): match[1]
            for struct, body in STRUCT.findall(published)
            for field, _, tags in FIELD.findall(body)
            if field and (match := JSON.search(tags))
        }
        structs = STRUCT.findall(text)
        self.named |= {f"{package}.{name}": kind for name, kind in NAMED.findall(text) if name[0].isupper()}
        for struct, _ in structs:
            self.named.pop(f"{package}.{struct}", None)
        for struct, body in structs:
            rows: list[Row] = []
            for field, go_type, tags in FIELD.findall(body):
                if go_type == "metav1.TypeMeta" or struct.endswith("List"):
                    continue
                shown = match[1] if (match := JSON.search(tags)) else field
                own = names.get((struct, field)) or field[:1].lower() + field[1:]
                rows.append((shown, own if field else "", go_type, 0))
            if rows:
                self.rows[f"{package}.{struct}"] = rows

    def read_meta(self, file: Path) -> None:
        bodies = dict(STRUCT.findall(file.read_text()))
        for struct in META:
            self.rows[f"meta.{struct}"] = [
                (match[1], match[1], go_type, int("omit" in match[2]))
                for _, go_type, tags in FIELD.findall(bodies[struct])
                if (match := JSON.search(tags))
            ]
        self.named["meta.LabelSelectorOperator"] = "string"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("kubernetes", "api", "apimachinery"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    folders = parser.parse_args()
    sources = Sources()
    for group, version in GROUPS.items():
        sources.read_group(
            group, folders.kubernetes / f"pkg/apis/{group}/types.go", folders.api / f"{version}/types.go"
        )
    sources.read_meta(folders.apimachinery / "pkg/apis/meta/v1/types.go")
    table = {
        name: [[shown, own, sources.code(name.partition(".")[0], kind), omit] for shown, own, kind, omit in rows]
        for name, rows in sorted(sources.rows.items())
    }
    OUT.write_bytes(lzma.compress(json.dumps(table, separators=(",", ":")).encode(), preset=9))


if __name__ == "__main__":
    main()
