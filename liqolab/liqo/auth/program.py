"""Program liqo-auth: the authentication service of one cluster over HTTPS.

The server's certificate is made at each start and signed by nobody. The token, which came by another road, tells this
cluster who may come in; it does not tell the peer who answers. Whoever can stand between the two at the first contact
learns the tokens that are exchanged, unless the peer says ``insecureSkipTLSVerify: false`` and a proxy with a trusted
certificate stands in front of this service. Everything after that rests on the authority that the answer names.
"""

from __future__ import annotations

import asyncio
import logging

import orjson
from aiohttp import web

from liqolab.apimachinery.builtin import NODES
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.dialing import Handler, serving
from liqolab.controller.http import HttpClient
from liqolab.liqo.auth.protocol import (
    CertificateRequest,
    ClusterIdentity,
    MalformedError,
    grant_to_object,
    ids_to_object,
)
from liqolab.liqo.auth.service import AuthService, RefusedError
from liqolab.liqo.exposure import first_node_address
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.chart.arguments import parse
from liqolab.liqo.identity.certificates import self_signed_server_tls
from liqolab.liqo.logs import log_to
from liqolab.program import SERVICE_ACCOUNT_PATH, Container

_API_SERVER_PORT = 6443
_LARGEST_BODY = 64 * 1024

_log = logging.getLogger(__name__)


async def run(container: Container) -> None:
    """Serve until cancelled."""
    log_to(container)
    arguments = parse(container.args, container.env)
    async with HttpClient.in_cluster(container) as client:
        service = AuthService(
            client=client,
            cluster=ClusterIdentity(arguments.cluster_id, arguments.cluster_name),
            namespace=arguments.liqo_namespace,
            enable_authentication=arguments.enable_authentication,
            api_server_url=await _api_server_url(client, arguments.advertise_api_server_address),
            api_server_ca=container.path(f"{SERVICE_ACCOUNT_PATH}/ca.crt").read_bytes(),
        )
        await service.ensure_token()
        tls = self_signed_server_tls(names.AUTH)
        port = int(arguments.address.rpartition(":")[2])
        async with serving(container.network, port, _handler(service, container), tls):
            container.log(f"serving on port {port}; peers are told to use {service.api_server_url}")
            container.ready.set()
            await asyncio.Event().wait()


async def _api_server_url(client: Client, advertised: str) -> str:
    """The override, or the API server's usual port on the first node."""
    if advertised:
        return advertised if "://" in advertised else f"https://{advertised}"
    address = first_node_address((await client.list(NODES)).items)
    return f"https://{address}:{_API_SERVER_PORT}"


def _handler(service: AuthService, container: Container) -> Handler:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        route = (request.method, request.path)
        if route == ("GET", names.AUTH_IDS_PATH):
            return _json(200, ids_to_object(service.cluster))
        if route == ("POST", names.AUTH_CERTIFICATE_PATH):
            return await _certificate(service, request, container)
        return _text(404, "404 page not found")

    return handle


async def _certificate(service: AuthService, request: web.BaseRequest, container: Container) -> web.Response:
    try:
        if (request.content_length or 0) > _LARGEST_BODY:
            raise MalformedError("the body is too large")
        asked = CertificateRequest.from_object(orjson.loads(await request.read()))
        grant = await service.grant(asked)
    except (MalformedError, orjson.JSONDecodeError) as error:
        return _text(400, str(error))
    except RefusedError as error:
        container.log(f"refused with {error.status}: {_without_token(error)}")
        return _text(error.status, str(error))
    except (ApiError, OSError) as error:
        _log.warning("identity request failed: %s", error)
        return _text(500, f"the identity could not be created: {error}")
    container.log(f'cluster "{asked.cluster.cluster_name}" ({asked.cluster.cluster_id}) has got an identity')
    return _json(202, grant_to_object(grant))


def _without_token(error: RefusedError) -> str:
    """What may be logged: the answer to a wrong token repeats it, and a typing error is nearly the right one."""
    return "invalid token" if error.status == 401 else str(error)


def _json(status: int, document: Object) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(document), content_type="application/json")


def _text(status: int, message: str) -> web.Response:
    return web.Response(status=status, text=message)
