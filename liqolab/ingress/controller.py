"""The controller: watches Ingresses, serves them on ports 80 and 443, and writes where into their status."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import tempfile
from pathlib import Path
from typing import Final

import orjson
from aiohttp import web

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import INGRESS_CLASSES, INGRESSES, SECRETS, SERVICES
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.certificates import SERVER, Authority, KeyPair
from liqolab.controller.client import Client
from liqolab.controller.dialing import Handler, serving
from liqolab.controller.events import EventRecorder
from liqolab.controller.http import HttpClient
from liqolab.controller.informer import Change
from liqolab.controller.manager import Controller, Manager
from liqolab.ingress.programs import options
from liqolab.ingress.proxying import Proxy
from liqolab.ingress.routing import Backend, Table
from liqolab.program import Container, Network

_CLASS_ANNOTATION: Final = "kubernetes.io/ingress.class"
_FAKE: Final = "Kubernetes Ingress Controller Fake Certificate"
_HEALTH_PORT, _HTTP_PORT, _HTTPS_PORT = 10254, 80, 443


async def run(container: Container) -> None:
    """Serve until cancelled."""
    container.log("NGINX Ingress controller, imitated by liqolab")
    async with HttpClient.in_cluster(container) as client:
        manager = Manager(client)
        ingress = _Ingress(manager, client, container, options(container.args))
        manager.add_runnable(ingress.serve)
        await manager.run()


class _Ingress:
    def __init__(self, manager: Manager, client: Client, container: Container, flags: dict[str, str]) -> None:
        self._client = client
        self._container = container
        self._flags = flags
        self._ingresses = manager.informer(INGRESSES)
        self._classes = manager.informer(INGRESS_CLASSES)
        self._services = manager.informer(SERVICES)
        self._secrets = manager.informer(SECRETS)
        self._events = EventRecorder(client, "nginx-ingress-controller")
        self._table: Table | None = None
        self._fake = _fake_certificate()
        self._contexts: dict[tuple[str, str, str], ssl.SSLContext] = {}
        for informer in (self._ingresses, self._classes):
            informer.add_handler(self._on_change)
        manager.add(Controller("status", self._report).watches(self._ingresses))

    async def serve(self) -> None:
        """Listen on all ports until cancelled."""
        proxies = {scheme: Proxy(self._container, scheme, self.table, self.find) for scheme in ("http", "https")}
        network = self._container.network
        tls = _context(self._fake)
        tls.sni_callback = self._choose_certificate
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_listen(network, _HEALTH_PORT, _health))
                group.create_task(_listen(network, _HTTP_PORT, proxies["http"].handle))
                group.create_task(_listen(network, _HTTPS_PORT, proxies["https"].handle, tls))
                if webhook := self._flags.get("validating-webhook"):
                    files = [self._flags[f"validating-webhook-{part}"] for part in ("certificate", "key")]
                    pair = KeyPair(*(self._container.path(file).read_bytes() for file in files))
                    port = int(webhook.rpartition(":")[2])
                    group.create_task(_listen(network, port, self._review, _context(pair)))
                self._container.ready.set()
        finally:
            for proxy in proxies.values():
                await proxy.close()

    def table(self) -> Table:
        """The routes of the moment."""
        if self._table is None:
            self._table = Table.of(each for each in self._ingresses.list() if self._is_ours(each))
        return self._table

    def find(self, backend: Backend) -> tuple[str, int] | None:
        """See `proxying.Find`."""
        service = self._services.get(backend.service, backend.namespace)
        for port in (service or {}).get("spec", {}).get("ports") or ():
            if backend.port in (port["port"], port.get("name")):
                return f"{backend.service}.{backend.namespace}.svc", int(port["port"])
        return None

    def _on_change(self, change: Change, new: Object, old: Object | None) -> None:
        self._table = None

    def _is_ours(self, ingress: Object) -> bool:
        name = (ingress.get("spec") or {}).get("ingressClassName")
        if name:
            found = self._classes.get(name)
            controller = (found or {}).get("spec", {}).get("controller")
            return bool(controller == self._flags.get("controller-class", "k8s.io/ingress-nginx"))
        named = meta.annotations(ingress).get(_CLASS_ANNOTATION)
        if named:
            return named == self._flags.get("ingress-class", "nginx")
        return self._flags.get("watch-ingress-without-class") == "true"

    async def _report(self, key: str) -> None:
        """Say in an Ingress's status where it is served."""
        ingress = self._ingresses.by_key(key)
        if ingress is None or meta.is_deleting(ingress) or not self._is_ours(ingress):
            return
        wanted = self._published()
        known = ((ingress.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
        if not wanted or [{part: row[part] for part in ("ip", "hostname") if row.get(part)} for row in known] == wanted:
            return
        status = {"loadBalancer": {"ingress": wanted}}
        try:
            await self._client.update(INGRESSES, ingress | {"status": status}, subresource="status")
        except ApiError as error:
            if error.code not in (404, 409):
                raise
            # It has changed meanwhile: its next event leads here again.
            return
        await self._events.event(ingress, "Normal", "Sync", "Scheduled for sync")

    def _published(self) -> list[Object]:
        if addresses := self._flags.get("publish-status-address"):
            return [_published(address) for address in addresses.split(",") if address]
        namespace, _, name = self._flags.get("publish-service", "").partition("/")
        service = self._services.get(name, namespace) if name else None
        if service is None:
            return [_published(self._container.host_ip)]
        given = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
        return [{part: row[part] for part in ("ip", "hostname") if row.get(part)} for row in given] or [
            {"ip": service["spec"]["clusterIP"]}
        ]

    def _choose_certificate(self, tls: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        """Present the certificate of the host's Secret; without one, the controller's own."""
        host = self.table().host((name or "").lower())
        secret = self._secrets.get(host.secret[1], host.secret[0]) if host is not None and host.secret else None
        if secret is None:
            return
        key = (meta.namespace(secret), meta.name(secret), meta.resource_version(secret))
        if key not in self._contexts:
            try:
                pair = KeyPair(meta.secret_value(secret, "tls.crt"), meta.secret_value(secret, "tls.key"))
                self._contexts[key] = _context(pair)
            except (LookupError, OSError, ValueError) as error:
                self._container.log(f"secret {key[0]}/{key[1]} holds no certificate: {error}")
                return
        tls.context = self._contexts[key]

    async def _review(self, request: web.BaseRequest) -> web.StreamResponse:
        """The admission webhook: no two Ingresses may want the same path of the same host."""
        try:
            asked = orjson.loads(await request.read())["request"]
            problem = self._problem(asked.get("object") or {})
            answer: Object = {"uid": asked["uid"], "allowed": not problem}
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            return web.Response(status=400, text="not an AdmissionReview")
        if problem:
            answer["status"] = {"code": 400, "reason": "BadRequest", "message": problem}
        body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}
        return web.Response(body=orjson.dumps(body), content_type="application/json")

    def _problem(self, ingress: Object) -> str:
        if not ingress or not self._is_ours(ingress):
            return ""
        wanted = set(_paths(ingress))
        for other in self._ingresses.list():
            if meta.key(other) != meta.key(ingress) and self._is_ours(other) and (both := wanted & set(_paths(other))):
                host, path = min(both)
                return f'host "{host}" and path "{path}" is already defined in ingress {meta.key(other)}'
        return ""


def _paths(ingress: Object) -> list[tuple[str, str]]:
    return [
        (rule.get("host") or "_", row.get("path") or "/")
        for rule in (ingress.get("spec") or {}).get("rules") or ()
        for row in (rule.get("http") or {}).get("paths") or ()
    ]


def _published(address: str) -> Object:
    try:
        return {"ip": str(ipaddress.ip_address(address))}
    except ValueError:
        return {"hostname": address}


async def _listen(network: Network, port: int, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
    async with serving(network, port, handler, tls):
        await asyncio.Event().wait()


async def _health(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(text="ok")


def _fake_certificate() -> KeyPair:
    return Authority.create(_FAKE).issue(_FAKE, hosts=("ingress.local",), usages=SERVER)


def _context(pair: KeyPair) -> ssl.SSLContext:
    """A server's context; Python reads certificates from files only."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.pem"
        path.touch(mode=0o600)
        path.write_bytes(pair.certificate + b"\n" + pair.key)
        context.load_cert_chain(path)
    return context
