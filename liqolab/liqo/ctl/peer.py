"""``peer`` and ``unpeer``: turn an outgoing peering on or off, and wait until the clusters have agreed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES, SECRETS
from liqolab.apimachinery.errors import ApiError, existing_ok
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.waiting import Store, wait_for
from liqolab.liqo.ctl import withdrawal
from liqolab.liqo.ctl.applying import apply
from liqolab.liqo.ctl.clusterinfo import read_identity
from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.ctl.failures import CommandError, StepFailedError
from liqolab.liqo.ctl.session import Session
from liqolab.liqo.gen05 import messages, names, texts, tokens
from liqolab.liqo.gen05.messages import Step
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS

_PATIENCE_SECONDS: Final = 10.0
"""An unpeering that takes longer says what it waits for."""


async def out_of_band(invocation: Invocation) -> int:
    """``peer out-of-band NAME``: may be run again, also with another token or address."""
    async with Session(invocation) as session:
        with session.step(messages.PEER):
            foreign = await _ensure_foreign_cluster(session, invocation)
        await _await_peering(session, foreign, invocation.timeout)
    return 0


async def known(invocation: Invocation) -> int:
    """``peer NAME``: towards a cluster that has been peered with before, or was discovered."""
    async with Session(invocation) as session:
        with session.step(replace(messages.PEER, failure="")):
            foreign = await _set_outgoing(session, invocation.arguments[0], texts.PEERING_YES)
        await _await_peering(session, foreign, invocation.timeout)
    return 0


async def disable(invocation: Invocation) -> int:
    """``unpeer [out-of-band] NAME``: the ForeignCluster stays, so that the peering can be enabled again."""
    name = invocation.arguments[0]
    async with Session(invocation) as session:
        with session.step(messages.UNPEER):
            await _set_outgoing(session, name, texts.PEERING_NO)
        await await_end(session, messages.UNPEER_WAIT.about(name=name), name, _no_outgoing, invocation.timeout)
        session.printer.success(messages.UNPEER_DONE)
    return 0


async def await_end(session: Session, step: Step, name: str, ended: Callable[[Store], bool], seconds: float) -> None:
    """Wait until a peering with the ForeignCluster `name` has ended; when that takes long, say what it hangs on.

    Raises:
        StepFailedError: it did not within `seconds`; what it hangs on has been said.
    """
    try:
        with session.step(step) as spinner:
            try:
                patience = min(_PATIENCE_SECONDS, seconds)
                await wait_for(session, FOREIGN_CLUSTERS, ended, name=name, seconds=patience)
            except TimeoutError:
                if seconds <= _PATIENCE_SECONDS:
                    raise
                for line in await _explained(session, name):
                    spinner.note(line)
                left = seconds - _PATIENCE_SECONDS
                await wait_for(session, FOREIGN_CLUSTERS, ended, name=name, seconds=left)
    except StepFailedError:
        for line in await _explained(session, name):
            session.printer.info(line)
        raise


async def _explained(session: Session, name: str) -> list[str]:
    try:
        async with asyncio.timeout(5):
            return await withdrawal.explained(session, name)
    except (ApiError, OSError):
        return []


async def _ensure_foreign_cluster(session: Session, invocation: Invocation) -> Object:
    remote_id = invocation.option("cluster-id")
    identity = await read_identity(session, invocation.namespace)
    if identity.id == remote_id:
        raise CommandError(messages.PEER_LOCAL)
    await apply(session, SECRETS, tokens.of_peer(invocation.namespace, remote_id, invocation.option("auth-token")))
    wanted = {
        "clusterIdentity": {"clusterID": remote_id, "clusterName": invocation.arguments[0]},
        "foreignAuthUrl": invocation.option("auth-url"),
        "outgoingPeeringEnabled": texts.PEERING_YES,
        "incomingPeeringEnabled": texts.PEERING_AUTO,
        "insecureSkipTLSVerify": True,
    }
    found = await session.list(FOREIGN_CLUSTERS, labels=f"{names.LABEL_CLUSTER_ID}={remote_id}")
    if found.items:
        # The cluster is known already, perhaps under another name: that name stays.
        name = found.items[0]["metadata"]["name"]
        return await session.patch(FOREIGN_CLUSTERS, name, {"spec": wanted})
    name = invocation.arguments[0]
    body: Object = FOREIGN_CLUSTERS.manifest(name, labels={names.LABEL_CLUSTER_ID: remote_id}, spec=wanted)
    with existing_ok:
        return await session.create(FOREIGN_CLUSTERS, body)
    present = await session.get(FOREIGN_CLUSTERS, name)
    present_id = ((present.get("spec") or {}).get("clusterIdentity") or {}).get("clusterID", "")
    if present_id not in ("", remote_id):
        raise CommandError(
            f' a different cluster (ID {present_id}) is already known as "{name}"; '
            f"unpeer from it and delete its ForeignCluster, or use another name"
        )
    return await session.patch(FOREIGN_CLUSTERS, name, {"metadata": body["metadata"], "spec": wanted})


async def _set_outgoing(client: Client, name: str, value: str) -> Object:
    return await client.patch(FOREIGN_CLUSTERS, name, {"spec": {"outgoingPeeringEnabled": value}})


async def _await_peering(session: Session, foreign: Object, seconds: float) -> None:
    """Wait for the stages and the node, all within one time limit."""
    name = foreign["metadata"]["name"]
    deadline = time.monotonic() + seconds
    await await_authentication(session, name, deadline)
    await await_network(session, name, deadline)
    await await_outgoing(session, name, deadline)
    await await_node(session, foreign, deadline)
    session.printer.success(messages.PEER_DONE)


async def await_authentication(session: Session, name: str, deadline: float) -> None:
    """Wait for this cluster's identity in the ForeignCluster `name`. This and its likes raise StepFailedError."""
    await _await_stage(session, messages.WAIT_AUTHENTICATION, texts.AUTHENTICATION_STATUS, name, deadline)


