"""One AdmissionReview: asking a webhook over HTTPS, and making sense of what it says.

Connections are kept and shared: a webhook is asked on nearly every write, and a handshake costs more than the answer.
Failures are told in the words of Go's HTTP client, because those are what people search for.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import ssl
import uuid
from typing import Any

import aiohttp
import orjson
from yarl import URL

from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.dialing import Dial, DialConnector
from liqolab.kube.admission.plugin import Attributes
from liqolab.kube.admission.request_matching import in_version, kind_below
from liqolab.kube.admission.webhook_rules import Match, Webhook
from liqolab.kube.store.store import Store

_REVIEW = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1"}
_SHOWN_REVIEW = "admission.k8s.io/v1, Kind=AdmissionReview"
_MAX_ANSWER = 8 * 1024 * 1024
_IDLE_SECONDS = 60.0


class CallError(Exception):
    """The webhook could not be asked, or did not answer properly."""


def _kind(resource: Resource) -> Object:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _resource(resource: Resource) -> Object:
    return {"group": resource.group, "version": resource.version, "resource": resource.plural}


def review(attributes: Attributes, match: Match) -> Object:
    """The AdmissionReview that a webhook is sent, in the version of the kind that it knows."""
    own, known = attributes.spec, match.spec
    request: Object = {
        "uid": str(uuid.uuid4()),
        "kind": _kind(kind_below(attributes, known)),
        "resource": _resource(known.resource),
        "requestKind": _kind(kind_below(attributes, own)),
        "requestResource": _resource(own.resource),
        "name": attributes.name,
        "operation": attributes.operation,
        "userInfo": attributes.user.info(),
        "object": in_version(attributes.object, own, known),
        "oldObject": in_version(attributes.old_object, own, known),
        "dryRun": attributes.dry_run,
        "options": attributes.options or None,
    }
    if attributes.namespace:
        request["namespace"] = attributes.namespace
    if attributes.subresource:
        request["subResource"] = request["requestSubResource"] = attributes.subresource
    return {**_REVIEW, "request": request}


class WebhookCaller:
    """Asks webhooks, over connections that it keeps.

    Args:
        dial: opens a connection to (host, port): pods, services by their DNS name, or the machine's loopback.
        store: tells whether the service of a webhook exists.
    """

    def __init__(self, dial: Dial, store: Store) -> None:
        self._dial = dial
        self._store = store
        self._session: aiohttp.ClientSession | None = None
        self._contexts: dict[str, ssl.SSLContext] = {}

    async def close(self) -> None:
        """Drop the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(self, webhook: Webhook, question: Object) -> Object:
        """The ``response`` of the review.

        Raises:
            CallError: there was none, or it makes no sense.
        """
        try:
            answer = await self.post(webhook.client, webhook.timeout, orjson.dumps(question))
        except CallError as error:
            raise CallError(f"failed to call webhook: {error}") from error
        return _checked(answer, question["request"]["uid"])

    async def post(self, client: Object, timeout: int, body: bytes) -> bytes:
        """The answer to a body, within a time.

        Args:
            client: ``clientConfig``.
            timeout: seconds.
            body: what is asked.

        Raises:
            CallError: there was none.
        """
        url, server_name = self._address(client, timeout)
        try:
            return await self._post(client, timeout, url, server_name, body)
        except CallError as error:
            raise CallError(f'Post "{url}": {error}') from error

    def _address(self, client: Object, timeout: int) -> tuple[str, str | None]:
        tail = f"?timeout={timeout}s"
        service = client.get("service")
        if service is None:
            return f"{client['url']}{tail}", None
        host = f"{service['name']}.{service['namespace']}.svc"
        path = "/" + str(service.get("path") or "").lstrip("/")
        return f"https://{host}:{service.get('port') or 443}{path}{tail}", host

    async def _post(self, client: Object, timeout: int, url: str, server_name: str | None, body: bytes) -> bytes:
        service = client.get("service")
        if service is not None and self._store.get("services", service["namespace"], service["name"]) is None:
            raise CallError(f'service "{service["name"]}" not found')
        context = self._context(client.get("caBundle") or "")
        try:
            async with asyncio.timeout(timeout):
                return await self._exchange(url, context, server_name, body)
        except TimeoutError:
            raise CallError("context deadline exceeded") from None
        except (aiohttp.ClientError, OSError) as error:
            raise CallError(_explain(error)) from error

    async def _exchange(self, url: str, context: ssl.SSLContext, server_name: str | None, body: bytes) -> bytes:
        try:
            return await self._exchange_once(url, context, server_name, body)
        except (aiohttp.ServerDisconnectedError, ConnectionResetError):
            # A kept connection that the other side was just closing: nothing has been read, ask again on a new one.
            return await self._exchange_once(url, context, server_name, body)

    async def _exchange_once(self, url: str, context: ssl.SSLContext, server_name: str | None, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "kube-apiserver"}
        async with self._client().post(
            URL(url, encoded=True),
            data=body,
            headers=headers,
            ssl=context,
            server_hostname=server_name,
            allow_redirects=False,
        ) as answer:
            content = await answer.content.read(_MAX_ANSWER)
            if answer.status not in (200, 201):
                raise CallError(_bad_status(answer.status, content))
            return content

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = DialConnector(self._dial, keepalive_seconds=_IDLE_SECONDS)
            # Time is limited by each webhook's own timeout.
            self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout())
        return self._session

    def _context(self, bundle: str) -> ssl.SSLContext:
        found = self._contexts.get(bundle)
        if found is None:
            try:
                pem = base64.b64decode(bundle).decode() if bundle else None
                found = ssl.create_default_context(cadata=pem)
                # Go's client takes certificates that Python is too strict for from 3.13 on.
                found.verify_flags &= ~ssl.VERIFY_X509_STRICT
            except (binascii.Error, UnicodeDecodeError, ssl.SSLError) as error:
                raise CallError("unable to load root certificates: unable to parse bytes as PEM block") from error
            self._contexts[bundle] = found
        return found


