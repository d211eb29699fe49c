"""The scheduling plugins, one module each, in the order in which Kubernetes asks them."""

from __future__ import annotations

from typing import Final

from liqolab.kube.scheduler.framework import Plugin
from liqolab.kube.scheduler.plugins.balanced_allocation import BalancedAllocation
from liqolab.kube.scheduler.plugins.image_locality import ImageLocality
from liqolab.kube.scheduler.plugins.inter_pod_affinity import InterPodAffinity
from liqolab.kube.scheduler.plugins.node_affinity import NodeAffinity
from liqolab.kube.scheduler.plugins.node_name import NodeName
from liqolab.kube.scheduler.plugins.node_ports import NodePorts
from liqolab.kube.scheduler.plugins.node_resources_fit import NodeResourcesFit
from liqolab.kube.scheduler.plugins.node_unschedulable import NodeUnschedulable
from liqolab.kube.scheduler.plugins.pod_topology_spread import PodTopologySpread
from liqolab.kube.scheduler.plugins.taint_toleration import TaintToleration
from liqolab.kube.scheduler.plugins.volume_binding import VolumeBinding

PLUGINS: Final[tuple[type[Plugin], ...]] = (
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    VolumeBinding,
    PodTopologySpread,
    InterPodAffinity,
    BalancedAllocation,
    ImageLocality,
)
"""The first plugin that refuses a node is the one whose reason is reported for it."""
