"""``install``: finds out about the cluster, makes the chart's values, brings the chart in and waits until it runs.

May be run again at any time: it upgrades what is there, and goes on where an earlier run was interrupted. The cluster
keeps its name, its ID, its token and the values that are not given anew.
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from liqolab.apimachinery.builtin import CONFIG_MAPS
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.liqo.ctl import checks, providers, rollout
from liqolab.liqo.ctl.clusterinfo import Identity
from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.ctl.failures import CommandError, StepFailedError
from liqolab.liqo.ctl.providers import Provider
from liqolab.liqo.ctl.releases import read_release
from liqolab.liqo.ctl.session import Session
from liqolab.liqo.gen05 import images, messages, names
from liqolab.liqo.gen05.chart import values as chart_values
from liqolab.liqo.gen05.texts import DIALECT_ENV

_ADJECTIVES: Final = (
    "amber",
    "autumn",
    "bold",
    "breezy",
    "calm",
    "crisp",
    "golden",
    "hidden",
    "misty",
    "quiet",
    "silver",
)
_NOUNS: Final = ("bay", "brook", "canyon", "cloud", "dawn", "forest", "harbor", "meadow", "river", "thunder", "valley")


async def generic(invocation: Invocation) -> int:
    return await _install(invocation, providers.GENERIC)


async def kind(invocation: Invocation) -> int:
    return await _install(invocation, providers.KIND)


async def kubeadm(invocation: Invocation) -> int:
    return await _install(invocation, providers.KUBEADM)


async def k3s(invocation: Invocation) -> int:
    return await _install(invocation, providers.K3S)


async def openshift(invocation: Invocation) -> int:
    return await _install(invocation, providers.OPENSHIFT)


@dataclass(slots=True)
class _Found:
    """What the cluster says about itself and about an earlier installation."""

    identity: Identity
    pod_cidr: str
    service_cidr: str
    values: Object
    host_routes: bool
    generated_name: bool = False


async def _install(invocation: Invocation, provider: Provider) -> int:
    async with Session(invocation) as session:
        with session.step(messages.INSTALL_INITIALIZE):
            checks.flags(invocation)
            await session.raw("/version")
        with session.step(messages.INSTALL_CONFIGURATION) as spinner:
            try:
                networks = await providers.networks(provider, session, invocation)
            except Exception:  # the step reports it; only its first words differ
                spinner.step = replace(spinner.step, failure=messages.INSTALL_PROVIDER_FAILED)
                raise
            found = await _find(session, invocation, *networks)
        if found.generated_name:
            invocation.printer.info(messages.INSTALL_GENERATED_NAME.format(name=found.identity.name))
        with session.step(messages.INSTALL_PARAMETERS):
            values = _values(session, invocation, provider, found)
        if invocation.option("verbose"):
            _describe(session, found, values)
        if invocation.option("only-output-values"):
            path = invocation.option("dump-values-path")
            with session.step(messages.INSTALL_VALUES.about(path=path)):
                _write(Path(path), values)
        else:
            await _roll_out(session, invocation, found, values)
    return 0


async def _find(session: Session, invocation: Invocation, pod_cidr: str, service_cidr: str) -> _Found:
    """What is known before anything is decided. Raises CommandError if the networks are not the cluster's."""
    namespace = invocation.namespace
    identity, release, host_routes = await asyncio.gather(
        _present_identity(session, namespace), read_release(session, namespace), providers.routes_are_the_nodes(session)
    )
    values = (release or {}).get("config") or {}
    if not invocation.option("skip-validation"):
        await checks.addresses(session, pod_cidr, service_cidr)
    cluster_id = identity.id or chart_values.lookup(values, "discovery.config.clusterIDOverride") or str(uuid.uuid4())
    name = invocation.option("cluster-name") or identity.name
    generated = f"{secrets.choice(_ADJECTIVES)}-{secrets.choice(_NOUNS)}"
    found = Identity(cluster_id, name or generated)
    return _Found(found, pod_cidr, service_cidr, values, host_routes, generated_name=not name)


