"""What the clusters say about a check that did not hold: events, logs, and the chain of causes.

Everything is asked through the Kubernetes API, each request and the whole within a time limit. A cluster that does not
answer is itself evidence. Whatever goes wrong in here stays in here: the check's own failure is what counts.
"""

from __future__ import annotations

import base64
import contextlib
import re
import shlex
from dataclasses import replace

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import SECRETS
from liqolab.apimachinery.resources import Object
from liqolab.steps.failing.error import Wish
from liqolab.steps.failing.evidence import Evidence, SilentError, last_seen
from liqolab.steps.failing.failure import EventLine, Failure, LogTail, Target
from liqolab.steps.failing.harmless import HarmlessFailure, harmless
from liqolab.steps.lab import Lab
from liqolab.steps.why import causes
from liqolab.steps.why import relatives as evidence_relatives
from liqolab.steps.why.causes.absence import nearest_labels
from liqolab.steps.why.causes.engine import Place
from liqolab.steps.why.lab_source import LabSource
from liqolab.steps.why.relatives import Relative

_MOST_EVENTS = 8
_MOST_ROUTINE = 4
_LOG_LINES = 20
_MOST_LOGS = 2

_CLUSTERS = ("cluster", "other", "third")
"""Arguments of sentences that name a cluster."""

_WRITTEN = (".spec", ".metadata", ".data")
_DECIDED = (".spec.nodeName",)
"""Paths of fields that people write, and those among them that the clusters fill in."""

_TELLING_KEY = re.compile(r"(?i)pass|token|secret|key|cred|auth|cookie|salt|pin$")

_LEAST_NAMED, _LEAST_NEIGHBOUR = 4, 8
"""Shorter values are too ordinary to be taken out: of a Secret that is spoken of, and of any other in its namespace."""

_GENERATED = re.compile(r"-[a-z0-9]{5}(?![\w-])")
"""The end of a name that the API server made up."""


def diagnosed(lab: Lab, failure: Failure, wish: Wish) -> HarmlessFailure:
    """The failure with evidence and causes, fit to be shown; `wish` is what the sentence wanted.

    Never raises, since a failing diagnosis must not hide the failure.
    """
    secrets = set[str]()
    with contextlib.suppress(Exception), contextlib.closing(LabSource(lab)) as source:
        secrets = _investigate(Evidence(source), failure, wish)
    return harmless(failure, secrets)


def _investigate(evidence: Evidence, failure: Failure, wish: Wish) -> set[str]:
    """Add to a failure what the clusters say; the values of Secrets that it must not show."""
    cluster = str(wish.arguments.get("cluster") or "")
    # Each part for itself: what one of them stumbles over is no reason to do without the others.
    with contextlib.suppress(Exception):
        _add_causes(evidence, failure, wish)
    with contextlib.suppress(Exception):
        _add_surroundings(evidence, failure, wish)
    with contextlib.suppress(Exception):
        failure.command = failure.command or _command(evidence, failure.target, cluster)
    with contextlib.suppress(Exception):
        return _secrets(evidence, failure)
    return set()


def _scope(wish: Wish, failure: Failure) -> causes.Scope:
    if wish.negative:
        return "keepers"
    if not _is_about_state(failure):
        return "wishes"
    return "existence" if wish.existence else "everything"


def _add_causes(evidence: Evidence, failure: Failure, wish: Wish) -> None:
    if failure.causes:
        return
    if failure.target is None:
        failure.causes = causes.explain_silence(evidence, [str(wish.arguments.get(name) or "") for name in _CLUSTERS])
    else:
        failure.causes = causes.explain_failure(evidence, failure.target, wish.arguments, _scope(wish, failure))
    if not failure.causes and failure.output and failure.code not in (0, None):
        failure.causes = causes.explain_output(evidence, failure.output)


def _is_about_state(failure: Failure) -> bool:
    """Whether the clusters decide what is wrong: what somebody wrote into a spec has no cause but its author."""
    written = [row.path.startswith(_WRITTEN) and row.path not in _DECIDED for row in failure.differences]
    return not written or not all(written)


def _place(evidence: Evidence, target: Target) -> Place | None:
    try:
        resource = evidence.resource(target.cluster, target.kind)
    except SilentError:
        return None
    if resource is None:
        return None
    namespace = target.namespace if resource.namespaced else None
    return Place(target.cluster, resource, target.name, namespace, target.labels)


def _forget_namespace(failure: Failure, target: Target) -> None:
    """A sentence may take the default namespace along for a kind that knows none."""
    failure.target = replace(target, namespace=None)
    failure.summary = failure.summary.replace(str(target), str(failure.target), 1)


def _add_surroundings(evidence: Evidence, failure: Failure, wish: Wish) -> None:
    """What came nearest, and the events and logs of everything that belongs to the target."""
    place = _place(evidence, failure.target) if failure.target else None
    if place is None:
        return
    # What was there and should not have been may be gone by now; nothing is near to it.
    if not failure.nearest and place.labels and not wish.negative:
        with contextlib.suppress(SilentError):
            failure.nearest = nearest_labels(evidence, place)
    if place.namespace is None and failure.target:
        _forget_namespace(failure, failure.target)
    relatives = evidence_relatives.family(evidence, place)
    failure.events = failure.events or _events(evidence, place, relatives)
    failure.logs = failure.logs or _logs(evidence, relatives)


