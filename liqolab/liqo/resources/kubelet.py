"""The manifests of a virtual kubelet: one Deployment a provider, in the provider's tenant namespace."""

from __future__ import annotations

from dataclasses import dataclass, replace

from liqolab.apimachinery.builtin import CLUSTER_ROLE_BINDINGS, DEPLOYMENTS, SERVICE_ACCOUNTS
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import images, names
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.gen05.chart.pods import downward, probes


@dataclass(frozen=True, slots=True)
class KubeletDeployment:
    """Everything that runs one virtual kubelet.

    Attributes:
        arguments: of the controller manager, which passes its own on.
        namespace: the tenant namespace of the provider.
        peer_id, peer_name: the provider.
        storage_classes: what the provider offers volumes of.
    """

    arguments: Arguments
    namespace: str
    peer_id: str
    peer_name: str
    storage_classes: tuple[Object, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the Deployment and its pods."""
        return {
            names.LABEL_APP_NAME: names.VIRTUAL_KUBELET,
            names.LABEL_APP_INSTANCE: names.VIRTUAL_KUBELET,
            names.LABEL_APP_COMPONENT: names.VIRTUAL_KUBELET,
            names.LABEL_PART_OF: names.RELEASE,
            names.LABEL_MANAGED_BY: names.KUBELET_MANAGER,
            names.LABEL_CLUSTER_ID: self.peer_id,
        }

    def service_account(self) -> Object:
        return SERVICE_ACCOUNTS.manifest(names.VIRTUAL_KUBELET, self.namespace)

    def binding(self) -> Object:
        """Its rights in this cluster; those in the provider come from the identity."""
        subject = {"kind": "ServiceAccount", "name": names.VIRTUAL_KUBELET, "namespace": self.namespace}
        return CLUSTER_ROLE_BINDINGS.manifest(
            names.virtual_kubelet_binding(self.peer_name, self.peer_id),
            labels={names.LABEL_MANAGED_BY: names.KUBELET_MANAGER, names.LABEL_CLUSTER_ID: self.peer_id},
            roleRef={
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": names.VIRTUAL_KUBELET_LOCAL_ROLE,
            },
            subjects=[subject],
        )

    def deployment(self) -> Object:
        pod = {
            "serviceAccountName": names.VIRTUAL_KUBELET,
            # On a virtual node it would be offloaded to the cluster that it represents.
            "affinity": names.physical_nodes_only(),
            "containers": [self._container()],
        }
        spec = {
            "replicas": 1,
            "selector": {"matchLabels": self.labels},
            # Two virtual kubelets would drive the same node.
            "strategy": {"type": "Recreate"},
            "template": {"metadata": {"labels": self.labels}, "spec": pod},
        }
        return DEPLOYMENTS.manifest(names.VIRTUAL_KUBELET, self.namespace, labels=self.labels, spec=spec)

    def _container(self) -> Object:
        own = self.arguments
        told = Arguments(
            cluster_id=own.cluster_id,
            cluster_name=own.cluster_name,
            liqo_namespace=own.liqo_namespace,
            dialect=own.dialect,
            pod_cidr=own.pod_cidr,
            enable_apiserver_support=own.enable_apiserver_support,
            foreign_cluster_id=self.peer_id,
            foreign_cluster_name=self.peer_name,
            tenant_namespace=self.namespace,
            node_name=names.virtual_node_name(self.peer_name),
        )
        if self.storage_classes:
            default = next((row for row in self.storage_classes if row.get("default")), self.storage_classes[0])
            told = replace(
                told,
                enable_storage=True,
                virtual_storage_class_name=own.virtual_storage_class_name,
                remote_real_storage_class_name=default["storageClassName"],
            )
        return {
            "name": names.VIRTUAL_KUBELET,
            "image": own.kubelet_image or images.reference(images.VIRTUAL_KUBELET),
            "args": told.to_args(),
            "env": downward(),
            "ports": [{"name": "kubelet", "containerPort": names.KUBELET_PORT, "protocol": "TCP"}],
            **probes(),
        }
