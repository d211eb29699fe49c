"""``argocd``, as far as Argo CD's own manifest runs it: the password that its Redis is started with, and Dex."""

from __future__ import annotations

import secrets
import string

from liqolab.apimachinery.builtin import SECRETS
from liqolab.apimachinery.errors import ApiError
from liqolab.controller.http import HttpClient
from liqolab.kube.node import texts
from liqolab.kube.node.machine.commands import fail, say
from liqolab.kube.node.machine.interpreter import Invocation
from liqolab.kube.node.machine.machine import Machine

_SECRET, _KEY = "argocd-redis", "auth"
_LENGTH = 16
_LETTERS = string.ascii_letters + string.digits + "-_"


async def argocd(machine: Machine, call: Invocation) -> int:
    """Carry out ``argocd admin redis-initial-password``; whatever else is asked for fails."""
    words = [word for word in call.argv if not word.startswith("-")]
    if words[:1] == ["rundex"]:
        machine.notice(texts.SIMULATED_COMMAND.format(command=" ".join([call.name, *call.argv])))
        return await machine.stand_in()
    if words != ["admin", "redis-initial-password"]:
        return await fail(call, 20, f"{' '.join(call.argv)}: not imitated in this lab")
    namespace = machine.container.namespace
    await say(call, f"Checking for initial Redis password in secret {namespace}/{_SECRET} at key {_KEY}. \n")
    client = HttpClient.in_cluster(machine.container)
    try:
        if await client.find(SECRETS, _SECRET, namespace) is None:
            password = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
            body = {"metadata": {"name": _SECRET}, "stringData": {_KEY: password}, "type": "Opaque"}
            await client.create(SECRETS, body, namespace)
        await say(call, "Initial Redis password is in place.\n")
    except (ApiError, OSError) as error:
        return await fail(call, 20, str(error))
    finally:
        await client.close()
    return 0
