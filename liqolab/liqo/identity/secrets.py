"""The Secret that holds this cluster's identity towards one peer, and the access it grants.

The Secret is written twice: with key and signing request before the peer is asked, so that an interrupted attempt goes
on with the same key (the peer accepts one key per cluster), and with the certificate when the peer has answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.controller.kubeconfig import Access
from liqolab.liqo.gen05 import names
from liqolab.liqo.identity import certificates

SELECTOR = f"{names.LABEL_LOCAL_IDENTITY}=true"
"""Finds identity Secrets, complete or not."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a peer's authentication service answered.

    Attributes:
        namespace: the tenant namespace in the peer.
        certificate: the signed certificate, PEM.
        api_server_url, api_server_ca: where to use it; the CA is PEM.
    """

    namespace: str
    certificate: bytes
    api_server_url: str
    api_server_ca: bytes


@dataclass(frozen=True, slots=True)
class Identity:
    """This cluster as known to one peer.

    Attributes:
        cluster_id: the peer.
        local_namespace: the tenant namespace here, where the Secret lives.
        remote_namespace: the tenant namespace in the peer.
        access: how to talk to the peer's API server.
        proxy_url: the HTTP proxy to go through, or empty.
    """

    cluster_id: str
    local_namespace: str
    remote_namespace: str
    access: Access
    proxy_url: str = ""


def pending_secret(namespace: str, peer_id: str, local_id: str) -> Object:
    """A Secret with a fresh key and signing request for the peer `peer_id`, to be created in the tenant namespace."""
    key, request = certificates.new_identity_request(local_id)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "generateName": names.IDENTITY_PREFIX,
            "namespace": namespace,
            "labels": {names.LABEL_LOCAL_IDENTITY: "true", names.LABEL_CLUSTER_ID: peer_id},
        },
        "type": "Opaque",
        "data": meta.secret_data({names.IDENTITY_PRIVATE_KEY: key, names.IDENTITY_CSR: request}),
    }


def completion(grant: Grant, proxy_url: str = "") -> Object:
    """The merge patch that turns a pending Secret into a usable identity."""
    data = {
        names.IDENTITY_CERTIFICATE: grant.certificate,
        names.IDENTITY_API_SERVER_URL: grant.api_server_url.encode(),
        names.IDENTITY_API_SERVER_CA: grant.api_server_ca,
        names.IDENTITY_NAMESPACE: grant.namespace.encode(),
    }
    if proxy_url:
        data[names.IDENTITY_PROXY_URL] = proxy_url.encode()
    return {
        "metadata": {
            "labels": {names.LABEL_CERTIFICATE_AVAILABLE: "true"},
            "annotations": {names.ANNOTATION_CERTIFICATE_EXPIRE_TIME: certificates.expiry(grant.certificate)},
        },
        "data": meta.secret_data(data),
    }


def proxy_url(secret: Object) -> str:
    """The HTTP proxy that an identity is used through, or empty."""
    return meta.secret_value(secret, names.IDENTITY_PROXY_URL, b"").decode()


def by_proxy(url: str) -> Object:
    """The merge patch after which an identity is used through the proxy `url`, or (empty) directly."""
    return {
        "data": meta.secret_data({names.IDENTITY_PROXY_URL: url.encode()}) if url else {names.IDENTITY_PROXY_URL: None}
    }


def signing_request(secret: Object) -> bytes:
    """The PEM of the request in an identity Secret."""
    return meta.secret_value(secret, names.IDENTITY_CSR)


def is_complete(secret: Object) -> bool:
    """Whether the peer has granted this identity."""
    return meta.labels(secret).get(names.LABEL_CERTIFICATE_AVAILABLE) == "true"


def is_running_out(secret: Object) -> bool:
    """Whether the certificate of a complete identity is to be renewed."""
    return certificates.is_running_out(meta.secret_value(secret, names.IDENTITY_CERTIFICATE))


def oldest(secrets: Iterable[Object]) -> Object | None:
    """The one that counts if a race has made several: complete ones first, then the oldest."""
    ordered = sorted(
        secrets,
        key=lambda secret: (not is_complete(secret), secret["metadata"]["creationTimestamp"], meta.name(secret)),
    )
    return ordered[0] if ordered else None


def read(secret: Object) -> Identity:
    """The identity in a complete Secret.

    Raises:
        KeyError: the Secret is not complete.
    """
    access = Access(
        server=meta.secret_value(secret, names.IDENTITY_API_SERVER_URL).decode().rstrip("/"),
        ca=meta.secret_value(secret, names.IDENTITY_API_SERVER_CA),
        certificate=meta.secret_value(secret, names.IDENTITY_CERTIFICATE),
        key=meta.secret_value(secret, names.IDENTITY_PRIVATE_KEY),
        namespace=meta.secret_value(secret, names.IDENTITY_NAMESPACE).decode(),
    )
    return Identity(
        cluster_id=meta.labels(secret)[names.LABEL_CLUSTER_ID],
        local_namespace=meta.namespace(secret),
        remote_namespace=access.namespace,
        access=access,
        proxy_url=proxy_url(secret),
    )
