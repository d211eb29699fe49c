"""One object in a few lines, as ``kubectl describe`` begins, and the events about it as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.builtin import EVENTS
from liqolab.apimachinery.resources import Object, Objects
from liqolab.atlas.explorer_model import Column, Kind, Row, Table
from liqolab.atlas.pods import pod_state
from liqolab.steps.failing.evidence import last_seen
from liqolab.steps.failing.redaction import printable, redact

_WIDTH: Final = 14
_TEXT_LIMIT: Final = 500
_EVENT_KIND: Final = Kind(EVENTS.plural, EVENTS.kind, EVENTS.group, EVENTS.version, True, ("ev",))
_EVENT_COLUMNS: Final = tuple(map(Column, ("Type", "Reason", "Age", "From", "Message")))
_REPLICAS: Final = (("readyReplicas", "ready"), ("updatedReplicas", "updated"), ("availableReplicas", "available"))


def summary_lines(item: Object) -> list[str]:
    """What it is, whose it is, how it is; values of labels and annotations included, nothing secret."""
    return [redact(printable(line, _TEXT_LIMIT)) for line in _lines(item)]


def event_table(events: Objects) -> Table:
    """Events as ``kubectl describe`` prints them, the latest last."""
    moment = datetime.now(UTC)
    ordered = sorted(events, key=last_seen)
    return Table(_EVENT_KIND, _EVENT_COLUMNS, tuple(_event_row(event, moment) for event in ordered))


def _lines(item: Object) -> Iterator[str]:
    yield _line("Name", meta.name(item))
    if meta.namespace(item):
        yield _line("Namespace", meta.namespace(item))
    yield _line("Kind", f"{item.get('kind', '')} ({item.get('apiVersion', '')})")
    if created := meta.get_path(item, "metadata", "creationTimestamp", default=""):
        yield _line("Age", _age(str(created), datetime.now(UTC)))
    if meta.is_deleting(item):
        waiting = ", ".join(meta.finalizers(item))
        yield _line("Deleted", "waits for " + (waiting or "its time to end"))
    if (owner := meta.controller_of(item)) is not None:
        yield _line("Controlled by", f"{owner.get('kind')}/{owner.get('name')}")
    yield from _pairs("Labels", meta.labels(item))
    yield from _state(item)
    for row in meta.get_path(item, "status", "conditions", default=[]):
        said = ": ".join(str(row[key]) for key in ("reason", "message") if row.get(key))
        yield _line("Condition", f"{row.get('type')} is {row.get('status')}" + (f" ({said})" if said else ""))


def _state(item: Object) -> Iterator[str]:
    spec, status = item.get("spec") or {}, item.get("status") or {}
    if item.get("kind") == "Pod":
        state, reason, message = pod_state(item)
        yield _line("State", state + (f" ({': '.join(filter(None, (reason, message)))})" if reason else ""))
        yield _line("Node", str(spec.get("nodeName") or "none yet"))
        yield _line("Address", str(status.get("podIP") or "none yet"))
        yield from (_line("Container", _container(entry, status)) for entry in spec.get("containers") or ())
    elif "replicas" in spec:
        counts = ", ".join(f"{status.get(field, 0)} {word}" for field, word in _REPLICAS)
        yield _line("Replicas", f"{spec['replicas']} wanted, {counts}")
    elif status.get("phase"):
        yield _line("Phase", str(status["phase"]))


def _container(entry: Object, status: Object) -> str:
    known: Objects = status.get("containerStatuses") or []
    found = next((row for row in known if row.get("name") == entry.get("name")), Object())
    state = next(iter(found.get("state") or {"not started": {}}))
    ready = "ready" if found.get("ready") else "not ready"
    return f"{entry.get('name')} from {entry.get('image')}: {state}, {ready}, {found.get('restartCount', 0)} restarts"


def _pairs(title: str, values: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(values):
        yield _line(title, f"{key}={values[key]}")
        title = ""


def _line(title: str, value: str) -> str:
    return f"{title + ':' if title else '':<{_WIDTH}} {value}"


def _event_row(event: Object, now: datetime) -> Row:
    seen, count = last_seen(event), int(event.get("count") or 1)
    age = _age(seen, now) + (f" (x{count})" if count > 1 else "")
    source = meta.get_path(event, "source", "component", default="") or event.get("reportingComponent", "")
    texts = (event.get("type"), event.get("reason"), age, source, redact(str(event.get("message") or "").strip()))
    cells = tuple(printable(str(text or ""), _TEXT_LIMIT) for text in texts)
    return Row(meta.name(event), meta.namespace(event), cells)


def _age(moment: str, now: datetime) -> str:
    try:
        return timestamps.human_duration((now - timestamps.parse(moment)).total_seconds())
    except ValueError:
        return "<unknown>"
