"""Defaulting of built-in kinds: what a real API server fills in while it decodes an object.

Only what is a function of the object itself is here. What admission adds (service accounts, tolerations) or what
allocators hand out (addresses, node ports) happens elsewhere. Applying the defaults twice changes nothing.
"""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery.resources import Object
from liqolab.kube.schema import builtin, definitions
from liqolab.kube.schema.filling import Table
from liqolab.kube.schema.kind_defaults import TABLES

_NONE: Final[tuple[Table, ...]] = ()


def apply_defaults(group: str, kind: str, obj: Object) -> None:
    """Decode and default `obj` in place: unknown fields and nulls vanish, quantities become canonical, defaults appear.

    Raises:
        ApiError: 400 in the API server's words, if a value has the wrong type.
    """
    api_version = str(obj.get("apiVersion") or "")
    version = api_version.rpartition("/")[2]
    if name := definitions.name_of_kind(group, version, kind):
        try:
            builtin.conform(name, obj)
        except builtin.TypeMismatchError as error:
            raise builtin.cannot_be_handled(obj, error) from None
    for table in TABLES.get((group, kind), _NONE):
        table.apply(obj)
