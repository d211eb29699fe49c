"""The workloads of an installation, one table row each, and the Services through which they are reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from liqolab.apimachinery.builtin import DAEMON_SETS, DEPLOYMENTS, SERVICES
from liqolab.apimachinery.resources import Object, Resource
from liqolab.liqo.gen05 import images, names
from liqolab.liqo.gen05.chart import labels
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.gen05.chart.pods import environment, probes
from liqolab.liqo.gen05.chart.told import told
from liqolab.liqo.gen05.chart.values import image_of, lookup, version

WEBHOOK_CERTIFICATE_PATH: Final = "/tmp/k8s-webhook-server/serving-certs"  # noqa: S108 - a path in a container
"""Where the controller manager finds ``tls.crt`` and ``tls.key``."""


@dataclass(frozen=True, slots=True)
class Component:
    """A Deployment (or DaemonSet) with one container.

    Attributes:
        ports: container ports by name.
        routes: whether it changes routes, hence needs NET_ADMIN.
        every_node: a DaemonSet instead of a Deployment.
    """

    name: str
    image: str
    ports: tuple[tuple[str, int], ...] = ()
    routes: bool = False
    every_node: bool = False

    @property
    def resource(self) -> Resource:
        return DAEMON_SETS if self.every_node else DEPLOYMENTS


COMPONENTS: Final = (
    Component(names.AUTH, images.AUTH),
    Component(
        names.CONTROLLER_MANAGER,
        images.CONTROLLER_MANAGER,
        (("webhook", names.WEBHOOK_PORT), ("healthz", names.HEALTH_PORT)),
    ),
    Component(names.CRD_REPLICATOR, images.CRD_REPLICATOR),
    Component(names.GATEWAY, images.LIQONET, (("wireguard", names.GATEWAY_PORT),), routes=True),
    Component(names.METRIC_AGENT, images.METRIC_AGENT),
    Component(names.NETWORK_MANAGER, images.LIQONET, (("ipam-api", names.IPAM_PORT),)),
    Component(names.PROXY, images.PROXY, (("", names.PROXY_PORT),)),
    Component(names.ROUTE, images.LIQONET, routes=True, every_node=True),
)


def selector(component: str) -> dict[str, str]:
    """The labels that a component's pods carry and its workload selects."""
    return labels.of(component) | labels.OWN.get(component, {})


def workload(component: Component, arguments: Arguments, values: Object, namespace: str) -> Object:
    """The Deployment or DaemonSet of a component."""
    chosen, marks = selector(component.name), labels.whole(component.name, version(values))
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
        "selector": {"matchLabels": chosen},
        "template": {"metadata": {"labels": _pod_labels(component, marks)}, "spec": pod},
    }
    if not component.every_node:
        several = component.name == names.CONTROLLER_MANAGER
        spec["replicas"] = int(lookup(values, "controllerManager.replicas", 1)) if several else 1
    if component.name == names.GATEWAY:
        # Two gateways would both say that the Service leads to them.
        spec["strategy"] = {"type": "Recreate"}
    return component.resource.manifest(component.name, namespace, labels=marks, spec=spec)


def _pod_labels(component: Component, marks: dict[str, str]) -> dict[str, str]:
    """Upstream's chart lets the pods of some components go without the labels that tell the release."""
    bare = component.every_node or component.name in labels.OWN
    return selector(component.name) if bare else marks


def services(values: Object, namespace: str) -> list[Object]:
    """The Services; those that peers must reach have the type that the values say."""
    # The tunnel is a stream here, for the fabric carries streams; upstream's WireGuard speaks UDP on the same port.
    port = int(lookup(values, "gateway.config.listeningPort", names.GATEWAY_PORT))
    gateway = _service(values, names.GATEWAY, namespace, _port("wireguard", port, "wireguard"))
    gateway["metadata"]["labels"] |= {names.LABEL_GATEWAY: "true"}
    gateway["spec"]["selector"] = {names.LABEL_GATEWAY: names.GATEWAY_ACTIVE}
    auth = _service(values, names.AUTH, namespace, _port("https", 443, names.AUTH_TLS_PORT))
    for service, path in ((auth, "auth.service"), (gateway, "gateway.service")):
        service["spec"]["type"] = lookup(values, f"{path}.type", "LoadBalancer")
        if annotations := lookup(values, f"{path}.annotations"):
            service["metadata"]["annotations"] = annotations
    return [
        _service(values, names.CONTROLLER_MANAGER, namespace, _port("", names.WEBHOOK_PORT, "webhook")),
        auth,
        gateway,
        _service(values, names.NETWORK_MANAGER, namespace, _port("ipam-api", names.IPAM_PORT, names.IPAM_PORT)),
        _service(values, names.PROXY, namespace, _port("http", names.PROXY_PORT, names.PROXY_PORT)),
        _service(values, names.METRIC_AGENT, namespace, _port("https", 443, names.METRICS_PORT)),
    ]


def _container(component: Component, arguments: Arguments, values: Object) -> Object:
    container: Object = {
        "name": labels.short(component.name),
        "image": image_of(values, component.image),
        "imagePullPolicy": lookup(values, "pullPolicy", "IfNotPresent"),
        "args": [*told(component.name, arguments), *_extra_args(component, values)],
        "env": environment(),
        **probes(),
    }
    if component.ports:
        container["ports"] = [
            {"containerPort": arguments.gateway_port if name == "wireguard" else port, "protocol": "TCP"}
            | ({"name": name} if name else {})
            for name, port in component.ports
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


def _port(name: str, port: int, target: int | str) -> Object:
    return {"port": port, "targetPort": target, "protocol": "TCP"} | ({"name": name} if name else {})


def _service(values: Object, name: str, namespace: str, port: Object) -> Object:
    return SERVICES.manifest(
        name,
        namespace,
        labels=labels.whole(name, version(values)) | labels.OWN.get(name, {}),
        spec={"type": "ClusterIP", "selector": selector(name), "ports": [port]},
    )