def _events(evidence: Evidence, place: Place, relatives: list[Relative]) -> list[EventLine]:
    """The last warnings, newest last; where there are none, the last few of what else happened."""
    wanted: dict[tuple[str, str | None], set[str]] = {}
    for relative in relatives:
        space = meta.namespace(relative.object) or None
        wanted.setdefault((relative.cluster, space), set()).add(meta.uid(relative.object))
    found: list[tuple[str, Object]] = []
    for (cluster, space), uids in wanted.items():
        for event in evidence.events(cluster, space):
            if (event.get("involvedObject") or {}).get("uid") in uids:
                found.append((cluster, event))
    if not relatives and place.name:
        found = [
            (place.cluster, event)
            for event in evidence.events(place.cluster, place.namespace)
            if _is_about(event, place)
        ]
    found = [(cluster, event) for cluster, event in found if not _is_echo(event, found)]
    rows = [_event_line(cluster, event) for cluster, event in sorted(found, key=lambda row: last_seen(row[1]))]
    warnings = [row for row in rows if row.type == "Warning"]
    return _summed(warnings)[-_MOST_EVENTS:] or _summed(rows)[-_MOST_ROUTINE:]


def _is_echo(event: Object, found: list[tuple[str, Object]]) -> bool:
    """Whether it only repeats, at home, what the provider's event says that is there as well."""
    component = str((event.get("source") or {}).get("component", ""))
    return any(
        component.endswith(f" ({cluster})") and original.get("message") == event.get("message")
        for cluster, original in found
    )


def _summed(rows: list[EventLine]) -> list[EventLine]:
    """Each event once, however often it was told, and of however many pods whose names were made up."""
    found: dict[EventLine, EventLine] = {}
    for row in rows:
        key = replace(row, message=_GENERATED.sub("", row.message), count=1)
        before = found.pop(key, None)
        found[key] = replace(row, count=row.count + (before.count if before else 0))
    return list(found.values())


def _is_about(event: Object, place: Place) -> bool:
    about = event.get("involvedObject") or {}
    return about.get("name") == place.name and about.get("kind") == place.resource.kind


def _event_line(cluster: str, event: Object) -> EventLine:
    about = event.get("involvedObject") or {}
    return EventLine(
        cluster,
        f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}",
        str(event.get("type", "")),
        str(event.get("reason", "")),
        str(event.get("message", "")).partition(" preemption:")[0],
        int(event.get("count") or (event.get("series") or {}).get("count") or 1),
    )


def _logs(evidence: Evidence, relatives: list[Relative]) -> list[LogTail]:
    """The last lines of containers that are not well; those of a pod's twin stand for its own."""
    found: list[LogTail] = []
    for relative in evidence_relatives.pods(relatives):
        for status in meta.get_path(relative.object, "status", "containerStatuses", default=[]):
            if status.get("ready") or len(found) >= _MOST_LOGS:
                continue
            lines = _tail(evidence, relative, status["name"])
            if lines:
                found.append(LogTail(relative.cluster, meta.name(relative.object), status["name"], tuple(lines)))
    return found


def _tail(evidence: Evidence, relative: Relative, container: str) -> list[str]:
    where = (relative.cluster, meta.namespace(relative.object), meta.name(relative.object), container, _LOG_LINES)
    return evidence.source.log(*where, previous=False) or evidence.source.log(*where, previous=True)


def _command(evidence: Evidence, target: Target | None, cluster: str) -> str:
    """One command that shows the object, or where it should be; that the cluster is there, where nobody knows more."""
    path = evidence.source.kubeconfig(target.cluster if target else cluster)
    if not path:
        return ""
    words = ["kubectl", "--kubeconfig", path]
    if target is None and evidence.silence(cluster) is None:
        return ""
    if target is None or evidence.silence(target.cluster) is not None:
        return shlex.join([*words, "cluster-info"])
    place = _place(evidence, target)
    if place is None:
        return shlex.join([*words, "api-resources"])
    present = bool(place.name) and evidence.get(place.cluster, place.resource, place.name, place.namespace) is not None
    words += ["get", target.kind, *([place.name] if present else [])]
    if place.resource.namespaced:
        words += ["-n", place.namespace] if place.namespace else ["-A"]
    return shlex.join([*words, *(["-o", "yaml"] if present else ["--show-labels"])])


def _secrets(evidence: Evidence, failure: Failure) -> set[str]:
    """The values of Secrets that no text may show: of those that the failure names, and of their neighbours."""
    target = failure.target
    if target is None:
        return set()
    clusters = {target.cluster, *(event.cluster for event in failure.events), *(log.cluster for log in failure.logs)}
    asked = f"{failure.sentence} {target}"
    said = " ".join([asked, failure.summary, failure.output or "", *failure.causes])
    values: set[str] = set()
    for cluster in clusters:
        with contextlib.suppress(SilentError):
            for secret in evidence.list(cluster, SECRETS, target.namespace or "default"):
                values.update(_values(secret, named=meta.name(secret) in said))
    # What the feature itself says is known to whoever reads it.
    return {value for value in values if value not in asked}


def _values(secret: Object, *, named: bool) -> list[str]:
    """The values that must not be shown; of a Secret that nobody spoke of only those whose keys tell that they are."""
    found = []
    for key, encoded in (secret.get("data") or {}).items():
        if not named and not _TELLING_KEY.search(key):
            continue
        found.append(encoded)
        with contextlib.suppress(ValueError):
            plain = base64.b64decode(encoded).decode()
            found += [plain, *plain.splitlines()]
    least = _LEAST_NAMED if named else _LEAST_NEIGHBOUR
    return [value for value in found if len(value.strip()) >= least]
