"""The program of image ``liqolab/virtual-kubelet``: wires the parts of this package together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES, POD_DISRUPTION_BUDGETS, PODS
from liqolab.apimachinery.resources import Object
from liqolab.controller.dialing import serving
from liqolab.controller.http import HttpClient
from liqolab.controller.informer import Change, Informer
from liqolab.controller.manager import Manager
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.chart.arguments import Arguments, parse
from liqolab.liqo.gen05.resources import NAMESPACE_MAPS, NAMESPACE_OFFLOADINGS, RESOURCE_OFFERS
from liqolab.liqo.logs import log_to
from liqolab.liqo.offloading.selector import InvalidSelectorError, selects, validate
from liqolab.liqo.virtualkubelet.addresses import Addresses
from liqolab.liqo.virtualkubelet.claims import ClaimReflector, StorageOffer
from liqolab.liqo.virtualkubelet.heartbeat import Heartbeat
from liqolab.liqo.virtualkubelet.home import HomeServer
from liqolab.liqo.virtualkubelet.identity import IdentityKeeper
from liqolab.liqo.virtualkubelet.kinds import reflected_kinds
from liqolab.liqo.virtualkubelet.kubelet import KubeletServer, kubelet_tls
from liqolab.liqo.virtualkubelet.mappings import Mappings
from liqolab.liqo.virtualkubelet.node import NodeKeeper
from liqolab.liqo.virtualkubelet.pair import Pair
from liqolab.liqo.virtualkubelet.pods import PodReflector
from liqolab.liqo.virtualkubelet.reflection import NamespaceReflection, Reflecting, Reflector
from liqolab.liqo.virtualkubelet.refusal import Refusal
from liqolab.liqo.virtualkubelet.withdrawal import Withdrawal
from liqolab.program import SERVICE_ACCOUNT_PATH, Container

_HOME_FLAGS = {"--home-cluster-id": "--cluster-id", "--home-cluster-name": "--cluster-name"}
"""What upstream calls the flags for this cluster on a virtual kubelet's command line."""

_log = logging.getLogger(__name__)


async def run(container: Container) -> None:
    """Be the virtual node of one provider until cancelled."""
    log_to(container)
    arguments = parse(_renamed(container.args), container.env)
    pair = _pair(arguments, container)
    storage = StorageOffer(
        arguments.enable_storage, arguments.virtual_storage_class_name, arguments.remote_real_storage_class_name
    )
    async with HttpClient.in_cluster(container) as local, asyncio.TaskGroup() as group:
        identity = IdentityKeeper(local, pair, container)
        following = group.create_task(identity.run())
        async with await identity.client() as remote:
            support = arguments.enable_apiserver_support
            await VirtualKubelet(container, pair, storage, local, remote, api_support=support).run()
        following.cancel()


