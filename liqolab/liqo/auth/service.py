"""The decisions of the authentication service: whose token counts, and what an accepted peer is given.

A peer is known by the key it came with first. Asking again with the same request is harmless and gives the same
certificate, or the next one when it is about to run out; asking with another key is refused, because whoever holds the
token could otherwise take over the identity of a cluster that is already peered.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import cast
from weakref import WeakValueDictionary

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CERTIFICATE_SIGNING_REQUESTS, SECRETS
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.timestamps import now
from liqolab.controller.client import Client, WatchEvent
from liqolab.liqo.auth.protocol import CertificateRequest, ClusterIdentity
from liqolab.liqo.gen05 import names, tokens
from liqolab.liqo.gen05.texts import AUTH_IDENTITY_EXISTS, AUTH_INVALID_TOKEN
from liqolab.liqo.identity import tenancy
from liqolab.liqo.identity.certificates import check_identity_request, is_running_out
from liqolab.liqo.identity.secrets import Grant

_SIGNING_SECONDS = 30.0


class RefusedError(Exception):
    """A request that is answered with an HTTP error.

    Attributes:
        status: 400, 401 or 403.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class AuthService:
    """One cluster's authentication service.

    Attributes:
        cluster: this cluster.
        namespace: where Liqo is installed; the token lives there.
        enable_authentication: whether the token is asked for.
        api_server_url, api_server_ca: what an accepted peer is told; the CA is PEM.
    """

    client: Client
    cluster: ClusterIdentity
    namespace: str
    enable_authentication: bool
    api_server_url: str
    api_server_ca: bytes
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def ensure_token(self) -> None:
        """Make sure that there is a token which ``liqoctl generate peer-command`` can hand out."""
        await tenancy.ensure(self.client, SECRETS, tokens.fresh(self.namespace))

    async def grant(self, request: CertificateRequest) -> Grant:
        """Check a peer and give it an identity in this cluster.

        Raises:
            RefusedError: wrong token, wrong request, or an identity that belongs to another key.
        """
        await self._check_token(request.token)
        peer = request.cluster
        if peer.cluster_id == self.cluster.cluster_id:
            raise RefusedError(400, "the cluster ID is that of this cluster")
        try:
            check_identity_request(request.signing_request, peer.cluster_id)
        except ValueError as error:
            raise RefusedError(400, str(error)) from error
        async with self._locks.setdefault(peer.cluster_id, asyncio.Lock()):
            namespace = await tenancy.ensure_namespace(self.client, peer.cluster_name, peer.cluster_id)
            certificate = await self._certificate(namespace, request)
            await tenancy.bind(self.client, namespace, peer.cluster_id, names.PEERING_BASIC_ROLE)
            if request.origin_token:
                await self._store_origin_token(peer.cluster_id, request.origin_token)
        return Grant(namespace, certificate, self.api_server_url, self.api_server_ca)

    async def _check_token(self, token: str) -> None:
        if not self.enable_authentication:
            return
        secret = await self.client.get(SECRETS, names.AUTH_TOKEN_SECRET, self.namespace)
        expected = meta.secret_value(secret, names.TOKEN_KEY)
        if not hmac.compare_digest(token.encode(), expected):
            raise RefusedError(401, AUTH_INVALID_TOKEN.format(token=token))

    async def _certificate(self, namespace: str, request: CertificateRequest) -> bytes:
        known = await self.client.find(SECRETS, names.REMOTE_CERTIFICATE_SECRET, namespace)
        if known is not None:
            if meta.secret_value(known, names.IDENTITY_CSR) != request.signing_request:
                raise RefusedError(
                    403,
                    AUTH_IDENTITY_EXISTS.format(
                        cluster=request.cluster.cluster_name,
                        secret=names.REMOTE_CERTIFICATE_SECRET,
                        namespace=namespace,
                    ),
                )
            certificate = meta.secret_value(known, names.IDENTITY_CERTIFICATE)
            if not is_running_out(certificate):
                return certificate
            certificate = await self._sign(request.signing_request, request.cluster)
            renewed = meta.secret_data({names.IDENTITY_CERTIFICATE: certificate})
            await self.client.patch(SECRETS, names.REMOTE_CERTIFICATE_SECRET, {"data": renewed}, namespace)
            return certificate
        certificate = await self._sign(request.signing_request, request.cluster)
        body: Object = SECRETS.manifest(
            names.REMOTE_CERTIFICATE_SECRET,
            namespace,
            labels={names.LABEL_CLUSTER_ID: request.cluster.cluster_id},
            type="Opaque",
            data=meta.secret_data(
                {names.IDENTITY_CSR: request.signing_request, names.IDENTITY_CERTIFICATE: certificate}
            ),
        )
        await self.client.create(SECRETS, body, namespace)
        return certificate

    async def _sign(self, pem: bytes, peer: ClusterIdentity) -> bytes:
        """Have the cluster's own signer sign: a CertificateSigningRequest, approved right away."""
        body: Object = {
            "apiVersion": "certificates.k8s.io/v1",
            "kind": "CertificateSigningRequest",
            "metadata": {
                "generateName": f"{names.IDENTITY_PREFIX}{peer.cluster_name}-",
                "labels": {names.LABEL_REMOTE_TENANT_CSR: "true", names.LABEL_CLUSTER_ID: peer.cluster_id},
            },
            "spec": {
                "request": base64.b64encode(pem).decode(),
                "signerName": names.CSR_SIGNER,
                "usages": ["digital signature", "client auth"],
            },
        }
        created = await self.client.create(CERTIFICATE_SIGNING_REQUESTS, body)
        approval = {
            "type": "Approved",
            "status": "True",
            "reason": names.CSR_APPROVAL_REASON,
            "message": f'The token of cluster "{self.cluster.cluster_name}" was presented',
            "lastUpdateTime": now(),
        }
        approved = {**created, "status": {"conditions": [approval]}}
        await self.client.update(CERTIFICATE_SIGNING_REQUESTS, approved, subresource="approval")
        async with asyncio.timeout(_SIGNING_SECONDS):
            return await self._signed(created)

    async def _signed(self, request: Object) -> bytes:
        """Wait for the certificate of an approved request."""
        events = self.client.watch(
            CERTIFICATE_SIGNING_REQUESTS,
            resource_version=request["metadata"]["resourceVersion"],
            fields=f"metadata.name={meta.name(request)}",
        )
        async with aclosing(cast(AsyncGenerator[WatchEvent, None], events)):
            async for event in events:
                certificate = meta.get_path(event.object, "status", "certificate")
                if certificate:
                    return base64.b64decode(certificate)
        raise TimeoutError(f"the certificate signing request {meta.name(request)} was not signed")

    async def _store_origin_token(self, cluster_id: str, token: str) -> None:
        body = tokens.of_peer(self.namespace, cluster_id, token)
        stored = await tenancy.ensure(self.client, SECRETS, body)
        if stored.get("data") != body["data"]:
            await self.client.patch(SECRETS, meta.name(body), {"data": body["data"]}, self.namespace)
