"""All built-in kinds, in the order in which discovery lists their groups and the versions of a group."""

from __future__ import annotations

from typing import Final

from liqolab.kube.kinds import (
    apps,
    authentication,
    autoscaling,
    batch,
    cluster,
    core,
    devices,
    events,
    flow_control,
    measured,
    networking,
    rbac,
)
from liqolab.kube.kinds.spec import KindSpec

BUILTIN: Final[tuple[KindSpec, ...]] = (
    *core.KINDS,
    *cluster.API_REGISTRATION,
    *apps.KINDS,
    *events.KINDS,
    *authentication.KINDS,
    *autoscaling.KINDS,
    *batch.KINDS,
    *cluster.CERTIFICATES,
    *networking.NETWORKING,
    *cluster.POLICY,
    *rbac.KINDS,
    *cluster.STORAGE,
    *cluster.ADMISSION,
    *cluster.API_EXTENSIONS,
    *cluster.SCHEDULING,
    *cluster.COORDINATION,
    *cluster.NODE,
    *networking.DISCOVERY,
    *devices.KINDS,
    *flow_control.KINDS,
    *measured.KINDS,
)
