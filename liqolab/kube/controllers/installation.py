"""Which controllers a cluster runs."""

from __future__ import annotations

from liqolab.apimachinery.builtin import REPLICA_SETS, REPLICATION_CONTROLLERS
from liqolab.controller.manager import Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.autoscaling.installing import HorizontalAutoscaling
from liqolab.kube.controllers.census import Census
from liqolab.kube.controllers.certificates import CertificateSigner
from liqolab.kube.controllers.clusterroles import RoleAggregation
from liqolab.kube.controllers.cronjob import CronJobController
from liqolab.kube.controllers.daemonset.controller import DaemonSetController
from liqolab.kube.controllers.deployment.controller import DeploymentController
from liqolab.kube.controllers.disruption import DisruptionController
from liqolab.kube.controllers.flow_control import FlowSchemaStatus
from liqolab.kube.controllers.garbage.collector import GarbageCollector
from liqolab.kube.controllers.job.controller import JobController
from liqolab.kube.controllers.job.expiry import JobExpiry
from liqolab.kube.controllers.namespace import NamespaceController
from liqolab.kube.controllers.namespace_defaults import NamespaceDefaults
from liqolab.kube.controllers.nodes.eviction import TaintEviction
from liqolab.kube.controllers.nodes.lifecycle import NodeLifecycle
from liqolab.kube.controllers.nodes.orphans import OrphanedPods
from liqolab.kube.controllers.policy_types import PolicyTypes
from liqolab.kube.controllers.quota import QuotaController
from liqolab.kube.controllers.replicaset import ReplicaController, map_selector
from liqolab.kube.controllers.service_account_tokens import TokenSecrets
from liqolab.kube.controllers.services.addresses import ServiceAddressRepair, ServiceNetworks
from liqolab.kube.controllers.services.endpoints import EndpointsController
from liqolab.kube.controllers.services.mirroring import EndpointsMirroring
from liqolab.kube.controllers.services.slices import EndpointSliceController
from liqolab.kube.controllers.settings import ControllerSettings
from liqolab.kube.controllers.statefulset.controller import StatefulSetController
from liqolab.kube.controllers.volumes.binding import VolumeBinding
from liqolab.kube.controllers.volumes.ephemeral import EphemeralVolumes
from liqolab.kube.controllers.volumes.protection import AttributesClassProtection, ClaimProtection, VolumeProtection
from liqolab.kube.controllers.volumes.provisioner import LocalPathProvisioner
from liqolab.kube.controllers.workload.owned import label_selector


def install(manager: Manager, settings: ControllerSettings) -> None:
    """Add all controllers to `manager`, which has yet to be started."""
    NamespaceDefaults(manager, settings.authority.pem.decode())
    ReplicaController(manager, REPLICA_SETS, texts.REPLICA_SET_CONTROLLER, label_selector)
    ReplicaController(manager, REPLICATION_CONTROLLERS, texts.REPLICATION_CONTROLLER, map_selector)
    for workload in (DeploymentController, DaemonSetController, StatefulSetController, JobController, JobExpiry):
        workload(manager)
    for controller in (CronJobController, DisruptionController, HorizontalAutoscaling):
        controller(manager)
    for of_services in (EndpointsController, EndpointSliceController, EndpointsMirroring):
        of_services(manager)
    for watcher in (NodeLifecycle, TaintEviction, OrphanedPods):
        watcher(manager, settings.clock)
    for storage in (VolumeBinding, LocalPathProvisioner, EphemeralVolumes):
        storage(manager)
    for protection in (ClaimProtection, VolumeProtection, AttributesClassProtection):
        protection(manager)
    CertificateSigner(manager, settings.authority)
    for networking in (ServiceNetworks, ServiceAddressRepair):
        networking(manager)
    RoleAggregation(manager)
    for checking in (FlowSchemaStatus, PolicyTypes):
        checking(manager)
    TokenSecrets(manager, settings.authority.pem, settings.issue_token)
    census = Census(manager)
    manager.add_runnable(census.run)
    for counting in (GarbageCollector, NamespaceController, QuotaController):
        counting(manager, census)