async def await_network(session: Session, name: str, deadline: float) -> None:
    await _await_stage(session, messages.WAIT_NETWORK, texts.NETWORK_STATUS, name, deadline)


async def await_outgoing(session: Session, name: str, deadline: float) -> None:
    await _await_stage(session, messages.WAIT_OUTGOING, texts.OUTGOING_PEERING, name, deadline)


async def await_node(session: Session, foreign: Object, deadline: float) -> None:
    selector = f"{names.LABEL_TYPE}={names.TYPE_VIRTUAL_NODE},{names.LABEL_REMOTE_CLUSTER_ID}={_cluster_id(foreign)}"
    with session.step(messages.WAIT_NODE.about(name=foreign["metadata"]["name"])):
        await wait_for(session, NODES, _node_ready, labels=selector, seconds=deadline - time.monotonic())


async def _await_stage(session: Session, step: Step, condition: str, name: str, deadline: float) -> None:
    try:
        with session.step(step.about(name=name)):
            left = deadline - time.monotonic()
            await wait_for(session, FOREIGN_CLUSTERS, _established(condition), name=name, seconds=left)
    except StepFailedError:
        await _diagnose(session, name, condition)
        raise


def _no_outgoing(store: Store) -> bool:
    return all(_status(each, texts.OUTGOING_PEERING) in ("", texts.NONE) for each in store.values())


def _established(condition: str) -> Callable[[Store], bool]:
    return lambda store: any(_status(each, condition) == texts.ESTABLISHED for each in store.values())


def _node_ready(store: Store) -> bool:
    return any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for node in store.values()
        for condition in meta.conditions(node)
    )


def _condition(foreign: Object, type: str) -> Object:
    rows = (foreign.get("status") or {}).get("peeringConditions") or []
    return next((row for row in rows if row["type"] == type), {})


def _status(foreign: Object, type: str) -> str:
    return str(_condition(foreign, type).get("status", ""))


def _cluster_id(foreign: Object) -> str:
    identity = (foreign.get("spec") or {}).get("clusterIdentity") or {}
    labels = foreign["metadata"].get("labels") or {}
    return str(identity.get("clusterID") or labels.get(names.LABEL_CLUSTER_ID, ""))


async def _diagnose(session: Session, name: str, type: str) -> None:
    """Say what the cluster thinks that is in the way; the failure itself has been printed."""
    try:
        async with asyncio.timeout(5):
            foreign = await session.get(FOREIGN_CLUSTERS, name)
    except (ApiError, OSError):
        return
    condition = _condition(foreign, type)
    url = (foreign.get("spec") or {}).get("foreignAuthUrl", "")
    state = f"{condition.get('status', 'unknown')} ({condition.get('reason') or 'no reason given'})"
    session.printer.info(f"{type} is {state}: {condition.get('message') or 'no message'}")
    if type == texts.AUTHENTICATION_STATUS:
        session.printer.info(
            f"The authentication service is expected at {url}; is it reachable, and is the token the current one?"
        )
