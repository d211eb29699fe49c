"""Brings the chart into a cluster in stages, each written concurrently, and waits until its pods are ready.

The release record is written before the first workload, as pending: so an interrupted installation can be continued or
removed, and nobody takes it for a finished one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.builtin import (
    API_SERVICES,
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    DAEMON_SETS,
    DEPLOYMENTS,
    JOBS,
    MUTATING_WEBHOOKS,
    NAMESPACES,
    PODS,
    ROLE_BINDINGS,
    ROLES,
    SECRETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    STORAGE_CLASSES,
    VALIDATING_WEBHOOKS,
)
from liqolab.apimachinery.errors import ApiError, existing_ok
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.controller.waiting import Store, wait_for
from liqolab.liqo.ctl.applying import apply, together
from liqolab.liqo.ctl.releases import release_secrets
from liqolab.liqo.gen05 import crds, names, tokens
from liqolab.liqo.gen05.chart import manifests, release
from liqolab.liqo.gen05.chart.certificate import ServingCertificate
from liqolab.liqo.gen05.chart.components import COMPONENTS
from liqolab.liqo.gen05.chart.manifests import Installation
from liqolab.liqo.gen05.chart.values import lookup

KINDS: Final = {
    (each.api_version, each.kind): each
    for each in (
        API_SERVICES,
        CLUSTER_ROLES,
        CLUSTER_ROLE_BINDINGS,
        CONFIG_MAPS,
        CUSTOM_RESOURCE_DEFINITIONS,
        DAEMON_SETS,
        DEPLOYMENTS,
        JOBS,
        MUTATING_WEBHOOKS,
        NAMESPACES,
        ROLES,
        ROLE_BINDINGS,
        SECRETS,
        SERVICES,
        SERVICE_ACCOUNTS,
        STORAGE_CLASSES,
        VALIDATING_WEBHOOKS,
    )
}
"""What a chart, this one or upstream's, consists of."""


async def install(client: Client, namespace: str, values: Object, cluster_id: str) -> None:
    """Install or upgrade, and return when all pods are ready.

    Raises:
        ApiError, OSError: the cluster refuses, or is gone.
    """
    await apply(client, NAMESPACES, NAMESPACES.manifest(namespace))
    certificate, present = await asyncio.gather(_certificate(client, namespace), release_secrets(client, namespace))
    installation = Installation(namespace, values, cluster_id, certificate)
    base, workloads = manifests.foundation(installation), manifests.workloads(installation)
    record = _record(namespace, values, [*base, *workloads], present)
    name = str(lookup(values, "discovery.config.clusterName", ""))
    definitions = crds.definitions()
    await _apply_all(client, [*definitions, *base, manifests.identity(namespace, name, cluster_id), record])
    await _keep_or_create(client, tokens.fresh(namespace))
    kinds = {definition["metadata"]["name"] for definition in definitions}
    await wait_for(client, CUSTOM_RESOURCE_DEFINITIONS, lambda store: _established(store, kinds))
    earlier = _objects(present)
    await _remove_workloads_of_other_pods(client, namespace, workloads)
    await _apply_all(client, workloads)
    await _remove_superfluous(client, namespace, earlier, [*base, *workloads])
    await together(_running(client, namespace, resource) for resource in (DEPLOYMENTS, DAEMON_SETS))
    await _conclude(client, record, present)


async def unready(client: Client, namespace: str) -> list[str]:
    """What is wrong with the pods that are not ready, one line each."""
    try:
        pods = (await client.list(PODS, namespace)).items
    except (ApiError, OSError):
        return []
    lines = []
    for pod in pods:
        failing = [row for row in meta.conditions(pod) if row.get("status") != "True"]
        waiting = [
            f"{state.get('reason', '')} {state.get('message', '')}".strip()
            for each in (pod.get("status") or {}).get("containerStatuses") or []
            if (state := (each.get("state") or {}).get("waiting"))
        ]
        if failing or waiting:
            said = [str(row.get("message") or row.get("reason") or row["type"]) for row in failing]
            lines.append(f'pod "{namespace}/{pod["metadata"]["name"]}": {"; ".join([*waiting, *said])}')
    return lines


async def _certificate(client: Client, namespace: str) -> ServingCertificate:
    secret = await client.find(SECRETS, names.WEBHOOK_CERTIFICATE_SECRET, namespace) or {}
    return ServingCertificate.from_secret(secret) or ServingCertificate.issue(names.CONTROLLER_MANAGER, namespace)


async def _apply_all(client: Client, objects: Iterable[Object]) -> None:
    await together(apply(client, KINDS[each["apiVersion"], each["kind"]], each) for each in objects)


