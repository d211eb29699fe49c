"""What was said of nodes that have not changed since: pods of one template are many, and most nodes stay as they are.

Some plugins look at nothing but the node and what the pod itself asks for. For pods that ask for the same, what they
say holds until something happens to the node; for the next replica it only has to be looked up.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import orjson

from liqolab.apimachinery.resources import Object
from liqolab.kube.scheduler.node_info import PodInfo
from liqolab.kube.scheduler.verdict import Verdict

_SHAPES = 8
"""Of so many kinds of pods opinions are kept: a thousand nodes take a quarter of a megabyte each."""

_OF_SPEC = ("nodeName", "nodeSelector", "tolerations", "overhead", "resources")
_OF_CONTAINER = ("resources", "ports", "restartPolicy")


@dataclass(slots=True)
class Opinion:
    """Of one node, in one of its versions.

    Attributes:
        version: which.
        verdict: the first refusal, or None.
        scores: raw scores by plugin, as far as somebody has asked.
    """

    version: int
    verdict: Verdict | None
    scores: dict[str, float] = field(default_factory=dict)


class Opinions:
    """Of the last few kinds of pods."""

    def __init__(self) -> None:
        self._by_shape: OrderedDict[bytes, dict[str, Opinion]] = OrderedDict()

    def about(self, pod: PodInfo) -> dict[str, Opinion]:
        """By node, for pods that ask for what `pod` asks for; to be filled by whoever asks."""
        shape = _shape(pod.pod["spec"])
        found = self._by_shape.get(shape)
        if found is None:
            found = self._by_shape[shape] = {}
            if len(self._by_shape) > _SHAPES:
                self._by_shape.popitem(last=False)
        else:
            self._by_shape.move_to_end(shape)
        return found


def _shape(spec: Object) -> bytes:
    """All of a pod that the plugins in question look at; names and volumes, which differ from pod to pod, are not."""
    containers = [
        [[row.get(name) for name in _OF_CONTAINER] for row in spec.get(kind) or ()]
        for kind in ("containers", "initContainers")
    ]
    affinity = (spec.get("affinity") or {}).get("nodeAffinity")
    return orjson.dumps([affinity, containers, *(spec.get(name) for name in _OF_SPEC)])
