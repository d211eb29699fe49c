"""The client's side of authentication: getting an identity from a peer, and keeping it.

An attempt that is cut off anywhere goes on with the same key the next time, because the Secret is written before the
peer is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import SECRETS
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.dialing import Dial, DialConnector
from liqolab.controller.tls import unverified_tls
from liqolab.liqo.auth.protocol import (
    CertificateRequest,
    ClusterIdentity,
    MalformedError,
    grant_from_object,
    ids_from_object,
)
from liqolab.liqo.gen05 import names, texts, tokens
from liqolab.liqo.gen05.texts import ConditionText
from liqolab.liqo.identity import secrets
from liqolab.liqo.identity.secrets import Grant

_SECONDS = 10.0


class AuthError(Exception):
    """The peer's authentication service did not give what was asked.

    Attributes:
        condition: what the ForeignCluster's AuthenticationStatus says about it.
    """

    def __init__(self, condition: ConditionText, message: str) -> None:
        super().__init__(message)
        self.condition = condition


class AuthClient:
    """Speaks to one peer's authentication service."""

    def __init__(self, url: str, dial: Dial, *, verify: bool = False) -> None:
        """`verify` is the opposite of ``insecureSkipTLSVerify``. A peer's proxy leads to its API server only, and has
        no part in this.
        """
        self._url = url.rstrip("/")
        self._dial = dial
        self._tls: Any = True if verify else unverified_tls()

    async def ids(self) -> ClusterIdentity:
        """Who the peer says it is.

        Raises:
            AuthError: unreachable, or no sensible answer.
        """
        status, content = await self._request("GET", names.AUTH_IDS_PATH)
        if status != 200:
            raise _unexpected(status, content)
        return ids_from_object(_document(content))

    async def certificate(self, request: CertificateRequest) -> Grant:
        """Ask for an identity.

        Raises:
            AuthError: unreachable or refused.
        """
        status, content = await self._request("POST", names.AUTH_CERTIFICATE_PATH, request.to_object())
        if status in (401, 403):
            refusal = texts.IDENTITY_DENIED if request.token else texts.IDENTITY_EMPTY_DENIED
            text = content.decode(errors="replace").strip()
            raise AuthError(refusal.about(error=text), text)
        if not 200 <= status < 300:
            raise _unexpected(status, content)
        try:
            return grant_from_object(_document(content))
        except MalformedError as error:
            raise AuthError(texts.AUTH_PENDING, f"the answer cannot be used: {error}") from error

    async def _request(self, method: str, path: str, body: Object | None = None) -> tuple[int, bytes]:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        data = orjson.dumps(body) if body is not None else None
        try:
            async with (
                aiohttp.ClientSession(connector=DialConnector(self._dial), timeout=timeout) as session,
                session.request(method, self._url + path, data=data, ssl=self._tls) as answer,
            ):
                return answer.status, await answer.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            cause = str(error) or type(error).__name__
            raise AuthError(texts.AUTH_NOT_REACHABLE, f"{self._url}: {cause}") from error


def _unexpected(status: int, content: bytes) -> AuthError:
    text = content.decode(errors="replace").strip()
    return AuthError(texts.AUTH_PENDING, f"the authentication service answered {status}: {text}")


def _document(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise AuthError(texts.AUTH_PENDING, f"the answer is no JSON: {error}") from error


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Turns a token into an identity Secret.

    Attributes:
        local: this cluster.
        namespace: where Liqo is installed.
    """

    client: Client
    dial: Dial
    local: ClusterIdentity
    namespace: str

    def service_of(self, foreign_cluster: Object) -> AuthClient:
        """The client of a ForeignCluster's authentication service."""
        spec = foreign_cluster["spec"]
        return AuthClient(spec["foreignAuthUrl"], self.dial, verify=not spec.get("insecureSkipTLSVerify", True))

    async def authenticate(self, foreign_cluster: Object, peer_id: str, namespace: str) -> Object:
        """Get an identity in the peer and keep it in the tenant namespace; returns the Secret.

        Raises:
            AuthError: the peer refused or could not be asked.
        """
        secret = await self._pending(peer_id, namespace)
        if secrets.is_complete(secret) and not secrets.is_running_out(secret):
            return await self.keep_proxy(foreign_cluster, secret)
        request = CertificateRequest(
            cluster=self.local,
            token=await self._token(names.remote_token_secret(peer_id)),
            signing_request=secrets.signing_request(secret),
            origin_token=await self._own_token(foreign_cluster),
        )
        grant = await self.service_of(foreign_cluster).certificate(request)
        patch = secrets.completion(grant, foreign_cluster["spec"].get("foreignProxyUrl", ""))
        return await self.client.patch(SECRETS, meta.name(secret), patch, namespace)

    async def keep_proxy(self, foreign_cluster: Object, secret: Object) -> Object:
        """An identity that was granted before is used by the way that the ForeignCluster names today."""
        wanted = foreign_cluster["spec"].get("foreignProxyUrl", "")
        if secrets.proxy_url(secret) == wanted:
            return secret
        return await self.client.patch(SECRETS, meta.name(secret), secrets.by_proxy(wanted), meta.namespace(secret))

    async def _pending(self, peer_id: str, namespace: str) -> Object:
        """The identity Secret that exists, read from the server so that none is made twice, or a fresh one."""
        selector = f"{secrets.SELECTOR},{names.LABEL_CLUSTER_ID}={peer_id}"
        known = secrets.oldest((await self.client.list(SECRETS, namespace, labels=selector)).items)
        if known is not None:
            return known
        return await self.client.create(
            SECRETS, secrets.pending_secret(namespace, peer_id, self.local.cluster_id), namespace
        )

    async def _own_token(self, foreign_cluster: Object) -> str:
        """What lets the peer authenticate here in return; a peer that came by itself has done so already, and is not
        told what the token is today.
        """
        if meta.labels(foreign_cluster).get(names.LABEL_DISCOVERY_TYPE) == names.DISCOVERY_INCOMING:
            return ""
        return await self._token(names.AUTH_TOKEN_SECRET)

    async def _token(self, secret: str) -> str:
        """The token in a Secret of Liqo's namespace, or an empty one."""
        found = await self.client.find(SECRETS, secret, self.namespace)
        return "" if found is None else tokens.read(found)
