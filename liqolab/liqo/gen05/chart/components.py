"""The workloads of an installation, one table row each, and the Services through which they are reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from liqolab.apimachinery.builtin import DAEMON_SETS, DEPLOYMENTS, SERVICES
from liqolab.apimachinery.resources import Object, Resource
from liqolab.liqo.gen05 import images, names
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.gen05.chart.pods import downward, probes
from liqolab.liqo.gen05.chart.values import image_of, lookup

WEBHOOK_CERTIFICATE_PATH: Final = "/tmp/k8s-webhook-server/serving-certs"  # noqa: S108 - a path in a container
"""Where the controller manager finds ``tls.crt`` and ``tls.key``."""


@dataclass(frozen=True, slots=True)
class Component:
    """A Deployment (or DaemonSet) with one container.

    Attributes:
        run_as: which process of a shared image.
        ports: container ports by name.
        routes: whether it changes routes, hence needs NET_ADMIN.
        every_node: a DaemonSet instead of a Deployment.
    """

    name: str
    image: str
    ports: tuple[tuple[str, int], ...] = ()
    run_as: str = ""
    routes: bool = False
    every_node: bool = False

    @property
    def resource(self) -> Resource:
        return DAEMON_SETS if self.every_node else DEPLOYMENTS


COMPONENTS: Final = (
    Component(names.AUTH, images.AUTH, (("https", names.AUTH_PORT),)),
    Component(names.CONTROLLER_MANAGER, images.CONTROLLER_MANAGER, (("webhook", names.WEBHOOK_PORT),)),
    Component(names.CRD_REPLICATOR, images.CRD_REPLICATOR),
    Component(
        names.GATEWAY, images.LIQONET, (("wireguard", names.GATEWAY_PORT),), run_as=images.RUN_AS_GATEWAY, routes=True
    ),
    Component(names.METRIC_AGENT, images.METRIC_AGENT, (("https", names.METRICS_PORT),)),
    Component(
        names.NETWORK_MANAGER, images.LIQONET, (("ipam", names.IPAM_PORT),), run_as=images.RUN_AS_NETWORK_MANAGER
    ),
    Component(names.PROXY, images.PROXY, (("http", names.PROXY_PORT),)),
    Component(names.ROUTE, images.LIQONET, run_as=images.RUN_AS_ROUTE, routes=True, every_node=True),
)


def selector(component: str) -> dict[str, str]:
    """The labels that a component's pods carry and its workload and Service select."""
    return {
        names.LABEL_APP_NAME: component.removeprefix("liqo-"),
        names.LABEL_APP_INSTANCE: component,
        names.LABEL_PART_OF: names.RELEASE,
    }


def workload(component: Component, arguments: Arguments, values: Object, namespace: str) -> Object:
    """The Deployment or DaemonSet of a component."""
    labels = selector(component.name)
    pod: Object = {
        "serviceAccountName": component.name,
        "containers": [_container(component, arguments, values)],
    }
    if component.name == names.CONTROLLER_MANAGER:
        pod["volumes"] = [{"name": "webhook-certs", "secret": {"secretName": names.WEBHOOK_CERTIFICATE_SECRET}}]
    if component.every_node and lookup(values, "route.hostNetwork", True):
        # The routes are the node's; services have names there too.
        pod |= {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    if component.every_node:
        pod["affinity"] = names.physical_nodes_only()
        pod["tolerations"] = [{"operator": "Exists", "effect": "NoSchedule"}]
    spec: Object = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    if not component.every_node:
        spec["replicas"] = 1
    return component.resource.manifest(component.name, namespace, labels=labels, spec=spec)


def services(values: Object, namespace: str) -> list[Object]:
    """The Services; those that peers must reach have the type that the values say."""
    webhook = _service(names.CONTROLLER_MANAGER, namespace, "webhook", 443, names.WEBHOOK_PORT)
    auth = _service(names.AUTH, namespace, "https", 443, names.AUTH_PORT)
    # The tunnel is a stream here, for the fabric carries streams; upstream's WireGuard speaks UDP on the same port.
    port = int(lookup(values, "gateway.config.listeningPort", names.GATEWAY_PORT))
    gateway = _service(names.GATEWAY, namespace, "wireguard", port, names.GATEWAY_PORT)
    for service, path in ((auth, "auth.service"), (gateway, "gateway.service")):
        service["spec"]["type"] = lookup(values, f"{path}.type", "LoadBalancer")
        if annotations := lookup(values, f"{path}.annotations"):
            service["metadata"]["annotations"] = annotations
    return [
        webhook,
        auth,
        gateway,
        _service(names.NETWORK_MANAGER, namespace, "ipam", names.IPAM_PORT, names.IPAM_PORT),
        _service(names.PROXY, namespace, "http", names.PROXY_PORT, names.PROXY_PORT),
        _service(names.METRIC_AGENT, namespace, "https", 443, names.METRICS_PORT),
    ]


def _container(component: Component, arguments: Arguments, values: Object) -> Object:
    extra = {"run_as": component.run_as} if component.run_as else {}
    container: Object = {
        "name": component.name,
        "image": image_of(values, component.image),
        "imagePullPolicy": lookup(values, "pullPolicy", "IfNotPresent"),
        "args": [*arguments.to_args(**extra), *_extra_args(component, values)],
        "env": downward(),
        **probes(),
    }
    if component.ports:
        container["ports"] = [
            {"name": name, "containerPort": port, "protocol": "TCP"} for name, port in component.ports
        ]
    if component.routes:
        container["securityContext"] = {"capabilities": {"add": ["NET_ADMIN"]}}
    if component.name == names.CONTROLLER_MANAGER:
        container["volumeMounts"] = [{"name": "webhook-certs", "mountPath": WEBHOOK_CERTIFICATE_PATH, "readOnly": True}]
    return container


def _extra_args(component: Component, values: Object) -> list[str]:
    """What whoever installs adds to the command line: the only way to some of the controller manager's flags."""
    if component.name != names.CONTROLLER_MANAGER:
        return []
    return [str(word) for word in lookup(values, "controllerManager.pod.extraArgs") or ()]


def _service(name: str, namespace: str, port_name: str, port: int, target: int) -> Object:
    return SERVICES.manifest(
        name,
        namespace,
        labels=selector(name),
        spec={
            "type": "ClusterIP",
            "selector": selector(name),
            "ports": [{"name": port_name, "port": port, "targetPort": target, "protocol": "TCP"}],
        },
    )
