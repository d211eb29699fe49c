"""``status``: is Liqo there, does it run, and what does this cluster call itself. Three boxes, of which the first that
fails is the last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from liqolab.apimachinery.builtin import NAMESPACES, PODS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.liqo.ctl.clusterinfo import read_identity
from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.ctl.failures import explain
from liqolab.liqo.ctl.output import ERROR, SUCCESS, Printer, section
from liqolab.liqo.ctl.releases import read_release
from liqolab.liqo.ctl.session import Session
from liqolab.liqo.gen05 import messages
from liqolab.liqo.gen05.chart.components import COMPONENTS, Component, selector
from liqolab.liqo.gen05.chart.values import lookup
from liqolab.liqo.gen05.resources import IPAM_STORAGES

_OK = "✔"
_FAILED = "✖"
_POD_CHECKS = (
    ("PodScheduled", messages.POD_NOT_SCHEDULED),
    ("Initialized", messages.POD_NOT_INITIALIZED),
    ("Ready", messages.POD_NOT_READY),
)


async def run(invocation: Invocation) -> int:
    printer, namespace = invocation.printer, invocation.namespace
    async with Session(invocation) as session:
        if not await _namespace_box(session, namespace, printer):
            return 1
        printer.line()
        if not await _control_plane_box(session, namespace, printer):
            return 1
        printer.line()
        try:
            lines = await _information(session, namespace)
        except Exception as error:  # what cannot be read is shown, and is no failure
            lines = printer.prefixed(ERROR, explain(error)).split("\n")
        printer.box(messages.STATUS_LOCAL_CLUSTER, lines)
    return 0


async def _namespace_box(session: Session, namespace: str, printer: Printer) -> bool:
    try:
        await session.get(NAMESPACES, namespace)
    except ApiError as error:
        why = error.message if error.not_found else explain(error)
        text = f"{_FAILED} {messages.STATUS_NAMESPACE_FAILED.format(namespace=namespace)}\nReason: {why}"
        _box(printer, messages.STATUS_NAMESPACE, ERROR, text)
        return False
    _box(
        printer, messages.STATUS_NAMESPACE, SUCCESS, f"{_OK} {messages.STATUS_NAMESPACE_OK.format(namespace=namespace)}"
    )
    return True


async def _control_plane_box(session: Session, namespace: str, printer: Printer) -> bool:
    found = await asyncio.gather(*(_problems(session, namespace, component) for component in COMPONENTS))
    problems = [line for lines in found for line in lines]
    if problems:
        text = "\n".join([f"{_FAILED} {messages.STATUS_CONTROL_PLANE_FAILED}", *problems])
        _box(printer, messages.STATUS_CONTROL_PLANE, ERROR, text)
        return False
    _box(printer, messages.STATUS_CONTROL_PLANE, SUCCESS, f"{_OK} {messages.STATUS_CONTROL_PLANE_OK}")
    return True


async def _problems(client: Client, namespace: str, component: Component) -> list[str]:
    """What is wrong with a component, one line each."""
    row = f"{component.resource.kind}\t{component.name}\t"
    try:
        await client.get(component.resource, component.name, namespace)
    except ApiError as error:
        return [row + error.message]
    labels = ",".join(f"{key}={value}" for key, value in selector(component.name).items())
    pods = [pod for pod in (await client.list(PODS, namespace, labels=labels)).items if _counts(pod)]
    if not pods:
        return [row + "no pods"]
    return [f"{row}{pod['metadata']['name']} {problem}" for pod in pods if (problem := _pod_problem(pod))]


def _counts(pod: Object) -> bool:
    return not pod["metadata"].get("deletionTimestamp") and pod.get("status", {}).get("phase") not in (
        "Failed",
        "Succeeded",
    )


def _pod_problem(pod: Object) -> str:
    conditions = {row["type"]: row["status"] for row in (pod.get("status") or {}).get("conditions") or []}
    return next((problem for check, problem in _POD_CHECKS if conditions.get(check) != "True"), "")


async def _information(client: Client, namespace: str) -> list[str]:
    identity, release, storages = await asyncio.gather(
        read_identity(client, namespace), read_release(client, namespace), client.list(IPAM_STORAGES)
    )
    values = (release or {}).get("config") or {}
    who: list[str | tuple[str, str]] = [("Cluster ID", identity.id), ("Cluster Name", identity.name)]
    lines = section("Cluster Identity", who)
    if labels := lookup(values, "discovery.config.clusterLabels"):
        lines += section("Cluster Labels", [(key, str(labels[key])) for key in sorted(labels)], 1)
    lines += _network(storages.items)
    if address := lookup(values, "apiServer.address"):
        lines += section("Kubernetes API Server", [("Address", str(address))])
    return lines


def _network(storages: Iterable[Object]) -> list[str]:
    lines: list[str] = []
    for storage in storages:
        spec = storage.get("spec") or {}
        fields = (("Pod CIDR", "podCIDR"), ("Service CIDR", "serviceCIDR"), ("External CIDR", "externalCIDR"))
        lines += section("Network", [(name, str(spec.get(key, ""))) for name, key in fields])
        if reserved := spec.get("reservedSubnets"):
            lines += section("Reserved Subnets:", [f"• {subnet}" for subnet in reserved], 1)
    return lines


def _box(printer: Printer, title: str, level: str, text: str) -> None:
    printer.box(title, printer.prefixed(level, text).split("\n"))
