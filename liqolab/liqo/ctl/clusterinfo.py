"""What a cluster says about itself: who it is and where its authentication service listens."""

from __future__ import annotations

from dataclasses import dataclass

from liqolab.apimachinery.builtin import CONFIG_MAPS, NODES, SECRETS, SERVICES
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.liqo.ctl.failures import CommandError
from liqolab.liqo.gen05 import names, tokens
from liqolab.liqo.gen05.chart.values import lookup

_HTTPS = 443


@dataclass(frozen=True, slots=True)
class Identity:
    """A cluster's ID (a UUID) and name."""

    id: str
    name: str


async def read_identity(client: Client, namespace: str) -> Identity:
    """Who this cluster is.

    Raises:
        ApiError: Liqo is not installed here.
        CommandError: the ConfigMap does not say.
    """
    data = (await client.get(CONFIG_MAPS, names.CLUSTER_ID_CONFIG_MAP, namespace)).get("data") or {}
    identity = Identity(data.get(names.CLUSTER_ID_KEY, ""), data.get(names.CLUSTER_NAME_KEY, ""))
    if not identity.id:
        raise CommandError(f'ConfigMap "{namespace}/{names.CLUSTER_ID_CONFIG_MAP}" holds no {names.CLUSTER_ID_KEY}')
    return identity


async def read_token(client: Client, namespace: str) -> str:
    """The token that peers must present."""
    secret = await client.get(SECRETS, names.AUTH_TOKEN_SECRET, namespace)
    token = tokens.read(secret)
    if not token:
        raise CommandError(f'Secret "{namespace}/{names.AUTH_TOKEN_SECRET}" holds no {names.TOKEN_KEY}')
    return token


async def auth_url(client: Client, namespace: str, values: Object) -> str:
    """The address that peers reach the authentication service at, ``:port`` only where it is not 443.

    It is, in this order: what the chart's values say, the Service's load balancer, a node and the Service's NodePort.

    Raises:
        CommandError: the Service has no address yet.
    """
    override = str(lookup(values, "auth.config.addressOverride", "") or "")
    port = lookup(values, "auth.config.portOverride") or _HTTPS
    if override:
        return _url(override, int(port))
    service = await client.get(SERVICES, names.AUTH, namespace)
    spec = service["spec"]
    first = spec["ports"][0]
    if spec.get("type") == "LoadBalancer":
        ingresses = (service.get("status") or {}).get("loadBalancer", {}).get("ingress") or []
        for ingress in ingresses:
            if address := ingress.get("hostname") or ingress.get("ip"):
                return _url(address, int(first["port"]))
    if spec.get("type") == "NodePort":
        return _url(await _node_address(client), int(first["nodePort"]))
    kind = spec.get("type", "ClusterIP")
    raise CommandError(
        f'service "{namespace}/{names.AUTH}" of type {kind} has no address that another cluster could reach; '
        "wait for its load balancer, or install with --set auth.service.type=NodePort"
    )


async def _node_address(client: Client) -> str:
    """The address of the first physical node."""
    found = await client.list(NODES, labels=f"{names.LABEL_TYPE}!={names.TYPE_VIRTUAL_NODE}")
    for node in sorted(found.items, key=lambda each: str(each["metadata"]["name"])):
        addresses = {each["type"]: each["address"] for each in (node.get("status") or {}).get("addresses") or []}
        for kind in ("InternalIP", "ExternalIP"):
            if kind in addresses:
                return str(addresses[kind])
    raise CommandError("no node of this cluster has an address; check `kubectl get nodes -o wide`")


def _url(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"https://{shown}" if port == _HTTPS else f"https://{shown}:{port}"
