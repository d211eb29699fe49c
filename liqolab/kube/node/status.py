"""``status`` of a pod, computed from what its containers do.

Pure: the same containers give the same status. Conditions that others own (readiness gates, DisruptionTarget) are left
alone, since the status is sent as a strategic merge patch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.timestamps import now
from liqolab.kube.kinds.strategies.pods import quality_of_service
from liqolab.kube.node import texts
from liqolab.kube.node.container import ContainerUnit
from liqolab.kube.node.states import Running, Terminated, Waiting

OWNED_FIELDS = (
    "phase",
    "reason",
    "message",
    "hostIP",
    "hostIPs",
    "podIP",
    "podIPs",
    "startTime",
    "qosClass",
    "initContainerStatuses",
    "containerStatuses",
    "ephemeralContainerStatuses",
)
"""Of a pod's status, what the node alone knows; conditions are owned one by one."""

_ADDRESS_FIELDS = ("podIPs", "hostIPs")
"""Lists that a strategic merge patch would add to."""


@dataclass(frozen=True, slots=True)
class PodFacts:
    """What there is to know of a pod on its node.

    Attributes:
        pod: its newest state.
        units: all containers, init containers first.
        start_time: when the node took the pod on (RFC 3339).
        pod_ip, host_ip: addresses; the pod's is empty until its network is set up.
        initialised: whether all init containers have done their work.
        ephemeral: containers that were added while the pod ran; nothing else depends on them.
        verdict: (reason, message) when the node has failed the pod as a whole.
        ended: whether no container will run again.
    """

    pod: Object
    units: Sequence[ContainerUnit]
    start_time: str
    pod_ip: str
    host_ip: str
    initialised: bool
    ephemeral: Sequence[ContainerUnit] = ()
    verdict: tuple[str, str] | None = None
    ended: bool = False


def pod_status(facts: PodFacts) -> Object:
    """The part of the status that the kubelet owns."""
    phase = _phase(facts)
    status: Object = {
        **_observed(facts.pod),
        "phase": phase,
        "conditions": _conditions(facts, phase),
        "hostIP": facts.host_ip,
        "hostIPs": [{"ip": facts.host_ip}],
        "startTime": facts.start_time,
        "qosClass": (facts.pod.get("status") or {}).get("qosClass") or quality_of_service(facts.pod["spec"]),
    }
    if facts.pod_ip:
        status |= {"podIP": facts.pod_ip, "podIPs": [{"ip": facts.pod_ip}]}
    if facts.verdict:
        status |= {"reason": facts.verdict[0], "message": facts.verdict[1]}
    first = [unit for unit in facts.units if unit.role != "main"]
    if first:
        status["initContainerStatuses"] = [_container_status(unit, facts.pod) for unit in first]
    if facts.ephemeral:
        status["ephemeralContainerStatuses"] = [_container_status(unit, facts.pod) for unit in facts.ephemeral]
    status["containerStatuses"] = [_container_status(unit, facts.pod) for unit in facts.units if unit.role == "main"]
    return status


def _phase(facts: PodFacts) -> str:
    if facts.verdict:
        return "Failed"
    if meta.pod_is_terminal(facts.pod):
        return str(facts.pod["status"]["phase"])
    policy = facts.pod["spec"].get("restartPolicy") or "Always"
    if not facts.initialised:
        first = [unit.state for unit in facts.units if unit.role == "init"]
        failed = any(isinstance(state, Terminated) and state.exit_code != 0 for state in first)
        return "Failed" if facts.ended and failed and policy == "Never" else "Pending"
    mains = [unit for unit in facts.units if unit.role == "main"]
    if any(isinstance(unit.state, Waiting) and unit.last_state is None for unit in mains):
        return "Pending"
    ends = [unit.state.exit_code for unit in mains if isinstance(unit.state, Terminated)]
    if not facts.ended or len(ends) < len(mains):
        return "Running"
    return "Succeeded" if all(code == 0 for code in ends) else "Failed"


def _container_status(unit: ContainerUnit, pod: Object) -> Object:
    status: Object = {
        "name": unit.name,
        "state": unit.state.as_json(),
        "lastState": unit.last_state.as_json() if unit.last_state else {},
        "ready": _ready(unit),
        "restartCount": unit.restarts,
        "image": unit.image.canonical if unit.image else unit.spec.get("image") or "",
        "imageID": unit.image.image_id if unit.image else "",
    }
    if unit.role != "ephemeral":
        status["started"] = unit.started and unit.running
    if unit.container_id:
        status["containerID"] = unit.container_id
    if isinstance(unit.state, Running):
        status |= _granted(unit, pod)
    return status


