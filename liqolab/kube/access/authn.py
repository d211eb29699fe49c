"""Who a request comes from: a client certificate, a bearer token, or nobody in particular; and on whose behalf."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from aiohttp import web

from liqolab.apimachinery import clock
from liqolab.apimachinery.errors import internal, unauthorized
from liqolab.apimachinery.resources import Resource
from liqolab.kube.access.authz import (
    ANONYMOUS,
    AUTHENTICATED,
    SERVICE_ACCOUNT_PREFIX,
    UNAUTHENTICATED,
    Authorizer,
    User,
)
from liqolab.kube.access.rbac_rules import Request
from liqolab.kube.access.tokens import TokenError, TokenIssuer, service_account_groups

_CREDENTIAL_ID: Final = "authentication.kubernetes.io/credential-id"
_EXTRA: Final = "Impersonate-Extra-"


def _virtual(group: str, plural: str, kind: str, *, namespaced: bool = False) -> Resource:
    return Resource(group, "v1", plural, kind, namespaced)


_USERS: Final = _virtual("", "users", "User")
_GROUPS: Final = _virtual("", "groups", "Group")
_ACCOUNTS: Final = _virtual("", "serviceaccounts", "ServiceAccount", namespaced=True)
_UIDS: Final = _virtual("authentication.k8s.io", "uids", "UID")
_EXTRAS: Final = _virtual("authentication.k8s.io", "userextras", "UserExtra")


class RequestAuthenticator:
    """Finds the user of an HTTP request. A certificate counts before a token, as in a real API server.

    Args:
        tokens: verifies service account tokens.
        authorizer: decides who may act for whom.
    """

    def __init__(self, tokens: TokenIssuer, authorizer: Authorizer) -> None:
        self._tokens = tokens
        self._authorizer = authorizer
        self._certified: WeakKeyDictionary[asyncio.BaseTransport, tuple[User, float]] = WeakKeyDictionary()
        """Connection → the user whose certificate it has shown, which it cannot change, and when that expires."""

    async def authenticate(self, request: web.BaseRequest) -> User:
        """The user whose rights the request has.

        Raises:
            ApiError: 401 for a token that does not count, 403 for impersonation that is not allowed.
        """
        user = self._credential(request)
        wanted = request.headers.get("Impersonate-User", "")
        if wanted or any(name.startswith("Impersonate-") for name in request.headers):
            return self._impersonate(user, request.headers)
        return user

    def _credential(self, request: web.BaseRequest) -> User:
        if (transport := request.transport) is not None:
            known = self._certified.get(transport)
            if known is None:
                known = self._certified[transport] = _certified(transport)
            user, end = known
            if user.name:
                if clock.time() > end:
                    raise unauthorized()
                return user
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return ANONYMOUS
        try:
            return self._tokens.verify(token.strip())[0]
        except TokenError:
            raise unauthorized() from None

    def _impersonate(self, user: User, headers: Any) -> User:
        name = headers.get("Impersonate-User", "")
        groups = headers.getall("Impersonate-Group", [])
        uid = headers.get("Impersonate-Uid", "")
        extra = _extra_headers(headers)
        if not name:
            raise internal("requested impersonation of groups, uid or extra without impersonating a user")

        def allow(resource: Resource, name: str, namespace: str = "", key: str = "") -> None:
            self._authorizer.check(user, Request("impersonate", resource, namespace, name, key))

        if name.startswith(SERVICE_ACCOUNT_PREFIX) and name.count(":") == 3:
            namespace, account = name.removeprefix(SERVICE_ACCOUNT_PREFIX).split(":")
            allow(_ACCOUNTS, account, namespace)
            groups = groups or [*service_account_groups(namespace)]
        else:
            allow(_USERS, name)
        for group in headers.getall("Impersonate-Group", []):
            allow(_GROUPS, group)
        if uid:
            allow(_UIDS, uid)
        for key, values in extra.items():
            for value in values:
                allow(_EXTRAS, value, key=key)
        return User(name, _with_status_group(name, groups), uid, extra)


def _certified(transport: asyncio.BaseTransport) -> tuple[User, float]:
    """The user of a connection's client certificate, and its end; a user without a name where there is none."""
    certificate = transport.get_extra_info("peercert")
    if not certificate:
        return User(""), 0.0
    end = ssl.cert_time_to_seconds(certificate["notAfter"])
    return certificate_user(certificate, transport.get_extra_info("ssl_object")), end


def _with_status_group(name: str, groups: Sequence[str]) -> tuple[str, ...]:
    if AUTHENTICATED in groups or UNAUTHENTICATED in groups:
        return tuple(groups)
    return (*groups, UNAUTHENTICATED if name == ANONYMOUS.name else AUTHENTICATED)


def _extra_headers(headers: Any) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for key in headers:
        if key.lower().startswith(_EXTRA.lower()):
            found[unquote(key[len(_EXTRA) :]).lower()] = tuple(headers.getall(key))
    return found


def certificate_user(certificate: Mapping[str, Any], tls: Any = None) -> User:
    """The user that a verified client certificate names: common name, and organisations as groups.

    Args:
        certificate: as `ssl.SSLSocket.getpeercert` decodes it.
        tls: the connection's SSL object, for the fingerprint.
    """
    pairs = [pair for row in certificate.get("subject", ()) for pair in row]
    name = next((value for key, value in pairs if key == "commonName"), "")
    groups = [value for key, value in pairs if key == "organizationName"]
    extra: dict[str, tuple[str, ...]] = {}
    der = tls.getpeercert(True) if tls is not None else None
    if der:
        extra[_CREDENTIAL_ID] = (f"X509SHA256={hashlib.sha256(der).hexdigest()}",)
    return User(name, (*groups, AUTHENTICATED), "", extra)
