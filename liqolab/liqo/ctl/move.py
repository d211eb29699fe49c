"""``move volume``: what a claim of the virtual storage class holds goes to another cluster, and pods will follow it.

A repository in the storage namespace takes a snapshot where the data is; the claim is made anew and empty, its first
pod, the one that restores, runs on the target node, and so the data is there from then on. The storage namespace is
offloaded meanwhile, so that the repository has an address in both clusters.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    JOBS,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    SERVICES,
    STATEFUL_SETS,
)
from liqolab.apimachinery.errors import existing_ok
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.waiting import Store, wait_for
from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.ctl.failures import CommandError, StepFailedError, explain
from liqolab.liqo.ctl.session import Session
from liqolab.liqo.gen05 import messages, names, restic, texts
from liqolab.liqo.gen05.resources import NAMESPACE_OFFLOADINGS

_STORAGE: Final = names.STORAGE_NAMESPACE
_SELECTED_NODE: Final = "volume.kubernetes.io/selected-node"
_PASSWORD_LENGTH: Final = 16
_WAIT_SECONDS: Final = 300.0
_SCALE_SECONDS: Final = 60.0
_OFFLOAD_SECONDS: Final = 120.0


async def volume(invocation: Invocation) -> int:
    """Move one volume; whatever happens, the repository and the offloading are taken away at the end."""
    password = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(_PASSWORD_LENGTH))
    async with Session(invocation) as session:
        namespace = invocation.namespace if "namespace" in invocation.given else session.access.namespace
        name, target_name = invocation.arguments[0], str(invocation.option("target-node"))
        with session.step(messages.MOVE_CHECKS):
            with _because(messages.MOVE_NO_CLAIM.format(claim=f"{namespace}/{name}")):
                claim = await session.get(PERSISTENT_VOLUME_CLAIMS, name, namespace)
            with _because(messages.MOVE_MOUNTER_CHECK):
                await _see_unused(session, claim)
        async with AsyncExitStack() as afterwards:
            origin, target = await _offload(session, claim, target_name)
            afterwards.push_async_callback(_tidy, session, messages.MOVE_REPATRIATE, _repatriate)
            await _repository(session, afterwards, claim)
            with session.step(messages.MOVE_SNAPSHOT):
                with _because(messages.MOVE_ORIGIN_URL):
                    location = restic.url(await _storage_namespace(session, origin), claim)
                with _because(messages.MOVE_SNAPSHOT_FAILED):
                    spec = restic.snapshotter(claim, location, password)
                    await _run(session, messages.MOVE_SNAPSHOTTER, namespace, spec)
            await _move(session, claim, target, password)
    return 0


async def _move(session: Session, claim: Object, target: Object, password: str) -> None:
    with session.step(messages.MOVE):
        with _because(messages.MOVE_RECREATE_FAILED):
            fresh = await _recreate(session, claim)
        with _because(messages.MOVE_TARGET_URL):
            location = restic.url(await _storage_namespace(session, target), claim)
        with _because(messages.MOVE_RESTORE_FAILED):
            spec = restic.restorer(fresh, meta.name(target), location, password)
            await _run(session, messages.MOVE_RESTORER, meta.namespace(claim), spec)


@contextmanager
def _because(what: str) -> Iterator[None]:
    """Put `what` before the error that ends a part of a step."""
    try:
        yield
    except Exception as error:
        raise CommandError(what + explain(error)) from error


async def _see_unused(client: Client, claim: Object) -> None:
    """Raises CommandError when a pod mounts the claim, running or not."""
    for pod in (await client.list(PODS, meta.namespace(claim))).items:
        sources = (row.get("persistentVolumeClaim") or {} for row in pod["spec"].get("volumes") or ())
        if any(source.get("claimName") == meta.name(claim) for source in sources):
            raise CommandError(messages.MOVE_MOUNTED.format(claim=meta.key(claim), pod=meta.key(pod)))


async def _offload(session: Session, claim: Object, target_name: str) -> tuple[Object, Object]:
    """The nodes where the data is and where it goes, with the storage namespace offloaded to those that are virtual."""
    with session.step(messages.MOVE_OFFLOAD):
        with _because(messages.MOVE_NO_TARGET):
            target = await session.get(NODES, target_name)
        with _because(messages.MOVE_ORIGIN_CHECK):
            origin = await _origin(session, claim)
        with _because(messages.MOVE_OFFLOAD_FAILED):
            remote = [meta.name(node) for node in (origin, target) if _is_virtual(node)]
            if remote:
                with existing_ok:
                    await session.create(NAMESPACE_OFFLOADINGS, _offloading(remote), _STORAGE)
    return origin, target


async def _origin(client: Client, claim: Object) -> Object:
    node = meta.annotations(claim).get(_SELECTED_NODE)
    if not node:
        raise CommandError(messages.MOVE_NOT_PLACED.format(claim=meta.key(claim)))
    return await client.get(NODES, node)


def _is_virtual(node: Object) -> bool:
    return meta.labels(node).get(names.LABEL_TYPE) == names.TYPE_VIRTUAL_NODE


def _offloading(nodes: Sequence[str]) -> Object:
    expression = {"key": names.LABEL_HOSTNAME, "operator": "In", "values": sorted(set(nodes))}
    return NAMESPACE_OFFLOADINGS.manifest(
        names.NAMESPACE_OFFLOADING,
        _STORAGE,
        spec={
            "namespaceMappingStrategy": texts.MAPPING_DEFAULT_NAME,
            "podOffloadingStrategy": texts.STRATEGY_LOCAL,
            "clusterSelector": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]},
        },
    )


async def _storage_namespace(client: Client, node: Object) -> str:
    """What the storage namespace is called where the pods of a node run, once it is there."""
    if not _is_virtual(node):
        return _STORAGE
    found = ""

    def ready(store: Store) -> bool:
        nonlocal found
        for item in store.values():
            status = item.get("status") or {}
            if status.get("offloadingPhase") == texts.PHASE_READY:
                found = status.get("remoteNamespaceName") or ""
        return bool(found)

    await wait_for(
        client, NAMESPACE_OFFLOADINGS, ready, _STORAGE, name=names.NAMESPACE_OFFLOADING, seconds=_OFFLOAD_SECONDS
    )
    return found


async def _repository(session: Session, afterwards: AsyncExitStack, claim: Object) -> None:
    """Start the repository, and see that it is taken away in the end, also when it never comes up."""
    with session.step(messages.MOVE_REPOSITORY):
        size = meta.get_path(claim, "spec", "resources", "requests", "storage", default="1Gi")
        service = SERVICES.manifest(restic.REGISTRY, _STORAGE, spec=restic.service())
        stateful = STATEFUL_SETS.manifest(restic.REGISTRY, _STORAGE, spec=restic.repository(size))
        for resource, body in ((SERVICES, service), (STATEFUL_SETS, stateful)):
            with existing_ok:
                await session.create(resource, body, _STORAGE)
    afterwards.push_async_callback(_tidy, session, messages.MOVE_REPOSITORY_REMOVE, _remove_repository)
    with session.step(messages.MOVE_REPOSITORY_WAIT):
        await wait_for(
            session, STATEFUL_SETS, lambda store: any(_is_ready(item) for item in store.values()), _STORAGE,
            name=restic.REGISTRY, seconds=_WAIT_SECONDS,
        )  # fmt: skip


def _is_ready(stateful: Object) -> bool:
    return bool(meta.get_path(stateful, "status", "readyReplicas", default=0))


async def _run(client: Client, prefix: str, namespace: str, spec: Object) -> None:
    """Run a job to its end.

    Raises:
        CommandError: it has failed, or does not end.
    """
    body = JOBS.manifest("", namespace, spec=spec)
    body["metadata"] = {"generateName": prefix, "namespace": namespace}
    name = meta.name(await client.create(JOBS, body, namespace))
    failed = ""

    def ended(store: Store) -> bool:
        nonlocal failed
        for job in store.values():
            condition = meta.find_condition(job, "Failed") or {}
            failed = condition.get("message", "") if condition.get("status") == "True" else ""
        return bool(failed) or any(meta.get_path(job, "status", "succeeded") for job in store.values())

    try:
        await wait_for(client, JOBS, ended, namespace, name=name, seconds=_WAIT_SECONDS)
    except TimeoutError:
        failed = messages.TIMED_OUT
    if failed:
        raise CommandError(messages.MOVE_JOB_FAILED.format(job=f"{namespace}/{name}", why=failed))


async def _recreate(client: Client, claim: Object) -> Object:
    """The same claim anew, with no volume."""
    name, namespace = meta.name(claim), meta.namespace(claim)
    await client.delete(PERSISTENT_VOLUME_CLAIMS, name, namespace, uid=meta.uid(claim))
    await wait_for(
        client, PERSISTENT_VOLUME_CLAIMS, lambda store: not store, namespace, name=name, seconds=_WAIT_SECONDS
    )
    spec = {key: value for key, value in claim["spec"].items() if key != "volumeName"}
    body = PERSISTENT_VOLUME_CLAIMS.manifest(name, namespace, labels=meta.labels(claim), spec=spec)
    return await client.create(PERSISTENT_VOLUME_CLAIMS, body, namespace)


async def _tidy(session: Session, step: messages.Step, work: Callable[[Client], Awaitable[None]]) -> None:
    """Take something away. A failure has said what went wrong; the rest is taken away all the same."""
    with suppress(StepFailedError), session.step(step):
        await work(session)


async def _repatriate(client: Client) -> None:
    await client.remove(NAMESPACE_OFFLOADINGS, names.NAMESPACE_OFFLOADING, _STORAGE)


async def _remove_repository(client: Client) -> None:
    await client.remove(SERVICES, restic.REGISTRY, _STORAGE)
    if await client.find(STATEFUL_SETS, restic.REGISTRY, _STORAGE) is not None:
        await client.patch(STATEFUL_SETS, restic.REGISTRY, {"spec": {"replicas": 0}}, _STORAGE)
        await wait_for(
            client, STATEFUL_SETS, lambda store: not any(_is_ready(item) for item in store.values()), _STORAGE,
            name=restic.REGISTRY, seconds=_SCALE_SECONDS,
        )  # fmt: skip
    await client.remove(STATEFUL_SETS, restic.REGISTRY, _STORAGE)
    await client.remove(PERSISTENT_VOLUME_CLAIMS, restic.REGISTRY_CLAIM, _STORAGE)