def _granted(unit: ContainerUnit, pod: Object) -> Object:
    """What a running container has: what the pod asks for by now, since a simulated node can always give it."""
    rows = [*(pod["spec"].get("containers") or ()), *(pod["spec"].get("initContainers") or ())]
    found = next((row.get("resources") or {} for row in rows if row["name"] == unit.name), {})
    resources = {key: found[key] for key in ("limits", "requests") if found.get(key)}
    allocated = {"allocatedResources": found["requests"]} if found.get("requests") else {}
    return {"resources": resources} | allocated


def _ready(unit: ContainerUnit) -> bool:
    if unit.role == "ephemeral":
        return False
    if unit.role == "init":
        return isinstance(unit.state, Terminated) and unit.state.exit_code == 0
    return unit.ready and isinstance(unit.state, Running)


def _is_through(unit: ContainerUnit) -> bool:
    """Whether the containers after this one need not wait for it: a sidecar has to have started, others to be done."""
    if unit.role == "sidecar":
        return unit.started or _ready(unit)
    return unit.role != "init" or _ready(unit)


def _conditions(facts: PodFacts, phase: str) -> list[Object]:
    finished = phase in ("Succeeded", "Failed")
    waiting_init = [u.name for u in facts.units if not _is_through(u)]
    unready = [u.name for u in facts.units if u.role == "main" and not _ready(u)]
    rows: list[Object] = [
        {"type": "PodReadyToStartContainers", "status": _status(bool(facts.pod_ip) and not facts.ended)}
    ]
    if facts.initialised or phase == "Succeeded":
        rows.append(
            {"type": "Initialized", "status": "True"} | ({"reason": "PodCompleted"} if phase == "Succeeded" else {})
        )
    else:
        message = texts.NOT_INITIALISED.format(containers=" ".join(waiting_init))
        rows.append(
            {"type": "Initialized", "status": "False", "reason": "ContainersNotInitialized", "message": message}
        )
    problem: Object = {}
    if finished:
        problem = {"reason": "PodCompleted" if phase == "Succeeded" else "PodFailed"}
    elif unready:
        problem = {"reason": "ContainersNotReady", "message": texts.NOT_READY.format(containers=" ".join(unready))}
    gates = {} if problem else _gates(facts.pod)
    rows.append({"type": "Ready", "status": _status(not problem and not gates)} | (problem or gates))
    rows.append({"type": "ContainersReady", "status": _status(not problem)} | problem)
    if meta.find_condition(facts.pod, "PodScheduled") is None:
        rows.append({"type": "PodScheduled", "status": "True"})
    return [_dated(row, facts.pod) for row in rows]


def _gates(pod: Object) -> Object:
    """Why the pod's readiness gates keep it from being ready; empty when they do not."""
    for gate in pod["spec"].get("readinessGates") or ():
        found = meta.find_condition(pod, gate["conditionType"])
        if found is None:
            text = texts.GATE_MISSING.format(gate=gate["conditionType"])
        elif found.get("status") != "True":
            text = texts.GATE_NOT_TRUE.format(gate=gate["conditionType"], status=found.get("status"))
        else:
            continue
        return {"reason": "ReadinessGatesNotReady", "message": text}
    return {}


def _observed(pod: Object) -> Object:
    """Which generation a status is about; pods that an older version of the laboratory has stored have none."""
    generation = meta.generation(pod)
    return {"observedGeneration": generation} if generation else {}


def _dated(row: Object, pod: Object) -> Object:
    """With lastTransitionTime: kept while the status stays. Fields that are gone are removed explicitly."""
    known = meta.find_condition(pod, row["type"])
    kept = known.get("lastTransitionTime") if known and known.get("status") == row["status"] else None
    gone = {name: None for name in ("reason", "message") if known and name in known and name not in row}
    return _observed(pod) | row | gone | {"lastProbeTime": None, "lastTransitionTime": kept or now()}


def status_patch(present: Object, wanted: Object) -> Object:
    """What a strategic merge patch must say to make the node's part of `present` say what `wanted` does.

    Fields and conditions that the node does not own are not mentioned. Nulls in `wanted` stand for absent fields.
    """
    patch = {field: None for field in OWNED_FIELDS if field in present and field not in wanted}
    patch |= {field: value for field, value in wanted.items() if field != "conditions" and present.get(field) != value}
    for field in _ADDRESS_FIELDS:
        if patch.get(field) and present.get(field):
            patch[field] = [{"$patch": "replace"}, *patch[field]]
    known = {row["type"]: row for row in present.get("conditions") or ()}
    rows = [row for row in wanted["conditions"] if _differs(known.get(row["type"]), row)]
    return patch | ({"conditions": rows} if rows else {})


def _differs(known: Object | None, row: Object) -> bool:
    return known is None or any(known.get(field) != value for field, value in row.items())


def _status(value: bool) -> str:
    return "True" if value else "False"
