"""Token secrets: a Secret of type ``kubernetes.io/service-account-token`` is filled for the account that it names.

Since Kubernetes 1.24 no such secret is made by itself; somebody who needs a token that does not expire creates one with
the annotation ``kubernetes.io/service-account.name``. It goes when its account goes.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import SECRETS, SERVICE_ACCOUNTS
from liqolab.apimachinery.resources import Object
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers.settings import TokenIssuer

SECRET_TYPE = "kubernetes.io/service-account-token"  # noqa: S105 (the name of a type)
ACCOUNT_NAME = "kubernetes.io/service-account.name"
ACCOUNT_UID = "kubernetes.io/service-account.uid"


class TokenSecrets:
    def __init__(self, manager: Manager, root_ca: bytes, issue: TokenIssuer) -> None:
        self._client = manager.client
        self._root_ca = root_ca
        self._issue = issue
        self._secrets = manager.informer(SECRETS)
        self._accounts = manager.informer(SERVICE_ACCOUNTS)
        controller = Controller("serviceaccount-token-controller", self._reconcile)
        controller.watches(self._secrets).watches(self._accounts, self._secrets_of)
        manager.add(controller)

    def _secrets_of(self, account: Object) -> Iterable[str]:
        for secret in self._secrets.list(meta.namespace(account)):
            if secret.get("type") == SECRET_TYPE and meta.annotations(secret).get(ACCOUNT_NAME) == meta.name(account):
                yield meta.key(secret)

    async def _reconcile(self, key: str) -> None:
        secret = self._secrets.by_key(key)
        if secret is None or secret.get("type") != SECRET_TYPE or meta.is_deleting(secret):
            return
        annotations = meta.annotations(secret)
        account = await self._account(annotations.get(ACCOUNT_NAME, ""), meta.namespace(secret))
        if account is None or annotations.get(ACCOUNT_UID, meta.uid(account)) != meta.uid(account):
            await self._delete(secret)
            return
        wanted = {"ca.crt": _encoded(self._root_ca), "namespace": _encoded(meta.namespace(secret).encode())}
        data = secret.get("data") or {}
        if wanted.items() <= data.items() and data.get("token"):
            return
        token = data.get("token") or _encoded((await self._issue(account, secret)).encode())
        metadata = {**secret["metadata"], "annotations": {**annotations, ACCOUNT_UID: meta.uid(account)}}
        await self._client.update(SECRETS, {**secret, "metadata": metadata, "data": {**data, **wanted, "token": token}})

    async def _account(self, name: str, namespace: str | None) -> Object | None:
        """The account, asked for at the server when the cache does not know it: a secret is not deleted lightly."""
        known = self._accounts.get(name, namespace)
        if known is not None or not name:
            return known
        return await self._client.find(SERVICE_ACCOUNTS, name, namespace)

    async def _delete(self, secret: Object) -> None:
        await self._client.remove(SECRETS, meta.name(secret), meta.namespace(secret), uid=meta.uid(secret))


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()
