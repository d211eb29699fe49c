"""How causes are worded: labels, selectors and lists, as people say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object

_MOST = 4


def listed(texts: Iterable[str], most: int = _MOST) -> str:
    """``a, b and c``; of many, the first few and how many more there are."""
    rows = list(texts)
    if len(rows) > most:
        rows = [*rows[:most], f"{len(rows) - most} more"]
    return " and ".join(part for part in (", ".join(rows[:-1]), *rows[-1:]) if part)


def counted(number: int, noun: str) -> str:
    """``1 pod``, ``3 pods``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def quoted(names: Iterable[str]) -> str:
    return listed(f'"{name}"' for name in names)


def key_of(label: str) -> str:
    """A label without the domain that qualifies it: ``region`` for ``topology.liqo.io/region``."""
    return label.rpartition("/")[2]


def requirement(row: Mapping[str, Any]) -> str:
    """One expression of a node or label selector: ``region=south``, ``region is one of a, b``, ``no gpu``."""
    key, operator = key_of(row.get("key", "")), row.get("operator", "")
    values: Sequence[str] = row.get("values") or ()
    if operator == "In":
        return f"{key}={values[0]}" if len(values) == 1 else f"{key} one of {', '.join(values)}"
    if operator == "NotIn":
        return f"{key}≠{values[0]}" if len(values) == 1 else f"{key} none of {', '.join(values)}"
    if operator in ("Gt", "Lt"):
        return f"{key}{'>' if operator == 'Gt' else '<'}{next(iter(values), '')}"
    return f"a label {key}" if operator == "Exists" else f"no label {key}"


def term(rows: Iterable[Mapping[str, Any]]) -> str:
    """Requirements that must all hold."""
    return " and ".join(dict.fromkeys(map(requirement, rows)))


def terms(selector: Iterable[Iterable[Mapping[str, Any]]]) -> str:
    """Terms of which one must hold."""
    return " or ".join(dict.fromkeys(filter(None, map(term, selector)))) or "nothing"


def labels_seen(items: Iterable[Object], keys: Iterable[str] = (), most: int = _MOST) -> str:
    """Which labels there are, as ``app=a, app=b``; only those of `keys`, where any are given."""
    wanted = set(keys)
    pairs = [pair for item in items for pair in meta.labels(item).items() if not wanted or pair[0] in wanted]
    shown = list(dict.fromkeys(f"{key_of(key) if wanted else key}={value}" for key, value in pairs))
    return ", ".join([*shown[:most], *((f"{len(shown) - most} more",) if len(shown) > most else ())]) or "none"