def _explain(error: Exception) -> str:
    """A failure of the connection as Go's client words it."""
    cause: BaseException = error.__cause__ if isinstance(error, aiohttp.ClientError) and error.__cause__ else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        text = cause.verify_message
        if "self-signed" in text or "local issuer" in text or "self signed" in text:
            return "tls: failed to verify certificate: x509: certificate signed by unknown authority"
        if "expired" in text:
            return "tls: failed to verify certificate: x509: certificate has expired or is not yet valid"
        return f"tls: failed to verify certificate: x509: {text}"
    if isinstance(cause, aiohttp.ServerDisconnectedError):
        return "EOF"
    if isinstance(cause, ConnectionRefusedError):
        return _plain(cause, "connect: connection refused")
    if isinstance(cause, ConnectionResetError):
        return "read: connection reset by peer"
    return _plain(cause, str(cause) or type(cause).__name__)


def _plain(error: BaseException, otherwise: str) -> str:
    """The text of an error without its number; a network of ours says in it what was missing."""
    text = getattr(error, "strerror", None) or ""
    if not text and error.args and isinstance(error.args[0], str):
        text = error.args[0]
    return otherwise if not text or text in ("Connection refused",) else str(text)


def _bad_status(status: int, content: bytes) -> str:
    shown = content[:200].decode("utf-8", "replace").strip()
    if status == 404:
        return "the server could not find the requested resource"
    if status >= 500:
        quoted = f' ("{shown}")' if shown else ""
        return f"an error on the server{quoted} has prevented the request from succeeding"
    return f"unexpected status code {status}"


def _checked(content: bytes, uid: str) -> Object:
    try:
        answer: Any = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _senseless(f"couldn't get version/kind; json parse error: {error}") from error
    shown = _shown_kind(answer)
    if shown != _SHOWN_REVIEW:
        raise _senseless(f"expected webhook response of {_SHOWN_REVIEW}, got {shown}")
    response = answer.get("response")
    if not isinstance(response, dict):
        raise _senseless("webhook response was absent")
    if response.get("uid") != uid:
        raise _senseless(f'expected response.uid="{uid}", got "{response.get("uid", "")}"')
    if response.get("patch") and response.get("patchType") != "JSONPatch":
        raise _senseless(f'webhook returned invalid response.patchType of "{response.get("patchType", "")}"')
    return response


def _senseless(why: str) -> CallError:
    return CallError(f"received invalid webhook response: {why}")


def _shown_kind(answer: Any) -> str:
    if not isinstance(answer, dict):
        return "/, Kind="
    return f"{answer.get('apiVersion', '')}, Kind={answer.get('kind', '')}"


def decode_patch(response: Object) -> Any:
    """The JSON Patch of a response, or None.

    Raises:
        CallError: it cannot be decoded.
    """
    text = response.get("patch")
    if not text:
        return None
    try:
        return orjson.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise CallError(f"received undecodable patch from webhook: {error}") from error
