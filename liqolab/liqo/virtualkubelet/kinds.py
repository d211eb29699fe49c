"""What each reflected kind looks like on the provider. Pure functions, one pair a kind.

`forge` says what the remote object should be, without metadata that every kind gets. `view` picks the same fields from
a remote object, leaving out what the provider's own defaults and allocators put there, so that the two can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CONFIG_MAPS, ENDPOINT_SLICES, INGRESSES, SECRETS, SERVICES
from liqolab.apimachinery.resources import Object, Resource
from liqolab.liqo.gen05 import names
from liqolab.liqo.virtualkubelet.home import LABEL_ACCOUNT, TOKEN_SECRET_TYPE
from liqolab.liqo.virtualkubelet.shadow import remote_config_map

Translate = Callable[[str], str | None]
"""From an address in this cluster to the one under which the provider reaches it; None while there is none."""

_SERVICE_FIELDS = (
    "allocateLoadBalancerNodePorts",
    "externalName",
    "externalTrafficPolicy",
    "internalTrafficPolicy",
    "ipFamilyPolicy",
    "loadBalancerClass",
    "loadBalancerSourceRanges",
    "publishNotReadyAddresses",
    "selector",
    "sessionAffinity",
    "type",
)
_PORT_FIELDS = ("name", "port", "targetPort", "protocol", "appProtocol")
_ENDPOINT_FIELDS = ("conditions", "hostname")
_SLICE_FIELDS = ("addressType", "endpoints", "ports")
_DATA_FIELDS = ("data", "binaryData", "immutable")
_SECRET_FIELDS = ("data", "immutable", "type")
_INGRESS_CLASS = "kubernetes.io/ingress.class"
_HEADLESS = "None"
_API_SERVER = ("default", "kubernetes")


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind is reflected.

    Attributes:
        resource: the kind.
        forge: the wanted remote object; None while that cannot be said.
        view: the comparable part of a remote object.
        reflects: whether an object is reflected at all.
        rename: from the local to the remote name.
        dropped_annotations: annotations that mean something else on the provider.
        remote_selector: labels that tell our copies from what the provider makes of them: its own controllers carry
            our labels over to objects that they derive, such as the endpoint slices of a reflected service.
    """

    resource: Resource
    forge: Callable[[Object], Object | None]
    view: Callable[[Object], Object]
    reflects: Callable[[Object], bool] = lambda _: True
    rename: Callable[[str], str] = lambda name: name
    dropped_annotations: frozenset[str] = frozenset()
    remote_selector: str = ""


def reflected_kinds(home: str, node: str, translate: Translate, *, tokens: bool = False) -> tuple[Kind, ...]:
    """All kinds that go forward. `home` is this cluster's ID, `node` the virtual node; `tokens` says whether Secrets
    that open this cluster's API server to a service account go, too.
    """
    return (
        Kind(SERVICES, _service, _service, reflects=_is_not_the_api_server),
        Kind(
            ENDPOINT_SLICES,
            lambda item: _endpoint_slice(item, home, node, translate),
            _fields(_SLICE_FIELDS),
            reflects=_is_not_the_api_server,
            remote_selector=f"{names.LABEL_ENDPOINT_SLICE_MANAGED_BY}={names.ENDPOINT_SLICE_MANAGER}",
        ),
        Kind(
            CONFIG_MAPS,
            _fields(_DATA_FIELDS),
            _fields(_DATA_FIELDS),
            rename=lambda name: remote_config_map(name, home),
        ),
        Kind(
            SECRETS,
            _secret,
            _fields(_SECRET_FIELDS),
            reflects=lambda item: tokens or item.get("type") != TOKEN_SECRET_TYPE,
            remote_selector=f"!{names.LABEL_REQUESTED_TOKEN}",
        ),
        Kind(INGRESSES, _ingress, _ingress, dropped_annotations=frozenset((_INGRESS_CLASS,))),
    )


def _fields(wanted: tuple[str, ...]) -> Callable[[Object], Object]:
    return lambda item: _picked(item, wanted)


def _picked(item: Object, wanted: tuple[str, ...]) -> Object:
    return {field: item[field] for field in wanted if item.get(field) is not None}


def _service(service: Object) -> Object:
    """Addresses and node ports are each cluster's own to allocate; a headless service stays headless."""
    spec = service.get("spec") or {}
    wanted = _picked(spec, _SERVICE_FIELDS)
    forced = meta.annotations(service).get(names.ANNOTATION_FORCE_REMOTE_NODE_PORT) == "true"
    fields = (*_PORT_FIELDS, "nodePort") if forced else _PORT_FIELDS
    if spec.get("ports"):
        wanted["ports"] = [_picked(port, fields) for port in spec["ports"]]
    if spec.get("clusterIP") == _HEADLESS:
        wanted["clusterIP"] = _HEADLESS
    return {"spec": wanted}


def _endpoint_slice(endpoint_slice: Object, home: str, node: str, translate: Translate) -> Object | None:
    """Without the endpoints that run on this very node: the provider's own controller finds those."""
    endpoints = []
    for endpoint in endpoint_slice.get("endpoints") or ():
        if endpoint.get("nodeName") == node:
            continue
        addresses = [translate(address) for address in endpoint.get("addresses") or ()]
        if None in addresses:
            return None
        endpoints.append(_picked(endpoint, _ENDPOINT_FIELDS) | {"addresses": addresses, "nodeName": home})
    return {
        **_picked(endpoint_slice, ("addressType", "ports")),
        "endpoints": endpoints,
        "metadata": {"labels": {names.LABEL_ENDPOINT_SLICE_MANAGED_BY: names.ENDPOINT_SLICE_MANAGER}},
    }


def _ingress(ingress: Object) -> Object:
    spec = ingress.get("spec") or {}
    return {"spec": {field: value for field, value in spec.items() if field != "ingressClassName"}}


def _is_not_the_api_server(item: Object) -> bool:
    """Reflecting default/kubernetes would give the provider's pods an address of this cluster's API server."""
    return (meta.namespace(item), meta.name(item)) != _API_SERVER


def _secret(secret: Object) -> Object:
    """A service account's token becomes an ordinary Secret: the provider knows no such account, and would delete it."""
    wanted = _picked(secret, _SECRET_FIELDS)
    if secret.get("type") == TOKEN_SECRET_TYPE:
        wanted["type"] = "Opaque"
        wanted["metadata"] = {"labels": {LABEL_ACCOUNT: meta.annotations(secret).get(LABEL_ACCOUNT, "")}}
    return wanted
