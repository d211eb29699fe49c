"""The HTTPS server that the API server calls for admission."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Awaitable, Callable

import orjson
from aiohttp import web

from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.webhook.policies import Policies
from liqolab.liqo.webhook.policy import UnknownStrategyError, pod_patch
from liqolab.liqo.webhook.reviews import Verdict, decode, encode, errored
from liqolab.liqo.webhook.validation import validate_offloading
from liqolab.program import Container

_CERTIFICATE, _KEY = "tls.crt", "tls.key"

_log = logging.getLogger(__name__)


class AdmissionServer:
    """An aiohttp handler: one path a webhook."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._webhooks: dict[str, Callable[[Object], Awaitable[Verdict]]] = {
            names.POD_WEBHOOK_PATH: self._pod,
            names.OFFLOADING_WEBHOOK_PATH: self._offloading,
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path in ("/healthz", "/readyz"):
            return web.Response(text="ok")
        webhook = self._webhooks.get(request.path)
        if webhook is None:
            return web.Response(status=404, text=f"{request.path}: no such webhook")
        try:
            review = decode(await request.read())
        except (ValueError, orjson.JSONDecodeError) as error:
            return web.Response(status=400, text=str(error))
        return web.Response(body=encode(review, await webhook(review)), content_type="application/json")

    async def _pod(self, review: Object) -> Verdict:
        namespace = review.get("namespace") or ""
        try:
            offloading = await self._policies.get(namespace)
        except (ApiError, OSError) as error:
            _log.warning("policy of namespace %s: %s", namespace, error)
            return errored(texts.POD_WITHOUT_OFFLOADING)
        if offloading is None:
            return errored(texts.POD_WITHOUT_OFFLOADING)
        spec = offloading.get("spec") or {}
        strategy = spec.get("podOffloadingStrategy") or texts.STRATEGY_LOCAL_AND_REMOTE
        try:
            return Verdict(patch=pod_patch(review.get("object") or {}, strategy, spec.get("clusterSelector")))
        except UnknownStrategyError as error:
            _log.warning("pod in namespace %s: %s", namespace, error)
            return errored(texts.POD_MUTATION_FAILED)

    async def _offloading(self, review: Object) -> Verdict:
        new = review.get("object") or {}
        verdict = validate_offloading(new, review.get("oldObject") or None)
        if verdict.allowed and not review.get("dryRun"):
            self._policies.expect(new)
        return verdict


def serving_tls(container: Container) -> ssl.SSLContext:
    """The server's side of TLS, from the Secret that is mounted into the container.

    Raises:
        FileNotFoundError: no mounted volume holds a serving certificate.
    """
    for folder in container.mounts.values():
        certificate, key = folder / _CERTIFICATE, folder / _KEY
        if certificate.exists() and key.exists():
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate, key)
            return context
    raise FileNotFoundError(f"no volume with {_CERTIFICATE} and {_KEY} is mounted in container {container.name}")