def _objects(present: list[Object]) -> list[Object]:
    """What the last revision consisted of."""
    latest = release.latest(present)
    try:
        return release.manifests(release.decode(latest)) if latest else []
    except ValueError:
        return []


async def _remove_workloads_of_other_pods(client: Client, namespace: str, workloads: list[Object]) -> None:
    """What selects its pods by other labels than this chart's: a selector cannot be changed."""
    for wanted in workloads:
        resource = KINDS[wanted["apiVersion"], wanted["kind"]]
        if resource not in (DEPLOYMENTS, DAEMON_SETS):
            continue
        found = await client.find(resource, wanted["metadata"]["name"], namespace)
        if found is not None and found["spec"]["selector"] != wanted["spec"]["selector"]:
            await client.remove(resource, wanted["metadata"]["name"], namespace, propagation="Foreground")
            await _gone(client, resource, wanted["metadata"]["name"], namespace)


async def _remove_superfluous(client: Client, namespace: str, earlier: list[Object], now: list[Object]) -> None:
    """What an earlier revision brought and this one does not."""
    kept = {_identity(each) for each in now}
    for each in earlier:
        resource = KINDS.get(_identity(each)[:2])
        if resource is not None and _identity(each) not in kept:
            await client.remove(resource, each["metadata"]["name"], each["metadata"].get("namespace") or namespace)


def _identity(manifest: Object) -> tuple[str, str, str]:
    return manifest["apiVersion"], manifest["kind"], manifest["metadata"]["name"]


async def _gone(client: Client, resource: Resource, name: str, namespace: str) -> None:
    await wait_for(client, resource, lambda store: (namespace, name) not in store, namespace)


async def _keep_or_create(client: Client, secret: Object) -> None:
    with existing_ok:
        await client.create(SECRETS, secret)


def _record(namespace: str, values: Object, objects: list[Object], present: list[Object]) -> Object:
    """The record of this run: a new revision, or the one that an interrupted run left pending."""
    now = timestamps.now()
    latest = release.latest(present)
    if latest is None:
        return release.record(namespace, 1, values, objects, release.PENDING_INSTALL, now, now)
    first = _first_deployed(latest) or now
    revision = release.revision(latest)
    if latest["metadata"]["labels"].get("status") not in (release.PENDING_INSTALL, release.PENDING_UPGRADE):
        return release.record(namespace, revision + 1, values, objects, release.PENDING_UPGRADE, first, now)
    status = release.PENDING_UPGRADE if revision > 1 else release.PENDING_INSTALL
    return release.record(namespace, revision, values, objects, status, first, now)


def _first_deployed(secret: Object) -> str:
    try:
        return str(release.decode(secret)["info"]["first_deployed"])
    except (ValueError, KeyError):
        return ""


async def _conclude(client: Client, record: Object, present: list[Object]) -> None:
    """Mark this revision as deployed and the ones before as superseded."""
    mine = record["metadata"]["name"]
    updates = [release.with_status(record, release.DEPLOYED)]
    updates += [
        release.with_status(secret, release.SUPERSEDED)
        for secret in present
        if secret["metadata"]["name"] != mine and secret["metadata"]["labels"].get("status") == release.DEPLOYED
    ]
    for secret in updates:
        changes = {"metadata": {"labels": secret["metadata"]["labels"]}, "data": secret["data"]}
        await client.patch(SECRETS, secret["metadata"]["name"], changes, secret["metadata"]["namespace"])


def _established(store: Store, wanted: set[str]) -> bool:
    ready = {
        definition["metadata"]["name"]
        for definition in store.values()
        for row in meta.conditions(definition)
        if row["type"] == "Established" and row["status"] == "True"
    }
    return wanted <= ready


async def _running(client: Client, namespace: str, resource: Resource) -> None:
    wanted = {component.name for component in COMPONENTS if component.resource is resource}
    check = _daemon_set_ready if resource is DAEMON_SETS else _deployment_ready

    def done(store: Store) -> bool:
        return wanted <= {each["metadata"]["name"] for each in store.values() if check(each)}

    await wait_for(client, resource, done, namespace)


def _deployment_ready(deployment: Object) -> bool:
    status, replicas = deployment.get("status") or {}, deployment["spec"].get("replicas", 1)
    return bool(
        status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
        and status.get("updatedReplicas", 0) == status.get("replicas", 0) == replicas
        and status.get("availableReplicas", 0) >= replicas
    )


def _daemon_set_ready(daemon_set: Object) -> bool:
    status = daemon_set.get("status") or {}
    wanted = status.get("desiredNumberScheduled", 0)
    return bool(
        status.get("observedGeneration", 0) >= daemon_set["metadata"].get("generation", 0)
        and wanted > 0
        and status.get("updatedNumberScheduled", 0) == wanted
        and status.get("numberReady", 0) == wanted
    )
