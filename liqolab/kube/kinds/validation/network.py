"""A pod's view of the network: resolver, hosts file, and ports of its node."""

from __future__ import annotations

from collections.abc import Sequence

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import each_invalid, invalid_value, required
from liqolab.kube.kinds.validation.addresses import validate_address

_MAX_SERVERS = 3
_MAX_SEARCHES = 32
_MAX_SEARCH_LETTERS = 2048
"""Limits of resolvers: servers, search domains, and the letters of all of them with spaces between."""


def validate_dns(config: Object | None, policy: str, path: str) -> list[FieldError]:
    """``dnsConfig``, which the policy None cannot do without."""
    servers: list[str] = (config or {}).get("nameservers") or []
    if policy == "None" and config is None:
        return [required(path, "must provide `dnsConfig` when `dnsPolicy` is None")]
    if policy == "None" and not servers:
        text = "must provide at least one DNS nameserver when `dnsPolicy` is None"
        return [required(f"{path}.nameservers", text)]
    if config is None:
        return []
    errors: list[FieldError] = []
    if len(servers) > _MAX_SERVERS:
        text = f"must not have more than {_MAX_SERVERS} nameservers"
        errors.append(invalid_value(f"{path}.nameservers", servers, text))
    for index, server in enumerate(servers):
        errors += validate_address(server, f"{path}.nameservers[{index}]")
    errors += _validate_searches(config.get("searches") or [], f"{path}.searches")
    for index, option in enumerate(config.get("options") or []):
        if not option.get("name"):
            errors.append(required(f"{path}.options[{index}]", "must not be empty"))
    return errors


def _validate_searches(searches: Sequence[str], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if len(searches) > _MAX_SEARCHES:
        text = f"must not have more than {_MAX_SEARCHES} search paths"
        errors.append(invalid_value(path, searches, text))
    if len(" ".join(searches)) > _MAX_SEARCH_LETTERS:
        text = f"must not have more than {_MAX_SEARCH_LETTERS} characters (including spaces) in the search list"
        errors.append(invalid_value(path, searches, text))
    for index, search in enumerate(searches):
        if search != ".":
            name = search.removesuffix(".")
            errors += each_invalid(f"{path}[{index}]", name, names.underscore_subdomain(name))
    return errors


def validate_host_aliases(aliases: Sequence[Object], path: str) -> list[FieldError]:
    """``hostAliases``: lines of the hosts file."""
    errors: list[FieldError] = []
    for index, alias in enumerate(aliases):
        errors += validate_address(alias.get("ip", ""), f"{path}[{index}].ip")
        for place, name in enumerate(alias.get("hostnames") or []):
            errors += each_invalid(f"{path}[{index}].hostnames[{place}]", name, names.dns1123_subdomain(name))
    return errors


def validate_host_ports(spec: Object, path: str, *, always: bool) -> list[FieldError]:
    """On the node's network a container's port is the node's.

    Args:
        spec: of the pod.
        path: of its containers.
        always: whether a port that is not given counts as a wrong one; in templates it does not.
    """
    if not spec.get("hostNetwork"):
        return []
    text = "must match `containerPort` when `hostNetwork` is true"
    errors = []
    for index, container in enumerate(spec.get("containers") or []):
        for place, port in enumerate(container.get("ports") or []):
            host = port.get("hostPort") or 0
            if (always or host) and host != port.get("containerPort"):
                errors.append(invalid_value(f"{path}[{index}].ports[{place}].hostPort", host, text))
    return errors