async def _present_identity(client: Client, namespace: str) -> Identity:
    config_map = await client.find(CONFIG_MAPS, names.CLUSTER_ID_CONFIG_MAP, namespace) or {}
    data = config_map.get("data") or {}
    return Identity(data.get(names.CLUSTER_ID_KEY, ""), data.get(names.CLUSTER_NAME_KEY, ""))


def _describe(session: Session, found: _Found, values: Object) -> None:
    for name, value in (
        ("Using chart from", f'"{images.VERSION}"'),
        ("Cluster name:", found.identity.name),
        ("Kubernetes API Server:", chart_values.lookup(values, "apiServer.address") or session.access.server),
        ("Pod CIDR:", found.pod_cidr),
        ("Service CIDR:", found.service_cidr),
    ):
        session.printer.info(f"{name} {value}")


def _values(session: Session, invocation: Invocation, provider: Provider, found: _Found) -> Object:
    """Defaults, then what was said before, then the provider's, then the flags', then ``--set``."""
    option, merged = invocation.option, chart_values.merged
    share = option("sharing-percentage")
    sharing = {
        "controllerManager": {"config": {"resourceSharingPercentage": int(share) if share == int(share) else share}}
    }
    cluster: Object = {"route": {"hostNetwork": found.host_routes}}
    values = merged(merged(merged(chart_values.defaults(), cluster), sharing), found.values)
    values = merged(values, provider.values)
    if option("enable-ha"):
        session.printer.warning(messages.HA_WITHOUT_GATEWAY)
    if "enable-ha" in invocation.given:
        values = merged(values, {"controllerManager": {"replicas": 2 if option("enable-ha") else 1}})
    if "sharing-percentage" in invocation.given:
        values = merged(values, sharing)
    discovery: Object = {"clusterName": found.identity.name, "clusterIDOverride": found.identity.id}
    networks: Object = {"podCIDR": found.pod_cidr, "serviceCIDR": found.service_cidr}
    if "reserved-subnets" in invocation.given:
        networks["reservedSubnets"] = option("reserved-subnets")
    changes: Object = {"discovery": {"config": discovery}, "networkManager": {"config": networks}}
    if not provider.local:
        address = option("api-server-url") if "api-server-url" in invocation.options else ""
        sanity = not (option("disable-api-server-sanity-check") or provider.elsewhere)
        changes["apiServer"] = {"address": checks.api_server(address, session.access.server, sanity)}
    if chosen := invocation.environment.get(DIALECT_ENV):
        changes["compatibility"] = {"dialect": chosen}
    values = merged(values, changes)
    config = values["discovery"]["config"]
    given = option("cluster-labels") if "cluster-labels" in invocation.given else config["clusterLabels"]
    config["clusterLabels"] = {**given, **providers.cluster_labels(provider)}
    for setting in option("set"):
        chart_values.assign(values, setting)
        for path in chart_values.unknown(setting):
            session.printer.warning(f"--set {path}: the chart has no such value, so it has no effect")
    checks.dialect(chart_values.lookup(values, "compatibility.dialect", ""))
    return values


def _write(path: Path, values: Object) -> None:
    import yaml

    try:
        path.write_text(yaml.safe_dump(values, default_flow_style=False))
    except OSError as error:
        raise CommandError(error.strerror or str(error)) from None


async def _roll_out(session: Session, invocation: Invocation, found: _Found, values: Object) -> None:
    timed_out = False
    try:
        with session.step(messages.INSTALL.about(program=invocation.program)) as spinner:
            if invocation.option("dry-run"):
                spinner.success(messages.INSTALL_DRY_RUN)
                return
            try:
                async with asyncio.timeout(invocation.timeout):
                    await rollout.install(session, invocation.namespace, values, found.identity.id)
            except TimeoutError:
                timed_out = True
                raise
    except StepFailedError:
        lines = list(messages.INSTALL_TIMEOUT_CAUSES) if timed_out else []
        if timed_out and invocation.option("verbose"):
            lines += await rollout.unready(session, invocation.namespace)
        for line in lines:
            session.printer.info(line)
        raise
