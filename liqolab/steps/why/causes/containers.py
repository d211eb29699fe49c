"""Pods that have a node and yet do not run well: images, configuration, crashes, probes, volumes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CONFIG_MAPS, PERSISTENT_VOLUME_CLAIMS, SECRETS, SERVICE_ACCOUNTS
from liqolab.apimachinery.resources import Object, Resource
from liqolab.steps.why.causes.engine import Case, Finding
from liqolab.steps.why.causes.owners import workload_name

_PULLING = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")
_CONFIGURATION = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
_NOT_FOUND = re.compile(r'(configmap|secret|serviceaccount) "([^"]+)" not found', re.IGNORECASE)
_PROBE = re.compile(r"(Startup|Liveness|Readiness) probe failed: (.*)", re.DOTALL)
_LOG_LINES = 20
_LONGEST_LINE = 200


def image_not_pulled(case: Case) -> Finding | None:
    """An image that does not exist, or may not be had."""
    for status in _statuses(case.object):
        waiting = _waiting(status)
        if waiting.get("reason") in _PULLING:
            message = str(waiting.get("message", ""))
            why = "it does not exist" if "not found" in message else message or waiting["reason"]
            if waiting["reason"] == "InvalidImageName":
                why = "its name is not valid"
            image = _spec_of(case.object, status["name"]).get("image", status.get("image", ""))
            return _finding(case, f'image "{image}" of container "{status["name"]}" cannot be pulled: {why}')
    return None


def configuration_missing(case: Case) -> Finding | None:
    """A ConfigMap or Secret that a container takes its environment from."""
    for status in _statuses(case.object):
        waiting = _waiting(status)
        if waiting.get("reason") not in _CONFIGURATION:
            continue
        message = str(waiting.get("message", ""))
        missing = _NOT_FOUND.search(message)
        if missing and _is_missing(case, missing[1].lower(), missing[2]):
            return _finding(case, _needs(case, missing[1].lower(), missing[2]))
        return _finding(case, f'container "{status["name"]}" cannot be made: {message or waiting["reason"]}')
    return None


def volume_missing(case: Case) -> Finding | None:
    """A ConfigMap, Secret or claim that a volume is made of, where no container has started yet."""
    statuses = list(_statuses(case.object))
    if not _is_assigned(case.object) or any(
        status.get("started") or "running" in _state(status) for status in statuses
    ):
        return None
    for volume in meta.get_path(case.object, "spec", "volumes", default=[]):
        for kind, name in _sources(volume):
            if _is_missing(case, kind, name):
                return _finding(case, _needs(case, kind, name))
    return None


def probe_failed(case: Case) -> Finding | None:
    """A probe that keeps a container from being ready, or has it restarted again and again."""
    unready = [status["name"] for status in _statuses(case.object) if not status.get("ready")]
    if not unready or case.object.get("status", {}).get("phase") != "Running":
        return None
    for event in reversed(case.evidence.events(case.cluster, case.namespace)):
        about = event.get("involvedObject") or {}
        found = _PROBE.match(event.get("message", ""))
        if found is None or about.get("uid") != meta.uid(case.object):
            continue
        container = re.search(r"\{(.+)\}", about.get("fieldPath", ""))
        if container and container[1] not in unready:
            continue
        name = container[1] if container else unready[0]
        if f"{found[1].lower()}Probe" not in _spec_of(case.object, name):
            continue
        text = f'the {found[1].lower()} probe of container "{name}" fails: {found[2].strip()}'
        return _finding(case, text)
    return None


def crashed(case: Case) -> Finding | None:
    """A container that ends although it should not, with its exit code and its last words."""
    for status in _statuses(case.object):
        ended = _state(status).get("terminated") or {}
        if not ended and _waiting(status).get("reason") == "CrashLoopBackOff":
            ended = (status.get("lastState") or {}).get("terminated") or {}
        if not ended:
            continue
        code = ended.get("exitCode", 0)
        if code == 0 and (_may_end(case.object, status["name"]) or not status.get("restartCount")):
            continue
        if ended.get("reason") == "OOMKilled":
            limit = meta.get_path(_spec_of(case.object, status["name"]), "resources", "limits", "memory", default="?")
            return _finding(case, f'container "{status["name"]}" was killed: it used more than its limit of {limit}')
        name = status["name"]
        if code == 0:
            return _finding(case, f'container "{name}" ends at once with exit code 0, and is started again and again')
        again = f", {status['restartCount']} times so far" if status.get("restartCount", 0) > 1 else ""
        return _finding(case, f'container "{name}" ended with exit code {code}{again}{_last_words(case, status)}')
    return None


def _last_words(case: Case, status: Object) -> str:
    for previous in (False, True):
        lines = case.evidence.source.log(
            case.cluster, case.namespace, case.name, status["name"], _LOG_LINES, previous=previous
        )
        said = [line for line in lines if line.strip()]
        if said:
            return f'; its last words: "{said[-1].strip()[:_LONGEST_LINE]}"'
    return ""


def evicted(case: Case) -> Finding | None:
    """A pod that was ended from outside."""
    status = case.object.get("status") or {}
    if status.get("phase") != "Failed" or not status.get("reason"):
        return None
    message = str(status.get("message", "")).strip()
    return _finding(case, f"{status['reason']}{f': {message}' if message else ''}")


def _finding(case: Case, text: str) -> Finding:
    who = workload_name(case.evidence, case.cluster, case.object)
    ready = meta.pod_is_ready(case.object)
    phase = meta.get_path(case.object, "status", "phase", default="")
    state = "is Failed" if phase == "Failed" else "is not Ready" if not ready else "is not well"
    return Finding(f"{who} {state}: {text}")


def _statuses(pod: Object) -> Iterator[Object]:
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def _state(status: Object) -> Object:
    state: Object = status.get("state") or {}
    return state


def _waiting(status: Object) -> Object:
    waiting: Object = _state(status).get("waiting") or {}
    return waiting


def _spec_of(pod: Object, container: str) -> Object:
    spec = pod.get("spec") or {}
    rows = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    return next((row for row in rows if row["name"] == container), {})


def _may_end(pod: Object, container: str) -> bool:
    """Whether exit code 0 is how the container should end."""
    spec = pod.get("spec") or {}
    initial = any(row["name"] == container for row in spec.get("initContainers") or ())
    return initial or (spec.get("restartPolicy") or "Always") != "Always"


def _is_assigned(pod: Object) -> bool:
    return bool(meta.get_path(pod, "spec", "nodeName")) and not meta.is_deleting(pod)


def _sources(volume: Object) -> Iterator[tuple[str, str]]:
    """The objects that a volume cannot do without."""
    for part in (volume, *meta.get_path(volume, "projected", "sources", default=[])):
        for field, kind, key in (
            ("configMap", "configmap", "name"),
            ("secret", "secret", "secretName"),
            ("secret", "secret", "name"),
            ("persistentVolumeClaim", "persistentvolumeclaim", "claimName"),
        ):
            source = part.get(field) or {}
            if source.get(key) and not source.get("optional"):
                yield kind, source[key]


_KINDS: dict[str, Resource] = {
    "configmap": CONFIG_MAPS,
    "secret": SECRETS,
    "serviceaccount": SERVICE_ACCOUNTS,
    "persistentvolumeclaim": PERSISTENT_VOLUME_CLAIMS,
}


def _is_missing(case: Case, kind: str, name: str) -> bool:
    return case.evidence.get(case.cluster, _KINDS[kind], name, case.namespace) is None


def _needs(case: Case, kind: str, name: str) -> str:
    return f'it needs {kind} "{name}", which does not exist in namespace "{case.namespace}"'
