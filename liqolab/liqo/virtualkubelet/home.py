"""How an offloaded pod reaches the API server of its home cluster, where its service account is known.

As in Liqo 0.5: ``KUBERNETES_SERVICE_HOST`` and its kin name ``kubernetes.default``, which is in the API server's
certificate and which an entry of the pod's hosts file leads to an address of the home cluster's external network; and
the volume of the service account takes its token from a Secret. Where the account has a token Secret, as every account
had before Kubernetes 1.24, that one is reflected; for any other account a token is asked for and kept fresh, one for
each account and remote namespace, as later releases do.

Whoever may read Secrets in the remote namespace can do at home what the account may do there. The flag
``--enable-apiserver-support=false`` keeps all of it at home.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import SECRETS, SERVICE_ACCOUNTS
from liqolab.apimachinery.errors import ApiError, existing_ok
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.timestamps import parse
from liqolab.controller.client import Client
from liqolab.controller.manager import Controller
from liqolab.liqo.gen05 import names
from liqolab.liqo.virtualkubelet.addresses import Addresses
from liqolab.liqo.virtualkubelet.pair import Pair

API_SERVER_NAME: Final = "kubernetes.default"
ACCOUNT_VOLUME: Final = "kube-api-access"
"""What the name of the volume begins with that every pod gets for its service account."""
TOKEN_SECRET_TYPE: Final = "kubernetes.io/service-account-token"  # noqa: S105 (the name of a type)
LABEL_ACCOUNT: Final = "kubernetes.io/service-account.name"
_TOKEN_KEY: Final = "token"  # noqa: S105 (the name of a key)
_TOKEN_SECONDS: Final = 3600
_RENEWED_AT: Final = 0.8
"""The part of a token's life after which kubelets ask for the next one."""
_SOONEST_SECONDS: Final = 10.0


class NotYetError(Exception):
    """The home API server has no address on the provider yet; one has been asked for."""


@dataclass(frozen=True, slots=True)
class HomeAccess:
    """What a ShadowPod is told.

    Attributes:
        address: of the home API server, as the provider reaches it.
        port: its port.
        account: the pod's service account.
        secret: the Secret on the provider that holds the account's token.
    """

    address: str
    port: str
    account: str
    secret: str

    def environment(self, present: Iterable[Object]) -> list[Object]:
        """A container's variables: those that it has, and where the API server is."""
        address = f"tcp://{API_SERVER_NAME}:{self.port}"
        prefix = f"KUBERNETES_PORT_{self.port}_TCP"
        told = {
            "KUBERNETES_SERVICE_HOST": API_SERVER_NAME,
            "KUBERNETES_SERVICE_PORT": self.port,
            "KUBERNETES_PORT": address,
            prefix: address,
            f"{prefix}_PROTO": "tcp",
            f"{prefix}_ADDR": API_SERVER_NAME,
            f"{prefix}_PORT": self.port,
        }
        return [*map(self._settled, present), *({"name": name, "value": value} for name, value in told.items())]

    def _settled(self, variable: Object) -> Object:
        """The provider's pod has another service account: what asks for its name is told this one's."""
        if meta.get_path(variable, "valueFrom", "fieldRef", "fieldPath") == "spec.serviceAccountName":
            return {"name": variable["name"], "value": self.account}
        return variable

    def alias(self) -> Object:
        """The entry of the pod's hosts file."""
        return {"ip": self.address, "hostnames": [API_SERVER_NAME, f"{API_SERVER_NAME}.svc"]}

    def token(self) -> Object:
        """What a projected volume has in place of the service account's token."""
        return {"secret": {"name": self.secret, "items": [{"key": _TOKEN_KEY, "path": _TOKEN_KEY}]}}


class HomeServer:
    """Tells each pod its way home. `local` and `remote` of `clients`; `host` and `port` are the home API server's."""

    def __init__(
        self, clients: tuple[Client, Client], pair: Pair, addresses: Addresses, where: tuple[str, str], *, enabled: bool
    ) -> None:
        self._local, self._remote = clients
        self._pair = pair
        self._addresses = addresses
        self._host, self._port = where
        self._enabled = enabled and bool(self._host)
        self._kept: set[str] = set()
        self.controller = Controller("home-tokens", self._renew)

    async def access(self, pod: Object, remote: str) -> HomeAccess | None:
        """What a pod is to be told; None if pods are not to reach this cluster's API server, or nothing could.

        Raises:
            NotYetError: try again when the addresses have changed.
            ApiError, OSError: a token could not be had, or not be kept on the provider.
        """
        if not self._enabled or not self._addresses.known:
            return None
        address = self._addresses.to_remote(self._host)
        if address is None:
            raise NotYetError("the home API server has no address on the provider yet")
        account = meta.get_path(pod, "spec", "serviceAccountName", default="") or "default"
        secret = ""
        if any(is_account_volume(volume) for volume in meta.get_path(pod, "spec", "volumes", default=[])):
            secret = await self._secret(meta.namespace(pod), account, remote)
        return HomeAccess(address, self._port, account, secret)

    async def _secret(self, namespace: str, account: str, remote: str) -> str:
        key = f"{namespace}/{remote}/{account}"
        if key in self._kept:
            return self._name(account)
        found = await self._local.list(SECRETS, namespace, fields=f"type={TOKEN_SECRET_TYPE}")
        of_account = [item for item in found.items if meta.annotations(item).get(LABEL_ACCOUNT) == account]
        if of_account:
            return min(map(meta.name, of_account))
        seconds = await self._keep(namespace, remote, account)
        self._kept.add(key)
        self.controller.queue.add_after(key, seconds)
        return self._name(account)

    def _name(self, account: str) -> str:
        return f"{account}-token-{self._pair.home_id[:5]}"

    async def _renew(self, key: str) -> float | None:
        namespace, remote, account = key.split("/")
        try:
            return await self._keep(namespace, remote, account)
        except ApiError as error:
            if not error.not_found:
                raise
        # The account is gone, or the remote namespace: who needs a token again will ask for one.
        self._kept.discard(key)
        return None

    async def _keep(self, namespace: str, remote: str, account: str) -> float:
        """Put a fresh token on the provider; seconds until the next one is due."""
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": _TOKEN_SECONDS},
        }
        status = (await self._local.create(SERVICE_ACCOUNTS, request, namespace, name=account, subresource="token"))[
            "status"
        ]
        body: Object = SECRETS.manifest(
            self._name(account),
            remote,
            labels=self._pair.labels | {LABEL_ACCOUNT: account, names.LABEL_REQUESTED_TOKEN: "true"},
            type="Opaque",
            data=meta.secret_data({_TOKEN_KEY: status["token"].encode()}),
        )
        created = False
        with existing_ok:
            await self._remote.create(SECRETS, body, remote)
            created = True
        if not created:
            await self._remote.patch(SECRETS, meta.name(body), {"data": body["data"]}, remote)
        left = parse(status["expirationTimestamp"]).timestamp() - time.time()
        return max(left * _RENEWED_AT, _SOONEST_SECONDS)


def is_account_volume(volume: Object) -> bool:
    """Whether this is the volume of the pod's service account, with a token in it."""
    sources = meta.get_path(volume, "projected", "sources", default=None) or ()
    named = str(volume.get("name", "")).startswith(ACCOUNT_VOLUME)
    return named and any("serviceAccountToken" in source for source in sources)
