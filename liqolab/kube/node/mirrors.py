"""Pods that stand for parts of the cluster which run inside its own process.

A learner who looks into ``kube-system`` finds what a kind cluster has there. These pods do nothing; an event of each
says so, and where the real thing is.
"""

from __future__ import annotations

import asyncio
from typing import Final

from liqolab.kube.node import texts
from liqolab.kube.node.images import ImageReference
from liqolab.kube.node.simulated import Say
from liqolab.program import Container, Program

_REGISTRY: Final = "registry.k8s.io"

ETCD: Final = f"{_REGISTRY}/etcd"
API_SERVER: Final = f"{_REGISTRY}/kube-apiserver"
CONTROLLER_MANAGER: Final = f"{_REGISTRY}/kube-controller-manager"
SCHEDULER: Final = f"{_REGISTRY}/kube-scheduler"
PROXY: Final = f"{_REGISTRY}/kube-proxy"
COREDNS: Final = f"{_REGISTRY}/coredns/coredns"
KINDNET: Final = "kindest/kindnetd"

STAND_FOR: Final = {
    ETCD: "the store",
    API_SERVER: "the API server",
    CONTROLLER_MANAGER: "the controllers",
    SCHEDULER: "the scheduler",
    PROXY: "the service proxy",
    COREDNS: "the cluster's name service",
    KINDNET: "the pod network",
}
"""Image repository → what its pods stand for."""


def mirror(image: ImageReference, say: Say) -> Program | None:
    """The program of a pod that stands for a part of the cluster, and tells `say` so; None for all other images."""
    what = STAND_FOR.get(image.repository)
    if what is None:
        return None

    async def stand(container: Container) -> int:
        say("Normal", texts.MIRROR.format(what=what))
        container.ready.set()
        await asyncio.Event().wait()
        return 0

    return stand
