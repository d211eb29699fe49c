"""``kube-webhook-certgen``: makes the certificate of a webhook, and tells the API server to trust it. Charts run it in
jobs of their hooks: that of ingress-nginx, and upstream's of Liqo.
"""

from __future__ import annotations

import base64

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import MUTATING_WEBHOOKS, SECRETS, VALIDATING_WEBHOOKS
from liqolab.apimachinery.resources import Resource
from liqolab.certificates import SERVER, Authority
from liqolab.controller.client import Client
from liqolab.controller.http import HttpClient
from liqolab.ingress.programs import options
from liqolab.program import Container

_KINDS = ((VALIDATING_WEBHOOKS, "patch-validating"), (MUTATING_WEBHOOKS, "patch-mutating"))


async def run(container: Container) -> int:
    """``create`` a Secret with a certificate, or ``patch`` a webhook configuration with its authority; exit code."""
    flags = options(container.args)
    async with HttpClient.in_cluster(container) as client:
        if "create" in container.args:
            await _create(client, container, flags)
        elif "patch" in container.args:
            await _patch(client, container, flags)
        else:
            container.log("a command is needed: create or patch")
            return 1
    return 0


async def _create(client: Client, container: Container, flags: dict[str, str]) -> None:
    name, namespace = flags["secret-name"], flags["namespace"]
    if await client.find(SECRETS, name, namespace) is not None:
        container.log(f"secret {namespace}/{name} exists already")
        return
    hosts = [host for host in flags["host"].split(",") if host]
    authority = Authority.create("nil1")
    pair = authority.issue(hosts[0], hosts=hosts, usages=SERVER)
    certificate, key = flags.get("cert-name", "cert"), flags.get("key-name", "key")
    data = {"ca": authority.pem, certificate: pair.certificate, key: pair.key}
    body = SECRETS.manifest(name, namespace) | {"type": "Opaque", "data": meta.secret_data(data)}
    await client.create(SECRETS, body, namespace)
    container.log(f"secret {namespace}/{name} created for {', '.join(hosts)}")


async def _patch(client: Client, container: Container, flags: dict[str, str]) -> None:
    secret = await client.get(SECRETS, flags["secret-name"], flags["namespace"])
    bundle = base64.b64encode(meta.secret_value(secret, "ca")).decode()
    for resource, flag in _KINDS:
        if flags.get(flag, "true") == "true":
            await _trust(client, resource, flags, bundle)
    container.log(f"patched webhook {flags['webhook-name']}")


async def _trust(client: Client, resource: Resource, flags: dict[str, str], bundle: str) -> None:
    known = await client.get(resource, flags["webhook-name"])
    policy = {"failurePolicy": flags["patch-failure-policy"]} if flags.get("patch-failure-policy") else {}
    webhooks = [
        each | policy | {"clientConfig": each["clientConfig"] | {"caBundle": bundle}}
        for each in known.get("webhooks") or ()
    ]
    await client.update(resource, known | {"webhooks": webhooks})
