"""Clusters with Liqo on them, and the hands that carry a plan out: `liqoctl` and the API, as a person has them.

What fails while something is broken is noted and tried again when all is healed; then it has to work.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from liqolab.playground.chaos import Chaos
from liqolab.playground.home import Playground
from liqolab.playground.liqo import install_liqo
from liqolab.playground.providers import provider_of
from liqolab.playground.shell import prepare
from liqolab.playground.topology import from_kind_config
from liqolab.process import run
from liqolab.steps import liqo_names as names
from liqolab.steps.clusters import Cluster
from liqolab.steps.transport import RefusedError, UnreachableError
from tests.chaos.plan import Action

WORKLOAD: Final = "web"
_HASTE_SECONDS: Final = 40
"""How long `liqoctl` may try while something may be broken."""
_PATIENCE_SECONDS: Final = 240
_IMAGE: Final = "nginx:1.25"


class FailedError(Exception):
    """What an action says that did not work."""


class Stage:
    """Some clusters with Liqo.

    Attributes:
        peerings, offloaded: who has been told to use whom, and whose namespace has been offloaded with how many pods.
        unfinished: actions that have failed and have to be repeated.
    """

    def __init__(self, playground: Playground, clusters: Sequence[str], scratch: Path) -> None:
        self.names = tuple(clusters)
        self._playground = playground
        self._scratch = scratch
        self._environment = dict(prepare(playground, "chaos", None).environment)
        self.clusters = {name: Cluster(name, playground.kubeconfig(name), scratch) for name in clusters}
        self.peerings: set[tuple[str, str]] = set()
        self.offloaded: dict[str, int] = {}
        self.unfinished: list[Action] = []

    def do(self, action: Action, *, patient: bool = False) -> str:
        """Carry an action out; what went wrong, or nothing."""
        act: Callable[[Action, int], None] = getattr(self, f"_{action.what}")
        try:
            act(action, _PATIENCE_SECONDS if patient else _HASTE_SECONDS)
        except (FailedError, UnreachableError, RefusedError) as error:
            return str(error)
        return ""

    def heal(self) -> None:
        """Mend everything, and repeat what had failed.

        Raises:
            FailedError: it fails again.
        """
        asyncio.run(self._chaos().heal_all())
        for action in self.unfinished:
            if said := self.do(action, patient=True):
                raise FailedError(f"{action}, with nothing broken any more: {said}")
        self.unfinished.clear()

    def space(self, home: str) -> str:
        """The namespace that a cluster offloads."""
        return f"chaos-{home}"

    def unmake(self) -> None:
        """End all offloading and all peerings, and let the clusters forget each other.

        Raises:
            FailedError: something does not end.
        """
        for home in list(self.offloaded):
            self._patiently(Action("unoffload", (home,)))
        for pair in list(self.peerings):
            self._patiently(Action("unpeer", pair))
        for name, cluster in self.clusters.items():
            for foreign in cluster.list(names.PEERING_KIND).items:
                cluster.delete(cluster.kind(names.PEERING_KIND), foreign["metadata"]["name"])
            for tenant in cluster.list("namespace", labels=names.PEER_ID_LABEL).items:
                cluster.delete(cluster.kind("namespace"), tenant["metadata"]["name"])
            for secret in cluster.list("secret", names.NAMESPACE).items:
                if secret["metadata"]["name"].startswith(names.PEER_TOKEN.format(id="")):
                    cluster.delete(cluster.kind("secret"), secret["metadata"]["name"], names.NAMESPACE)
            cluster.delete(cluster.kind("namespace"), self.space(name))

    def _patiently(self, action: Action) -> None:
        if said := self.do(action, patient=True):
            raise FailedError(f"{action}, at the end: {said}")

    # ------------------------------------------------------------------ what a plan may ask for

    def _rest(self, action: Action, _: int) -> None:
        time.sleep(float(action.detail))

    def _kill(self, action: Action, _: int) -> None:
        asyncio.run(self._chaos().kill(action.whom[0]))

    def _pause(self, action: Action, _: int) -> None:
        asyncio.run(self._chaos().pause(action.whom[0]))

    def _cut(self, action: Action, _: int) -> None:
        asyncio.run(self._chaos().cut(":".join(action.whom)))

    def _heal(self, action: Action, _: int) -> None:
        asyncio.run(self._chaos().heal(":".join(action.whom)))

    def _peer(self, action: Action, seconds: int) -> None:
        home, provider = action.whom
        self.peerings.add((home, provider))
        command = self._liqoctl(provider, seconds, "generate", "peer-command", "--only-command")
        self._liqoctl(home, seconds, *shlex.split(command.strip().splitlines()[-1])[1:])

    def _unpeer(self, action: Action, seconds: int) -> None:
        home, provider = action.whom
        if self.clusters[home].get(names.PEERING_KIND, provider) is not None:
            self._liqoctl(home, seconds, "unpeer", provider)
        self.peerings.discard((home, provider))

    def _offload(self, action: Action, seconds: int) -> None:
        home, replicas = action.whom[0], int(action.detail)
        cluster, space = self.clusters[home], self.space(home)
        self.offloaded[home] = replicas
        with contextlib.suppress(RefusedError):
            cluster.create(cluster.kind("namespace"), {"metadata": {"name": space}})
        self._liqoctl(home, seconds, "offload", "namespace", space, "--pod-offloading-strategy", "Remote")
        cluster.apply(cluster.kind("deployment"), _workload(replicas), space)

    def _unoffload(self, action: Action, seconds: int) -> None:
        home = action.whom[0]
        cluster, space = self.clusters[home], self.space(home)
        self.offloaded.pop(home, None)
        cluster.delete(cluster.kind("deployment"), WORKLOAD, space)
        if cluster.get(names.OFFLOADING_KIND, names.OFFLOADING_NAME, space) is not None:
            self._liqoctl(home, seconds, "unoffload", "namespace", space)

    def _scale(self, action: Action, _: int) -> None:
        home, replicas = action.whom[0], int(action.detail)
        cluster = self.clusters[home]
        if home in self.offloaded:
            self.offloaded[home] = replicas
            cluster.apply(cluster.kind("deployment"), _workload(replicas), self.space(home))

    def _evict(self, action: Action, _: int) -> None:
        cluster = self.clusters[action.whom[1]]
        pods = cluster.list("pod", labels=names.ORIGIN_LABEL).items
        for pod in pods[:1]:
            cluster.delete(cluster.kind("pod"), pod["metadata"]["name"], pod["metadata"]["namespace"])

    def _crash(self, action: Action, _: int) -> None:
        """A component's process ends at once; its Deployment makes another."""
        cluster = self.clusters[action.whom[0]]
        for pod in cluster.list("pod", labels=f"app.kubernetes.io/name={action.detail}").items:
            metadata = pod["metadata"]
            cluster.delete(cluster.kind("pod"), metadata["name"], metadata["namespace"], grace_seconds=0)

    def _liqoctl(self, cluster: str, seconds: int, *arguments: str) -> str:
        environment = self._environment | {"KUBECONFIG": str(self._playground.kubeconfig(cluster))}
        program = self._playground.bin / "liqoctl"
        done = run([str(program), *arguments], environment=environment, folder=self._scratch, timeout=seconds)
        if done.timed_out or done.code:
            how = f"not done after {seconds} s" if done.timed_out else f"exit code {done.code}"
            raise FailedError(f"liqoctl {' '.join(arguments[:3])} on {cluster}: {how}: {done.output.strip()[-600:]}")
        return done.output

    def _chaos(self) -> Chaos:
        return Chaos(self._playground)


@contextmanager
def staged(root: Path, clusters: Sequence[str]) -> Iterator[Stage]:
    """Clusters for the length of the block, none of which has heard of another."""
    playground = Playground("chaos", root / "home")
    scratch = root / "scratch"
    scratch.mkdir(exist_ok=True)
    provider = provider_of(playground)
    specs = [from_kind_config(name, None, liqo_labels={"topology.liqo.io/region": name}) for name in clusters]
    try:
        asyncio.run(provider.create(specs))
        environment = {**prepare(playground, "chaos", None).environment, "LIQOLAB_HOME": str(playground.home)}
        kubeconfigs = {name: playground.kubeconfig(name) for name in clusters}
        asyncio.run(install_liqo(kubeconfigs, {spec.name: spec.liqo_labels for spec in specs}, environment))
        yield Stage(playground, clusters, scratch)
    finally:
        asyncio.run(provider.delete_all())
        playground.remove()


def _workload(replicas: int) -> dict[str, object]:
    labels = {"app": WORKLOAD}
    container = {"name": WORKLOAD, "image": _IMAGE}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 0}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": WORKLOAD},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
    }
