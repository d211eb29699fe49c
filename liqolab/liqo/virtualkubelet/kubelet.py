"""The node's kubelet endpoint: what ``kubectl logs``, ``exec``, ``attach`` and ``port-forward`` reach through this
cluster's API server.

Nothing runs here, so every question is handed on to the provider's API server, as a question about the remote pod: in
the language in which it was asked, WebSockets (an embedded cluster's API server) or SPDY (every other's).

The API server has authorised the caller for the local pod before it comes here; but others can come here as well, peers
through the tunnel among them, and peers have certificates of this cluster's authority too. So, health apart, whoever
comes shows a certificate, and the API server is asked what it entitles to: the kubelets' own rule.
"""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

import orjson
from aiohttp import web

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS, SUBJECT_ACCESS_REVIEWS
from liqolab.apimachinery.errors import ApiError
from liqolab.controller.http import HttpClient
from liqolab.controller.informer import Informer
from liqolab.controller.upgrades import offered_within, pass_on, wants_spdy
from liqolab.controller.websockets import offered, relay
from liqolab.liqo.identity.certificates import self_signed_server_tls
from liqolab.liqo.virtualkubelet.mappings import Mappings
from liqolab.liqo.virtualkubelet.usage import summary

_log = logging.getLogger(__name__)

_LOGS = "containerLogs"
_STREAMS = {"exec": "exec", "attach": "attach", "portForward": "portforward"}
"""What is asked of kubelets → the subresource of the remote pod."""

_FLAGS = {"input": "stdin", "output": "stdout", "error": "stderr", "tty": "tty"}
"""What kubelets call what API servers call otherwise."""


class KubeletServer:
    """An aiohttp handler for the kubelet's port."""

    def __init__(self, clients: tuple[HttpClient, HttpClient], mappings: Mappings, pods: Informer, node: str) -> None:
        """`clients` are (local, remote)."""
        self._local, self._remote = clients
        self._mappings = mappings
        self._pods = pods
        self._node = node

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        parts = request.path.strip("/").split("/")
        if parts == ["healthz"]:
            return web.Response(text="ok")
        if not await self._may_ask(request):
            return web.Response(status=403, text="Forbidden\n")
        if parts in (["pods"], ["runningpods"]):
            body = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": self._pods.list()}
            return web.Response(body=orjson.dumps(body), content_type="application/json")
        if parts == ["stats", "summary"]:
            names = {local: reflection.remote for local, reflection in self._mappings.active.items()}
            body = await summary(self._node, self._remote, names, self._pods)
            return web.Response(body=orjson.dumps(body), content_type="application/json")
        if len(parts) == 4 and parts[0] == _LOGS:
            return await self._logs(request, *parts[1:])
        if len(parts) in (3, 4, 5) and parts[0] in _STREAMS:
            return await self._stream(request, *parts[:3], container="" if parts[0] == "portForward" else parts[-1])
        return web.Response(status=404, text=f"{request.path}: the virtual kubelet does not serve this")

    async def _may_ask(self, request: web.BaseRequest) -> bool:
        """Whether the certificate that TLS has verified is one of somebody with rights on nodes."""
        certificate = request.get_extra_info("peercert") or {}
        subject = [pair for row in certificate.get("subject", ()) for pair in row]
        spec = {
            "user": next((value for name, value in subject if name == "commonName"), ""),
            "groups": [value for name, value in subject if name == "organizationName"],
            "resourceAttributes": {"verb": "get", "resource": "nodes", "subresource": "proxy", "name": self._node},
        }
        try:
            review = await self._local.create(SUBJECT_ACCESS_REVIEWS, {"spec": spec})
        except (ApiError, OSError) as error:
            _log.warning("%s cannot be authorised: %s", spec["user"], error)
            return False
        return bool(meta.get_path(review, "status", "allowed", default=False))

    async def _stream(
        self, request: web.BaseRequest, kind: str, namespace: str, pod: str, *, container: str
    ) -> web.StreamResponse:
        """Pass a conversation with a container, or connections to the pod's ports, on to the provider."""
        reflection = self._mappings.active.get(namespace)
        if reflection is None:
            return web.Response(status=404, text=f'namespace "{namespace}" is not offloaded to this node\n')
        query = [("container", container)] if container else []
        query += [(name, word) for name in ("command", "ports") for word in request.query.getall(name, [])]
        query += [(there, "true") for here, there in _FLAGS.items() if request.query.get(here)]
        path = PODS.path(reflection.remote, pod, _STREAMS[kind])
        try:
            if wants_spdy(request):
                async with self._remote.upgraded(path, query, offered_within(request)) as (protocol, far):
                    return await pass_on(request, protocol, far)
            return await relay(request, await self._remote.websocket(path, query, offered(request)))
        except ApiError as error:
            return web.Response(status=error.code, text=error.message)
        except OSError as error:
            return web.Response(status=502, text=f"the provider does not answer: {error}\n")

    async def _logs(self, request: web.BaseRequest, namespace: str, pod: str, container: str) -> web.StreamResponse:
        reflection = self._mappings.active.get(namespace)
        if reflection is None:
            return web.Response(status=404, text=f'namespace "{namespace}" is not offloaded to this node\n')
        path = PODS.path(reflection.remote, pod, "log")
        query = {**request.query, "container": container}
        answer = web.StreamResponse(headers={"Content-Type": "text/plain"})
        answer.enable_chunked_encoding()
        try:
            async for chunk in self._remote.stream(path, query=query):
                if not answer.prepared:
                    await answer.prepare(request)
                await answer.write(chunk)
        except ApiError as error:
            if not answer.prepared:
                return web.Response(status=error.code, text=error.message)
        except ConnectionResetError:
            # The reader has gone; there is nobody left to tell.
            return answer
        except OSError as error:
            if not answer.prepared:
                return web.Response(status=502, text=f"the provider does not answer: {error}\n")
        if not answer.prepared:
            await answer.prepare(request)
        await answer.write_eof()
        return answer


def kubelet_tls(node: str, authority: Path) -> ssl.SSLContext:
    """TLS with a certificate of its own making, like a kubelet that nobody has issued one to. Only clients with a
    certificate of the cluster's own `authority` get through the handshake.
    """
    context = self_signed_server_tls(node)
    context.load_verify_locations(cafile=authority)
    context.verify_mode = ssl.CERT_REQUIRED
    return context
