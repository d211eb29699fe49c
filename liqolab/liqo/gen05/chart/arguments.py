"""The command-line arguments of Liqo's components: one table for the chart that writes them and the programs that read.

Every component understands every argument and ignores those that mean nothing to it, so a chart or an operator may pass
the same set to all. What upstream's 0.5.4 programs are told has upstream's names; charts of earlier versions of this
project used the fields' own, which are still understood. ``parse`` is what a program calls with ``Container.args`` and
``Container.env``.
"""

# ruff: noqa: RUF009 - `argument` is `dataclasses.field` with a place for the help text
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.texts import DIALECT_ENV, Dialect


def argument(default: Any = "", help: str = "", flag: str = "") -> Any:
    """A field of `Arguments` that is given as ``--field-name=value``, or by the name that upstream's `flag` has."""
    metadata = {"help": help, "flag": flag}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a component was told. The flag of a field is its name with dashes, ``--cluster-id``, or upstream's."""

    cluster_id: str = argument(help="This cluster's ID, a UUID")
    cluster_name: str = argument(help="This cluster's name")
    cluster_labels: Mapping[str, str] = argument({}, help="Labels of this cluster: k=v,k=v")
    liqo_namespace: str = argument(names.LIQO_NAMESPACE, help="Where Liqo is installed")
    dialect: Dialect = argument(Dialect.SEED, help="seed or release: see texts.Dialect")

    pod_cidr: str = argument(help="Addresses of this cluster's pods", flag="manager.pod-cidr")
    service_cidr: str = argument(help="Addresses of this cluster's services", flag="manager.service-cidr")
    reserved_subnets: tuple[str, ...] = argument(
        (), help="Networks the IPAM must not use: cidr,cidr", flag="manager.reserved-pools"
    )
    additional_pools: tuple[str, ...] = argument(
        (), help="Networks the IPAM may use besides its own: cidr,cidr", flag="manager.additional-pools"
    )
    run_as: str = argument(help="Which of liqonet's processes: liqo-gateway, liqo-route, liqo-network-manager")
    gateway_port: int = argument(
        names.GATEWAY_PORT, help="Where the gateway listens for tunnels", flag="gateway.listening-port"
    )

    resource_sharing_percentage: int = argument(90, help="Share of the free resources offered to a peer, 0-100")
    enable_incoming_peering: bool = argument(True, help="Whether peers may use this cluster (incoming Auto)")
    auto_join: bool = argument(
        True, help="Whether discovered clusters are peered with (outgoing Auto)", flag="auto-join-discovered-clusters"
    )
    enable_authentication: bool = argument(True, help="Whether peers must present the token")
    address: str = argument(f":{names.AUTH_PORT}", help="Where the authentication service listens: [host]:port")
    webhook_port: int = argument(names.WEBHOOK_PORT, help="Where the webhooks listen")
    advertise_api_server_address: str = argument(help="How peers reach this API server; empty: the node's address:6443")
    advertise_auth_address: str = argument(
        help="How peers reach the authentication service, instead of its Service's",
        flag="auth-service-address-override",
    )
    enable_leader_election: bool = argument(False, help="Whether one of several controller managers works at a time")
    offer_disable_auto_accept: bool = argument(False, help="Whether offers of peers wait for somebody to accept them")
    kubelet_image: str = argument(help="Image of virtual kubelets")
    enable_storage: bool = argument(
        False, help="Whether there is a virtual storage class, or (virtual kubelet) volumes"
    )
    virtual_storage_class_name: str = argument(names.STORAGE_CLASS, help="The virtual storage class")
    real_storage_class_name: str = argument(help="The class behind it; empty: the cluster's default")
    storage_namespace: str = argument(names.STORAGE_NAMESPACE, help="Where the claims behind it are")
    remote_real_storage_class_name: str = argument(help="Virtual kubelet: the class of volumes on the provider")

    foreign_cluster_id: str = argument(help="Virtual kubelet: the provider's ID")
    foreign_cluster_name: str = argument(help="Virtual kubelet: the provider's name")
    tenant_namespace: str = argument(help="Virtual kubelet: the tenant namespace of the provider")
    enable_apiserver_support: bool = argument(
        True, help="Virtual kubelet: whether offloaded pods reach this cluster's API server"
    )
    node_name: str = argument(help="Virtual kubelet: its node", flag="nodename")

    def to_args(self, *said: str) -> list[str]:
        """The inverse of `parse`: `said`, then every argument that differs from its default and was not said."""
        known = {_FIELDS.get(word[2:].partition("=")[0]) for word in said}
        changed = {
            item.name: value
            for item in fields(self)
            if item.name not in known and (value := getattr(self, item.name)) != getattr(_DEFAULTS, item.name)
        }
        return [*said, *(f"--{_FLAGS[name]}={_format(value)}" for name, value in changed.items())]


_DEFAULTS: Final = Arguments()
_FLAGS: Final = {item.name: item.metadata["flag"] or item.name.replace("_", "-") for item in fields(Arguments)}
_FIELDS: Final = (
    {name.replace("_", "-"): name for name in _FLAGS}
    | {flag: name for name, flag in _FLAGS.items()}
    | {"home-cluster-id": "cluster_id", "home-cluster-name": "cluster_name", "namespace": "liqo_namespace"}
)
"""Field → the flag that is written; flag → field. Upstream calls some things differently from program to program."""


def parse(args: Sequence[str], env: Mapping[str, str] | None = None) -> Arguments:
    """Read ``--name=value`` and ``--name value``; a flag without a value is true. Unknown flags and words are skipped.

    Raises:
        ValueError: a value that its argument cannot have.
    """
    values: dict[str, Any] = {}
    if env and env.get(DIALECT_ENV):
        values["dialect"] = Dialect.of(env[DIALECT_ENV])
    pending = list(args)
    while pending:
        word = pending.pop(0)
        if not word.startswith("--"):
            continue
        name, separator, value = word[2:].partition("=")
        if not separator:
            value = pending.pop(0) if pending and not pending[0].startswith("--") else "true"
        if key := _FIELDS.get(name):
            values[key] = _read(name, value, getattr(_DEFAULTS, key))
    return Arguments(**values)


def _read(name: str, text: str, like: Any) -> Any:
    try:
        if isinstance(like, Dialect):
            return Dialect.of(text)
        if isinstance(like, bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(like, int):
            return int(text)
        if isinstance(like, tuple):
            return tuple(part for part in text.split(",") if part)
        if isinstance(like, dict):
            return dict(_pair(part) for part in text.split(",") if part)
    except (KeyError, ValueError) as error:
        raise ValueError(f'invalid argument "{text}" for "--{name}"') from error
    return text


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise ValueError(text)
    return key, value


def _format(value: Any) -> str:
    if isinstance(value, Dialect):
        return value.value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, Mapping):
        return ",".join(f"{key}={value[key]}" for key in sorted(value))
    return str(value)
