"""``peer in-band`` and ``unpeer in-band``: two clusters of one administrator, joined through the tunnel alone.

First the tunnel, by hand in both clusters; then each learns the other's authentication service and proxy under
addresses of the tunnel; from there on the peering is like any other. The order is upstream's.
"""

from __future__ import annotations

import time
from contextlib import AsyncExitStack

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.controller.waiting import Store
from liqolab.liqo.ctl import peer as peering
from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.ctl.failures import CommandError, StepFailedError
from liqolab.liqo.ctl.session import Session
from liqolab.liqo.ctl.side import Side, introduce
from liqolab.liqo.gen05 import inband, texts


async def peer(invocation: Invocation) -> int:
    """``peer in-band``: may be run again, also to turn the reverse direction on or off."""
    deadline = time.monotonic() + invocation.timeout
    async with AsyncExitStack() as stack:
        here, there = await _both(invocation, stack)
        if here.identity.id == there.identity.id:
            raise CommandError(inband.SAME_CLUSTER)
        for side, other in ((here, there), (there, here)):
            await _refuse_mixture(side, other)
        bidirectional = bool(invocation.option("bidirectional"))
        await _connect(here, there)
        near = await here.know(there, outgoing=True)
        far = await there.know(here, outgoing=bidirectional)
        both = ((here, near), (there, far))
        for wait in (peering.await_network, peering.await_authentication):
            for side, foreign in both:
                await wait(side.session, meta.name(foreign), deadline)
        for side, foreign in both if bidirectional else both[:1]:
            await peering.await_outgoing(side.session, meta.name(foreign), deadline)
            await peering.await_node(side.session, foreign, deadline)
    return 0


async def unpeer(invocation: Invocation) -> int:
    """``unpeer in-band``: afterwards the two clusters have never heard of each other, but for their tokens."""
    deadline = time.monotonic() + invocation.timeout
    async with AsyncExitStack() as stack:
        try:
            here, there = await _both(invocation, stack)
        except StepFailedError:
            invocation.printer.info(inband.ONE_SIDE)
            raise
        both = ((here, there.identity), (there, here.identity))
        known = [await side.disable(other) for side, other in both]
        for (side, other), name in zip(both, known, strict=True):
            step = inband.UNPEER.about(remote=other.name)
            if name:
                await peering.await_end(side.session, step, name, _over, deadline - time.monotonic())
            else:
                side.session.printer.success(step.success)
        for what in (inband.PROXY_ENDPOINT, inband.AUTH_ENDPOINT):
            for side, other in both:
                await side.unmap_endpoint(what, other)
        for side, other in both:
            await side.forget(other)
        for side, other in both:
            await side.tear_down_tenant(other, deadline - time.monotonic())
    return 0


async def _both(invocation: Invocation, stack: AsyncExitStack) -> tuple[Side, Side]:
    """The local and the remote cluster, introduced."""
    here = await stack.enter_async_context(Session(invocation, inband.LOCAL))
    there = await stack.enter_async_context(Session(invocation, inband.REMOTE, "remote-"))
    if here.access.server == there.access.server:
        raise CommandError(inband.SAME_CLUSTER)
    near = await introduce(here, invocation.namespace)
    return near, await introduce(there, str(invocation.option("remote-namespace")))


async def _refuse_mixture(side: Side, other: Side) -> None:
    """Raises CommandError when the two are peered out-of-band: that peering's networking would end with this one's."""
    known = await side.foreign_cluster(other.identity)
    if known is None or meta.get_path(known, "spec", "networkingEnabled") == texts.PEERING_NO:
        return
    outgoing, incoming = (_status(known, each) for each in (texts.OUTGOING_PEERING, texts.INCOMING_PEERING))
    if {outgoing, incoming} != {texts.NONE}:
        about = {"local": side.identity.name, "remote": other.identity.name}
        raise CommandError(inband.MIXED.format(**about, outgoing=outgoing, incoming=incoming))


async def _connect(here: Side, there: Side) -> None:
    """Bring the tunnel about, and map what has to be reached through it."""
    pairs = ((here, there), (there, here))
    for side, other in pairs:
        await side.prepare_tenant(other.identity)
    for side, other in pairs:
        await side.exchange_network(other)
    for what in (inband.PROXY_ENDPOINT, inband.AUTH_ENDPOINT):
        for side, other in pairs:
            await side.map_endpoint(what, other.identity)


def _over(store: Store) -> bool:
    directions = (texts.OUTGOING_PEERING, texts.INCOMING_PEERING)
    return all(_status(each, direction) == texts.NONE for each in store.values() for direction in directions)


def _status(foreign: Object, type: str) -> str:
    rows = meta.get_path(foreign, "status", "peeringConditions", default=[])
    return next((str(row.get("status", texts.NONE)) for row in rows if row["type"] == type), texts.NONE)
