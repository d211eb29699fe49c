"""The cluster process of the API server's tests, and a webhook server that tests can steer."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

from liqolab.certificates import KeyPair, self_signed
from liqolab.controller.tls import show_certificate
from tests.api_server import Api, api, cluster, kubectl, namespace, own_cluster

__all__ = ["Api", "api", "cluster", "kubectl", "namespace", "own_cluster", "webhook"]

Review = dict[str, Any]


class WebhookServer:
    """Answers AdmissionReviews over HTTPS with what `respond` makes of the request, and conversions with `convert`."""

    def __init__(self) -> None:
        self.requests: list[Review] = []
        self.connections = 0
        self.respond: Callable[[Review], Review] = lambda request: {"allowed": True}
        self.convert: Callable[[Review], Review] = lambda request: {}
        self.status = 200
        self.hold: asyncio.Event | None = None
        self._asked = asyncio.Event()
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        pair = self_signed("localhost")
        self.show(pair.certificate, pair)

    def show(self, authority: bytes, pair: KeyPair) -> None:
        """Serve with this certificate from now on."""
        self.ca_bundle = base64.b64encode(authority).decode()
        show_certificate(self._tls, pair.certificate, pair.key)

    async def start(self) -> None:
        self._server = web.Server(self._handle, access_log=None)
        loop = asyncio.get_running_loop()

        def factory() -> Any:
            self.connections += 1
            return self._server()

        self._listener = await loop.create_server(factory, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._listener.close()
        await self._server.shutdown(0.1)

    async def asked_by(self, call: asyncio.Task[Any]) -> None:
        """Until the webhook has been asked because of `call`; fails if that is answered without it."""
        asked = asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait((call, asked), return_when=asyncio.FIRST_COMPLETED)
            assert asked.done(), f"answered without asking the webhook: {call.result()}"
        finally:
            asked.cancel()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        review = json.loads(await request.read())
        self.requests.append(review["request"])
        self._asked.set()
        if self.hold is not None:
            await self.hold.wait()
        if review["kind"] == "ConversionReview":
            return web.json_response({**review, "request": None, "response": self.convert(review["request"])})
        response = {"uid": review["request"]["uid"], **self.respond(review["request"])}
        body = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "response": response}
        return web.json_response(body, status=self.status)

    def configuration(self, name: str, namespace: str, **fields: Any) -> dict[str, Any]:
        """A webhook configuration with one webhook for pods of a namespace."""
        rule = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
        webhook = {
            "name": "policy.example.com",
            "clientConfig": {"url": f"https://localhost:{self.port}/check", "caBundle": self.ca_bundle},
            "rules": [rule],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            **fields,
        }
        return {"metadata": {"name": name}, "webhooks": [webhook]}


@pytest.fixture
async def webhook() -> AsyncIterator[WebhookServer]:
    server = WebhookServer()
    await server.start()
    yield server
    await server.stop()
