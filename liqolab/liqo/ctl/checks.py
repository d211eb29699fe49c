"""What is checked before an installation touches anything."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from liqolab.apimachinery.builtin import NODES, PODS, SERVICES
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.ctl.failures import CommandError
from liqolab.liqo.ctl.flags import DEFAULT_REPOSITORY
from liqolab.liqo.gen05 import images, messages, names
from liqolab.liqo.gen05.texts import Dialect

_DNS_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_HTTPS: Final = 443


def flags(invocation: Invocation) -> None:
    """Flags that contradict each other or have impossible values.

    Raises:
        CommandError: with what is wrong.
    """
    option = invocation.option
    asked = {"local-chart-path": "", "repo-url": DEFAULT_REPOSITORY}
    asked_for = [flag for flag, default in asked.items() if option(flag) != default]
    if len(asked_for) == len(asked):
        raise CommandError(messages.REPO_AND_LOCAL_CHART)
    for flag in asked_for:
        if option(flag):
            if not option("version"):
                raise CommandError(messages.VERSION_NEEDED.format(flag=flag))
            raise CommandError(f"--{flag} is not available: the chart is a part of this program")
    if option("version") not in ("", images.VERSION):
        raise CommandError(f'version "{option("version")}" is not available: this program installs {images.VERSION}')
    if (name := option("cluster-name")) and not _DNS_LABEL.fullmatch(name):
        raise CommandError(messages.INVALID_CLUSTER_NAME)


def api_server(address: str, kubeconfig_server: str, sanity: bool) -> str:
    """The address that peers shall use, checked.

    Args:
        address: what ``--api-server-url`` says; empty for the kubeconfig's.
        kubeconfig_server: the server of the kubeconfig.
        sanity: whether both must be the same.

    Raises:
        CommandError: it is of this machine only, or another one.
    """
    url = address or kubeconfig_server
    url = url if "://" in url else f"https://{url}"
    host = urlsplit(url).hostname or ""
    if host == "localhost" or (_is_ip(host) and ipaddress.ip_address(host).is_loopback):
        raise CommandError(messages.LOCALHOST_API_SERVER)
    if sanity and _endpoint(url) != _endpoint(kubeconfig_server):
        raise CommandError(
            f'the API server address "{url}" is not the one of the kubeconfig, "{kubeconfig_server}"; '
            "if it is right, add --disable-api-server-sanity-check"
        )
    return url


async def addresses(client: Client, pod_cidr: str, service_cidr: str) -> None:
    """Pods and Services that exist must have addresses of the networks that are about to be told to Liqo.

    Raises:
        CommandError: naming the first that has not.
    """
    pods, services, nodes = await _three(client)
    virtual = {
        node["metadata"]["name"]
        for node in nodes
        if (node["metadata"].get("labels") or {}).get(names.LABEL_TYPE) == names.TYPE_VIRTUAL_NODE
    }
    inside = network(pod_cidr)
    for pod in pods:
        ip = (pod.get("status") or {}).get("podIP", "")
        exempt = pod["spec"].get("hostNetwork") or pod["spec"].get("nodeName") in virtual
        if ip and not exempt and ipaddress.ip_address(ip) not in inside:
            raise CommandError(messages.POD_OUTSIDE_CIDR.format(pod=_key(pod), ip=ip))
    inside = network(service_cidr)
    for service in services:
        ip = service["spec"].get("clusterIP", "")
        if ip and ip != "None" and ipaddress.ip_address(ip) not in inside:
            raise CommandError(messages.SERVICE_OUTSIDE_CIDR.format(service=_key(service), ip=ip))


def network(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Raises CommandError if it is none."""
    try:
        return ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        raise CommandError(f"invalid CIDR address: {cidr}") from None


def dialect(value: str) -> str:
    """Raises CommandError if it is none."""
    try:
        return Dialect.of(value).value
    except ValueError as error:
        raise CommandError(str(error)) from None


async def _three(client: Client) -> tuple[list[Object], list[Object], list[Object]]:
    import asyncio

    pods, services, nodes = await asyncio.gather(client.list(PODS), client.list(SERVICES), client.list(NODES))
    return pods.items, services.items, nodes.items


def _endpoint(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _HTTPS


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _key(obj: Object) -> str:
    return f"{obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}"
