"""``uninstall``: removes what the release record names; with ``--purge`` also the kinds, their objects and the
namespaces. It refuses while peerings or offloaded namespaces are left, for nobody could end them afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from liqolab.apimachinery.builtin import (
    CLUSTER_ROLES,
    CUSTOM_RESOURCE_DEFINITIONS,
    MUTATING_WEBHOOKS,
    NAMESPACES,
    PODS,
    SECRETS,
    VALIDATING_WEBHOOKS,
)
from liqolab.apimachinery.errors import ApiError, missing_ok
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.controller.waiting import wait_for
from liqolab.liqo.ctl.applying import together
from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.ctl.failures import CommandError
from liqolab.liqo.ctl.obstacles import Obstacles, find_obstacles
from liqolab.liqo.ctl.releases import release_secrets
from liqolab.liqo.ctl.rollout import KINDS
from liqolab.liqo.ctl.session import Session
from liqolab.liqo.gen05 import messages, names, resources
from liqolab.liqo.gen05.chart import release
from liqolab.liqo.gen05.messages import Step

_LEAVING_SECONDS: Final = 15.0
"""How long the pre-check waits for what is on its way out."""
_REMOVAL_SECONDS: Final = 120.0


async def run(invocation: Invocation) -> int:
    namespace = invocation.namespace
    async with Session(invocation) as session:
        steps: list[tuple[Step, Callable[[], Awaitable[None]]]] = [
            (messages.UNINSTALL_CHECKS, lambda: _check(session)),
            (messages.UNINSTALL, lambda: _uninstall(session, namespace)),
        ]
        if invocation.option("purge"):
            steps += [
                (messages.PURGE_CRDS, lambda: _purge_kinds(session)),
                (messages.PURGE_NAMESPACES, lambda: _purge_namespaces(session, namespace)),
            ]
        for step, act in steps:
            with session.step(step):
                await act()
    return 0


async def _check(client: Client) -> None:
    """Raises CommandError with all that stands in the way."""
    deadline = time.monotonic() + _LEAVING_SECONDS
    while True:
        found = await find_obstacles(client)
        if not found:
            return
        left = deadline - time.monotonic()
        if not found.leaving or left <= 0:
            raise CommandError(_report(found))
        try:
            await found.changed(client, left)
        except TimeoutError:
            continue


def _report(found: Obstacles) -> str:
    blocks = (
        (messages.UNINSTALL_OUTGOING, found.outgoing),
        (messages.UNINSTALL_INCOMING, found.incoming),
        (messages.UNINSTALL_NETWORKING, found.networking),
        (messages.UNINSTALL_OFFLOADING, found.namespaces),
    )
    shown = ["\n".join([title, *(f"- {name}" for name in sorted(entries))]) for title, entries in blocks if entries]
    return "\n\n".join([messages.UNINSTALL_YOU_SHOULD, *shown])


async def _uninstall(client: Client, namespace: str) -> None:
    secrets = await release_secrets(client, namespace)
    latest = release.latest(secrets)
    objects = release.manifests(release.decode(latest)) if latest else []
    hooks = [each for each in objects if each["kind"] in (MUTATING_WEBHOOKS.kind, VALIDATING_WEBHOOKS.kind)]
    # First the webhooks: without the pods behind them they would keep others from working.
    await _delete_all(client, hooks, namespace)
    await _delete_all(client, [each for each in objects if each not in hooks], namespace)
    if objects:
        label = f"{names.LABEL_PART_OF}={names.RELEASE}"
        await wait_for(client, PODS, lambda store: not store, namespace, labels=label, seconds=_REMOVAL_SECONDS)
    await together(_delete(client, SECRETS, each["metadata"]["name"], namespace) for each in secrets)
    left = await client.list(CLUSTER_ROLES, labels=f"{names.LABEL_PART_OF}={names.RELEASE}")
    if left.items:
        raise CommandError(messages.UNINSTALL_LEFT_OVER)


async def _purge_kinds(client: Client) -> None:
    groups = {each.group for each in resources.ALL}
    listed = await client.list(CUSTOM_RESOURCE_DEFINITIONS)
    definitions = [each for each in listed.items if each["spec"]["group"] in groups]
    await together(_release_objects(client, each) for each in definitions)
    await together(_delete(client, CUSTOM_RESOURCE_DEFINITIONS, each["metadata"]["name"]) for each in definitions)
    gone = {("", each["metadata"]["name"]) for each in definitions}
    await wait_for(client, CUSTOM_RESOURCE_DEFINITIONS, lambda store: not gone & store.keys(), seconds=_REMOVAL_SECONDS)


async def _release_objects(client: Client, definition: Object) -> None:
    """Drop the finalizers of a kind's objects: the controllers that would have done it are gone."""
    spec = definition["spec"]
    version = next(each["name"] for each in spec["versions"] if each["storage"])
    plural, kind = spec["names"]["plural"], spec["names"]["kind"]
    resource = Resource(spec["group"], version, plural, kind, spec["scope"] == "Namespaced")
    try:
        found = await client.list(resource)
    except ApiError as error:
        if error.not_found:
            return
        raise
    for each in found.items:
        metadata = each["metadata"]
        if metadata.get("finalizers"):
            with missing_ok:
                await client.patch(
                    resource, metadata["name"], {"metadata": {"finalizers": None}}, metadata.get("namespace")
                )


async def _purge_namespaces(client: Client, namespace: str) -> None:
    tenants = await client.list(NAMESPACES, labels=f"{names.LABEL_TENANT_NAMESPACE}=true")
    doomed = {each["metadata"]["name"] for each in tenants.items} | {namespace, names.STORAGE_NAMESPACE}
    await together(_delete(client, NAMESPACES, name) for name in doomed)
    gone = {("", name) for name in doomed}
    await wait_for(client, NAMESPACES, lambda store: not gone & store.keys(), seconds=_REMOVAL_SECONDS)


async def _delete_all(client: Client, objects: Iterable[Object], namespace: str) -> None:
    deletions = []
    for each in objects:
        resource = KINDS.get((each.get("apiVersion", ""), each.get("kind", "")))
        if resource is not None:
            space = each["metadata"].get("namespace") or namespace
            deletions.append(_delete(client, resource, each["metadata"]["name"], space))
    await together(deletions)


async def _delete(client: Client, resource: Resource, name: str, namespace: str | None = None) -> None:
    await client.remove(resource, name, namespace, propagation="Background")
