"""``offload`` and ``unoffload namespace``: write or delete the NamespaceOffloading, and wait for the outcome."""

from __future__ import annotations

from collections.abc import Sequence

from liqolab.apimachinery.builtin import NAMESPACES
from liqolab.apimachinery.errors import ApiError, existing_ok, missing_ok
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.waiting import Store, wait_for
from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.ctl.failures import CommandError, StepFailedError
from liqolab.liqo.gen05 import messages, names, texts
from liqolab.liqo.gen05.resources import NAMESPACE_OFFLOADINGS

_FINAL_PHASES = (texts.PHASE_READY, texts.PHASE_NO_CLUSTER_SELECTED, texts.PHASE_SOME_FAILED, texts.PHASE_ALL_FAILED)
_ATTEMPTS = 5


async def enable(invocation: Invocation) -> int:
    printer = invocation.printer
    wanted = manifest(
        invocation.arguments[0],
        invocation.option("pod-offloading-strategy"),
        invocation.option("namespace-mapping-strategy"),
        _cluster_selector(invocation.option("selector")),
    )
    if invocation.option("output"):
        printer.write(rendered(wanted, invocation.option("output")))
        return 0

    from liqolab.liqo.ctl.session import Session

    name = invocation.arguments[0]
    async with Session(invocation) as session:
        with session.step(messages.OFFLOAD.about(name=name)):
            written, restricted = await _write(session, wanted)
        for line in messages.OFFLOAD_RESTRICTED if restricted else ():
            printer.warning(line)
        with session.step(messages.OFFLOAD_WAIT.about(name=name)) as spinner:
            ended = await _end(session, written, invocation.timeout)
            phase = (ended.get("status") or {}).get("offloadingPhase", "")
            if phase == texts.PHASE_NO_CLUSTER_SELECTED:
                spinner.warning(messages.OFFLOAD_NO_CLUSTER)
            elif phase != texts.PHASE_READY:
                spinner.fail(messages.OFFLOAD_FAILED_STATE.format(phase=phase))
                for line in _failures(ended):
                    printer.info(line)
                raise StepFailedError
    return 0


async def disable(invocation: Invocation) -> int:
    from liqolab.liqo.ctl.session import Session

    name = invocation.arguments[0]
    own = names.NAMESPACE_OFFLOADING
    async with Session(invocation) as session:
        with session.step(messages.UNOFFLOAD.about(name=name)):
            present = await session.find(NAMESPACE_OFFLOADINGS, own, name)
            with missing_ok:
                await session.delete(NAMESPACE_OFFLOADINGS, own, name)
        if present is None:
            # Upstream's takes it for done as well, without a word.
            session.printer.warning(messages.UNOFFLOAD_NOTHING.format(name=name))
        with session.step(messages.UNOFFLOAD_WAIT.about(name=name)):
            await wait_for(
                session, NAMESPACE_OFFLOADINGS, lambda store: not store, name, name=own, seconds=invocation.timeout
            )
    return 0


def _cluster_selector(selectors: Sequence[str]) -> Object:
    if not selectors:
        return {"nodeSelectorTerms": []}
    from liqolab.liqo.ctl.clusterselector import node_selector  # the parser takes a while to import

    return node_selector(selectors)


def manifest(namespace: str, pod_strategy: str, mapping_strategy: str, selector: Object) -> Object:
    """The NamespaceOffloading that the flags describe."""
    return NAMESPACE_OFFLOADINGS.manifest(
        names.NAMESPACE_OFFLOADING,
        namespace,
        spec={
            "clusterSelector": selector,
            "namespaceMappingStrategy": mapping_strategy,
            "podOffloadingStrategy": pod_strategy,
        },
    )


def rendered(wanted: Object, format: str) -> str:
    """The manifest as ``-o json`` or ``-o yaml`` prints it."""
    document = wanted | {"status": {}}
    if format == "json":
        import json

        return json.dumps(document, indent=4) + "\n"
    import yaml

    return str(yaml.safe_dump(document, default_flow_style=False))


async def _write(client: Client, wanted: Object) -> tuple[Object, bool]:
    """Create or update; also whether an update made the pod strategy more restrictive.

    Raises:
        CommandError: others keep changing it.
    """
    namespace = wanted["metadata"]["namespace"]
    await client.get(NAMESPACES, namespace)
    for _ in range(_ATTEMPTS):
        present = await client.find(NAMESPACE_OFFLOADINGS, names.NAMESPACE_OFFLOADING, namespace)
        if present is None:
            with existing_ok:
                return await client.create(NAMESPACE_OFFLOADINGS, wanted, namespace), False
            continue
        old, new = present.get("spec") or {}, wanted["spec"]
        if old == new:
            return present, False
        strategy = new["podOffloadingStrategy"]
        restricted = strategy not in (old.get("podOffloadingStrategy"), texts.STRATEGY_LOCAL_AND_REMOTE)
        try:
            return await client.update(NAMESPACE_OFFLOADINGS, present | {"spec": new}), restricted
        except ApiError as error:
            if not error.conflict:
                raise
    raise CommandError(f'the offloading of namespace "{namespace}" keeps being changed by others; try again')


async def _end(client: Client, written: Object, seconds: float) -> Object:
    """The NamespaceOffloading, once the controller has seen this generation and come to an end."""
    metadata = written["metadata"]
    ended: Object = {}

    def done(store: Store) -> bool:
        nonlocal ended
        for each in store.values():
            if _observed_generation(each) >= metadata.get("generation", 0):
                ended = each
        return (ended.get("status") or {}).get("offloadingPhase", "") in _FINAL_PHASES

    await wait_for(client, NAMESPACE_OFFLOADINGS, done, metadata["namespace"], name=metadata["name"], seconds=seconds)
    return ended


def _failures(offloading: Object) -> list[str]:
    """What the clusters say that have no namespace."""
    conditions = (offloading.get("status") or {}).get("remoteNamespacesConditions") or {}
    return [
        f"{name}: {row.get('reason', '')}: {row.get('message', '')}"
        for name, rows in conditions.items()
        for row in rows
        if (row.get("type"), row.get("status")) == (texts.READY, "False")
    ]


def _observed_generation(offloading: Object) -> int:
    """Which generation the status is about; the seed's dialect says so in an annotation."""
    annotations = offloading["metadata"].get("annotations") or {}
    status = offloading.get("status") or {}
    observed = status.get("observedGeneration") or annotations.get(names.ANNOTATION_OBSERVED_GENERATION) or 0
    return int(observed)
