"""A container's environment: service variables, ``envFrom``, ``env`` with its sources, ``$(VAR)`` expansion."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.node import texts
from liqolab.kube.node.fields import hostname_of, pod_field, resource_field
from liqolab.kube.node.lookups import Lookups, MissingReferenceError

_REFERENCE = re.compile(r"\$(?:\$|\(([-._a-zA-Z0-9]+)\))")


async def build_environment(
    pod: Object, container: Object, lookups: Lookups, addresses: Mapping[str, str], allocatable: Mapping[str, str]
) -> dict[str, str]:
    """The whole environment of a container.

    Args:
        pod: its pod.
        container: the container of the pod's spec.
        lookups: finds config maps, secrets and services.
        addresses: ``status.podIP`` and so on, see `fields.pod_field`.
        allocatable: the node's.

    Raises:
        MissingReferenceError: a config map, a secret or a key in one that is not optional does not exist.
    """
    namespace = meta.namespace(pod)
    links = pod["spec"].get("enableServiceLinks", True)
    services = lookups.services(namespace)
    result = service_variables(services if links else [s for s in services if _is_api_server(s)])
    result |= {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
    result["HOSTNAME"] = hostname_of(pod)
    for source in container.get("envFrom") or ():
        result |= await _from_source(source, namespace, lookups)
    for row in container.get("env") or ():
        value = row.get("value")
        if value is None and row.get("valueFrom"):
            found = await _value_from(row["valueFrom"], pod, container, lookups, addresses, allocatable)
            if found is None:
                continue
            result[row["name"]] = found
        else:
            result[row["name"]] = expand(value or "", result)
    return result


def check_sub_paths(container: Object, env: Mapping[str, str]) -> None:
    """See that the sub-paths of a container's mounts can be had.

    Raises:
        MissingReferenceError: one names a variable without a value, or leads out of its volume.
    """
    for row in container.get("volumeMounts") or ():
        if not (expression := row.get("subPathExpr")):
            continue
        named = {found[1] for found in _REFERENCE.finditer(expression) if found[1]}
        if missing := sorted(name for name in named if not env.get(name)):
            raise MissingReferenceError(f"missing value for {', '.join(missing)}")
        path = expand(expression, env)
        if path.startswith("/"):
            raise MissingReferenceError(f"error SubPath `{path}` must not be an absolute path")
        if ".." in path.split("/"):
            raise MissingReferenceError(f"unable to provision SubPath `{path}`: must not contain '..'")


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace ``$(NAME)`` by the variable if there is one; ``$$`` is a literal dollar."""

    def replacement(match: re.Match[str]) -> str:
        return "$" if match[1] is None else variables.get(match[1], match[0])

    return _REFERENCE.sub(replacement, text)


def service_variables(services: Objects) -> dict[str, str]:
    """``<SERVICE>_SERVICE_HOST`` and its relatives for services with an address."""
    result: dict[str, str] = {}
    for service in services:
        address = service["spec"].get("clusterIP")
        ports = service["spec"].get("ports") or []
        if not address or address == "None" or not ports:
            continue
        prefix = meta.name(service).upper().replace("-", "_")
        first = ports[0]
        result[f"{prefix}_SERVICE_HOST"] = address
        result[f"{prefix}_SERVICE_PORT"] = str(first["port"])
        result[f"{prefix}_PORT"] = f"{_protocol(first)}://{address}:{first['port']}"
        for port in ports:
            if port.get("name"):
                result[f"{prefix}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}"] = str(port["port"])
            protocol = _protocol(port)
            stem = f"{prefix}_PORT_{port['port']}_{protocol.upper()}"
            result[stem] = f"{protocol}://{address}:{port['port']}"
            result[f"{stem}_PROTO"] = protocol
            result[f"{stem}_PORT"] = str(port["port"])
            result[f"{stem}_ADDR"] = address
    return result


async def _from_source(source: Object, namespace: str, lookups: Lookups) -> dict[str, str]:
    prefix = source.get("prefix") or ""
    for field, is_secret in (("configMapRef", False), ("secretRef", True)):
        reference = source.get(field)
        if reference:
            rows = await _data(reference, namespace, lookups, secret=is_secret)
            return {prefix + key: value for key, value in (rows or {}).items()}
    return {}


async def _value_from(
    source: Object,
    pod: Object,
    container: Object,
    lookups: Lookups,
    addresses: Mapping[str, str],
    allocatable: Mapping[str, str],
) -> str | None:
    """The value; None for an optional one that does not exist."""
    if reference := source.get("fieldRef"):
        return pod_field(pod, reference["fieldPath"], addresses)
    if reference := source.get("resourceFieldRef"):
        return resource_field(container, reference, allocatable)
    for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        reference = source.get(field)
        if reference:
            namespace = meta.namespace(pod)
            rows = await _data(reference, namespace, lookups, secret=kind == "Secret")
            if rows is None or reference["key"] in rows:
                return None if rows is None else rows[reference["key"]]
            if reference.get("optional"):
                return None
            raise MissingReferenceError(
                texts.MISSING_KEY.format(
                    key=reference["key"], kind=kind, namespace=namespace, name=reference.get("name")
                )
            )
    return None


async def _data(reference: Object, namespace: str, lookups: Lookups, *, secret: bool) -> dict[str, str] | None:
    """The rows of a config map or secret as text; None for an optional one that does not exist."""
    name = reference.get("name") or ""
    try:
        found = await (lookups.secret(name, namespace) if secret else lookups.config_map(name, namespace))
    except MissingReferenceError:
        if reference.get("optional"):
            return None
        raise
    rows: dict[str, str] = found.get("data") or {}
    if not secret:
        return rows
    return {key: base64.b64decode(value).decode(errors="replace") for key, value in rows.items()}


def _protocol(port: Object) -> str:
    return str(port.get("protocol") or "TCP").lower()


def _is_api_server(service: Object) -> bool:
    return (meta.namespace(service), meta.name(service)) == ("default", "kubernetes")
