"""The Secrets of tokens: the one that peers must present to this cluster, and those that peers have told it."""

from __future__ import annotations

import secrets
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import SECRETS
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names

_BYTES: Final = 64


def fresh(namespace: str) -> Object:
    """A new token that peers must present: 64 random bytes in hexadecimal."""
    return _secret(names.AUTH_TOKEN_SECRET, namespace, secrets.token_hex(_BYTES))


def of_peer(namespace: str, cluster_id: str, token: str) -> Object:
    """What this cluster presents to a peer."""
    labels = {names.LABEL_CLUSTER_ID: cluster_id, names.LABEL_AUTH_TOKEN: ""}
    return _secret(names.remote_token_secret(cluster_id), namespace, token, labels)


def read(secret: Object) -> str:
    """The token; empty when the Secret holds none."""
    return meta.secret_value(secret, names.TOKEN_KEY, b"").decode()


def _secret(name: str, namespace: str, token: str, labels: dict[str, str] | None = None) -> Object:
    data = meta.secret_data({names.TOKEN_KEY: token.encode()})
    return SECRETS.manifest(name, namespace, labels=labels, type="Opaque", data=data)
