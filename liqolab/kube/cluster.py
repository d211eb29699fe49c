"""One cluster, assembled: store, API server, controllers, scheduler, nodes, in one event loop.

The order of a start is the order of dependence: what can be refused (configuration, keys, the store, the ports) comes
before anything runs, then the API server, then the objects every cluster has, then those who work on them. A stop goes
the other way round.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.controller.kubeconfig import Access, render
from liqolab.controller.manager import Manager
from liqolab.kube import bootstrap, faults
from liqolab.kube.access.authn import RequestAuthenticator
from liqolab.kube.access.authz import RbacAuthorizer, component
from liqolab.kube.access.tokens import TokenIssuer
from liqolab.kube.admission.chain import AdmissionChain
from liqolab.kube.api.backends import Backends
from liqolab.kube.api.definitions import Definitions
from liqolab.kube.api.documents import Documents
from liqolab.kube.api.local import LocalClient
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.server import ApiServer
from liqolab.kube.api.usage import Usage
from liqolab.kube.config import SECURE_PORT, ClusterConfig, ConfigError, write_private
from liqolab.kube.controllers.installation import install
from liqolab.kube.controllers.settings import ControllerSettings
from liqolab.kube.endpoints import BACKLOG, Endpoints, Reserved, choose_endpoints
from liqolab.kube.kinds import older
from liqolab.kube.kinds.registry import Registry
from liqolab.kube.node.cluster_nodes import ClusterNodes
from liqolab.kube.node.fabric import Fabric
from liqolab.kube.pki import Pki
from liqolab.kube.scheduler.scheduler import Scheduler
from liqolab.kube.store.errors import CorruptError, OpenFailedError
from liqolab.kube.store.store import Store
from liqolab.kube.system.owned import Owned

log = logging.getLogger(__name__)

_SERVICE_NAMES: Final = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)

_TOKEN_SECONDS: Final = 10 * 365 * 24 * 3600
"""Tokens in Secrets do not expire; ten years is as good as never."""


class Cluster:
    """A cluster in a folder. `start` it, wait until it is `ready`, and `stop` it."""

    def __init__(self, folder: Path) -> None:
        """Read the configuration.

        Raises:
            ConfigError: the folder or its ``cluster.json`` is unusable.
        """
        self.folder = folder
        self.config = ClusterConfig.load(folder)
        self._reserved = Reserved()
        self.endpoints: Endpoints = choose_endpoints(folder, self.config, self._reserved)
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self.failed: asyncio.Future[None] | None = None
        """Set with the exception of a part that died; never set to a result."""

    async def start(self) -> None:
        """Serve the API and set everything to work.

        Raises:
            ConfigError: a port is taken, the store is damaged or the keys cannot be read.
        """
        self.failed = asyncio.get_running_loop().create_future()
        self._stack = AsyncExitStack()
        self._stack.callback(self._reserved.close)
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        self.pki = self._load_pki()
        self.store = self._open_store()
        self._stack.callback(self.store.close)
        self.registry = Registry(older.kinds(self.config.version))
        self.tokens = TokenIssuer.load(self.pki.folder / "sa.key", self.store)
        self.fabric = Fabric((self.endpoints.address, self.endpoints.port))
        self.heed_faults()
        backends = Backends(self.fabric.dial, self.pki.kubelet_context())
        self._stack.push_async_callback(backends.close)
        authorizer = RbacAuthorizer(self.store)
        admission = AdmissionChain(
            self.store,
            self.registry,
            authorizer,
            service_cidr=self.config.service_cidr,
            dial=self.fabric.dial,
        )
        self._stack.push_async_callback(admission.close)
        self.pipeline = Pipeline(self.store, self.registry, authorizer, admission, self.tokens, backends)
        self.pipeline.measured = Usage(self.pipeline)
        definitions = Definitions(self.pipeline)
        definitions.load()
        address = f"{self.endpoints.address}:{self.endpoints.port}"
        self.documents = Documents(self.pipeline, self.config.version_info(), address)
        authenticator = RequestAuthenticator(self.tokens, authorizer)
        self.server = ApiServer(self.pipeline, authenticator, self.documents)
        await self._listen()
        self._write_kubeconfig()
        await bootstrap.create_objects(self.client_for("apiserver"), self.store, self._own_objects())
        self._spawn("definitions", definitions.run)
        self._spawn("control plane", self._control_plane().run)

    def _control_plane(self) -> Manager:
        """Who works on the cluster's objects: controllers, scheduler, service proxy and nodes.

        They share one manager, so each resource is watched once however many of them look at it. What they get is a
        client; nothing of the store.
        """

        async def issue_token(account: Object, secret: Object) -> str:
            return self.tokens.issue(meta.namespace(account), meta.name(account), seconds=_TOKEN_SECONDS, secret=secret)

        manager = Manager(self.client_for("kube-controller-manager"))
        settings = ControllerSettings(
            authority=self.pki.authority,
            issue_token=issue_token,
            service_cidr=self.config.service_cidr,
        )
        install(manager, settings)
        bootstrap.keep(manager, self.client_for("apiserver"), self._own_objects())
        nodes = ClusterNodes(
            self.client_for("nodes"),
            self.config,
            self.endpoints,
            self.folder,
            self.fabric,
            manager,
            self.pki.server_context("kubelet"),
            self._reserved,
        )
        manager.add_runnable(nodes.run)
        manager.add_runnable(Scheduler(self.client_for("kube-scheduler"), manager).run)
        return manager

    def _own_objects(self) -> list[Owned]:
        return bootstrap.own_objects(self.config, self.endpoints, self.pki.authority.pem.decode())

    def heed_faults(self) -> None:
        """Look anew for what is wrong on purpose."""
        faults.apply(self.folder, self.fabric.beyond)

    def client_for(self, name: str) -> LocalClient:
        """An in-process client for a part of the control plane."""
        return LocalClient(self.pipeline, component(name), self.documents)

    async def ready(self) -> None:
        """Wait until nodes, system pods and the default service account are there."""
        await bootstrap.wait_until_ready(self.client_for("apiserver"), self.config)

    async def stop(self) -> None:
        """Stop all parts and close the store; everything acknowledged is on disk already."""
        for task in reversed(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self._stack.aclose()

    def _spawn(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        async def owned() -> None:
            try:
                await run()
            except Exception as error:
                # Whatever it is, whoever runs the cluster learns of it through `failed`.
                log.exception("%s has failed", name)
                if self.failed is not None and not self.failed.done():
                    self.failed.set_exception(error)

        self._tasks.append(asyncio.create_task(owned(), name=name))

    # ------------------------------------------------------------------ the parts that can be refused

    def _load_pki(self) -> Pki:
        hosts = [*_SERVICE_NAMES, "127.0.0.1", "::1", self.config.service_address]
        hosts += [self.endpoints.address, self.endpoints.node_address, *(node.name for node in self.config.nodes)]
        try:
            return Pki(self.folder / "pki", self.config.name, dict.fromkeys(hosts))
        except (OSError, ValueError) as error:
            raise ConfigError(f"the keys in {self.folder / 'pki'} cannot be used: {error}") from error

    def _open_store(self) -> Store:
        path = self.folder / "store.db"
        try:
            return Store.open(path)
        except CorruptError as error:
            text = f"the cluster's store is damaged ({error}); delete the cluster and create it again"
            raise ConfigError(text) from error
        except OpenFailedError as error:
            raise ConfigError(str(error)) from error
        except OSError as error:
            raise ConfigError(f"{path} cannot be opened: {error.strerror}") from error

    async def _listen(self) -> None:
        tls = self.pki.server_context("apiserver")
        await self._listen_on(self.endpoints.address, self.endpoints.port, tls)
        if self.endpoints.own_node_address:
            await self._listen_on(self.endpoints.node_address, SECURE_PORT, tls)
        self._stack.push_async_callback(self.server.shutdown)
        self._stack.callback(self._end_watches)

    def _end_watches(self) -> None:
        for collection, _ in list(self.store.collections()):
            self.store.end_subscriptions(collection)

    async def _listen_on(self, address: str, port: int, tls: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        try:
            if reserved := self._reserved.take(address, port):
                listener = await loop.create_server(
                    self.server.protocol_factory, sock=reserved, ssl=tls, backlog=BACKLOG
                )
            else:
                listener = await loop.create_server(
                    self.server.protocol_factory, address, port, ssl=tls, reuse_address=True, backlog=BACKLOG
                )
        except OSError as error:
            raise ConfigError(
                f"cluster {self.config.name} cannot listen on {address}:{port} ({error.strerror}); stop the program "
                f"that uses the port, or remove {self.folder / 'endpoints.json'} to have another one chosen"
            ) from error
        self._stack.callback(listener.close)

    def _write_kubeconfig(self) -> None:
        access = Access(
            server=self.endpoints.server,
            ca=self.pki.authority.pem,
            certificate=self.pki.admin.certificate,
            key=self.pki.admin.key,
        )
        write_private(self.folder / "kubeconfig", render(self.config.kubeconfig_name, access).encode())