class VirtualKubelet:
    """All parts, connected: who tells whom that something has to be looked at again."""

    def __init__(
        self,
        container: Container,
        pair: Pair,
        storage: StorageOffer,
        local: HttpClient,
        remote: HttpClient,
        *,
        api_support: bool,
    ) -> None:
        """`api_support` says whether offloaded pods get a way to this cluster's API server."""
        self._container = container
        self._pair = pair
        self._storage = storage
        self._clients = (local, remote)
        self._manager = manager = Manager(local)
        self._pods = manager.informer(PODS, fields=f"spec.nodeName={pair.node}")
        self._offloadings = manager.informer(NAMESPACE_OFFLOADINGS)
        self._nodes = manager.informer(NODES, fields=f"metadata.name={pair.node}")
        self._heartbeat = Heartbeat(self._clients, self._nodes, pair.node, self._alive_changed)
        self._addresses = Addresses(manager, pair.tenant, pair.foreign_id, self._recheck_all)
        self._kinds = reflected_kinds(pair.home_id, pair.node, self._addresses.to_remote, tokens=api_support)
        home = HomeServer(self._clients, pair, self._addresses, _api_server(container), enabled=api_support)
        manager.add(home.controller)
        refusal = Refusal(local, pair, self._offloadings)
        self._reflector = PodReflector(
            self._clients,
            pair,
            self._pods,
            self._addresses,
            refusal,
            home,
            self._is_alive,
            lambda: self._keeper.abandoned,
        )
        self._mappings = Mappings(self._maps(), self._is_permitted, self._reflection, self._mapping_changed)
        self._reflector.follow(self._mappings)
        withdrawal = Withdrawal(local, self._pods, manager.informer(POD_DISRUPTION_BUDGETS), self._pods_left)
        self._keeper = NodeKeeper(manager, pair, self._addresses, withdrawal, self._is_alive)
        manager.add(self._reflector.controller)
        manager.informer(RESOURCE_OFFERS, pair.tenant).add_handler(self._offer_changed)
        self._offloadings.add_handler(self._policy_changed)
        self._nodes.add_handler(self._node_changed)

    async def run(self) -> None:
        """Run until cancelled."""
        server = KubeletServer(self._clients, self._mappings, self._pods, self._pair.node)
        network = self._container.network
        authority = self._container.path(f"{SERVICE_ACCOUNT_PATH}/ca.crt")
        tls = kubelet_tls(self._pair.node, authority)
        async with serving(network, names.KUBELET_PORT, server.handle, tls):
            self._manager.add_runnable(self._heartbeat.run)
            self._manager.add_runnable(self._mappings.run)
            self._container.ready.set()
            await self._manager.run()

    def _maps(self) -> Informer:
        return self._manager.informer(
            NAMESPACE_MAPS,
            self._pair.tenant,
            labels=f"{names.LABEL_REPLICATION}=true,{names.LABEL_REMOTE_CLUSTER_ID}={self._pair.foreign_id}",
        )

    def _reflection(self, local: str, remote: str) -> NamespaceReflection:
        _log.info("reflecting namespace %s to %s in cluster %s", local, remote, self._pair.foreign_name)
        place = self._clients, self._pair, (local, remote)
        reflectors: list[Reflecting] = [Reflector(*place, kind) for kind in self._kinds]
        reflectors.append(ClaimReflector(*place, self._storage))
        return NamespaceReflection(*place, reflectors, self._pods, self._reflector.recheck)

    def _is_alive(self) -> bool:
        return self._heartbeat.alive

    def _alive_changed(self, alive: bool) -> None:
        if alive or self._keeper.abandoned:
            self._recheck_all()

    def _offer_changed(self, _: Change, offer: Object, __: Object | None) -> None:
        if meta.is_deleting(offer):
            self._reflector.recheck()

    def _recheck_all(self) -> None:
        self._keeper.recheck()
        self._reflector.recheck()
        for reflection in self._mappings.active.values():
            reflection.recheck()

    def _mapping_changed(self, namespace: str) -> None:
        self._reflector.recheck(f"{namespace}/")

    def _is_permitted(self, namespace: str) -> bool:
        """Whether this cluster's own policy lets a namespace go to the provider. One that is being withdrawn stays
        permitted until the NamespaceMap has changed: by then nothing puts new pods under the policy.
        """
        offloading = self._offloadings.get(names.NAMESPACE_OFFLOADING, namespace)
        node = self._nodes.get(self._pair.node)
        if offloading is None or node is None:
            return False
        selector = meta.get_path(offloading, "spec", "clusterSelector")
        try:
            validate(selector)
        except InvalidSelectorError:
            # It changes nothing, here as elsewhere: what the NamespaceMap says goes on.
            return True
        return selects(selector, node)

    def _policy_changed(self, _: Change, offloading: Object, __: Object | None) -> None:
        self._mappings.reconsider(meta.namespace(offloading))

    def _node_changed(self, _: Change, node: Object, before: Object | None) -> None:
        if before is None or meta.labels(node) != meta.labels(before):
            self._mappings.reconsider()

    def _pods_left(self) -> None:
        self._keeper.recheck()


def _api_server(container: Container) -> tuple[str, str]:
    """Address and port of this cluster's API server, as its pods know it."""
    return container.env.get("KUBERNETES_SERVICE_HOST", ""), container.env.get("KUBERNETES_SERVICE_PORT", "443")


def _renamed(args: Sequence[str]) -> list[str]:
    """The command line in the words of `Arguments`."""
    words = []
    for word in args:
        flag, equals, value = word.partition("=")
        words.append(f"{_HOME_FLAGS.get(flag, flag)}{equals}{value}")
    return words


def _pair(arguments: Arguments, container: Container) -> Pair:
    """Raises ValueError when a flag that nothing stands in for is missing."""
    needed = ("cluster_id", "foreign_cluster_id", "foreign_cluster_name")
    missing = [f"--{field.replace('_', '-')}" for field in needed if not getattr(arguments, field)]
    if missing:
        raise ValueError(f"the virtual kubelet cannot start: {', '.join(missing)} must be given")
    return Pair(
        home_id=arguments.cluster_id,
        foreign_id=arguments.foreign_cluster_id,
        foreign_name=arguments.foreign_cluster_name,
        node=arguments.node_name or names.virtual_node_name(arguments.foreign_cluster_name),
        tenant=arguments.tenant_namespace or container.namespace,
        address=container.pod_ip,
    )
