"""The values of an installation, with the names of upstream's Helm chart; `assign` changes them as ``--set`` does."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any, Final

from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import images, names
from liqolab.liqo.gen05.chart.arguments import Arguments, parse
from liqolab.liqo.gen05.texts import Dialect

_DEFAULTS: Final[Object] = {
    "image": {"repository": images.REPOSITORY},
    "tag": images.VERSION,
    "pullPolicy": "IfNotPresent",
    "apiServer": {"address": ""},
    "auth": {
        "service": {"type": "LoadBalancer", "annotations": {}},
        "config": {"enableAuthentication": True, "addressOverride": "", "portOverride": ""},
    },
    "controllerManager": {"replicas": 1, "config": {"resourceSharingPercentage": 30}, "pod": {"extraArgs": []}},
    "discovery": {
        "config": {
            "autojoin": True,
            "clusterIDOverride": "",
            "clusterLabels": {},
            "clusterName": "",
            "incomingPeeringEnabled": True,
        }
    },
    "gateway": {
        "service": {"type": "LoadBalancer", "annotations": {}},
        "config": {"listeningPort": names.GATEWAY_PORT},
    },
    "networkManager": {"config": {"podCIDR": "", "serviceCIDR": "", "reservedSubnets": [], "additionalPools": []}},
    "route": {"hostNetwork": True, "pod": {"extraArgs": []}},
    "openshiftConfig": {"enable": False},
    "storage": {
        "enable": True,
        "virtualStorageClassName": names.STORAGE_CLASS,
        "realStorageClassName": "",
        "storageNamespace": names.STORAGE_NAMESPACE,
    },
    "virtualKubelet": {"imageName": "", "extra": {"args": []}},
    "webhook": {"failurePolicy": "Fail"},
    "compatibility": {"dialect": Dialect.SEED.value},
}
"""The chart's own defaults. ``compatibility`` is not upstream's: see `liqolab.liqo.gen05.texts.Dialect`."""

_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def defaults() -> Object:
    """A fresh copy of the chart's defaults."""
    return copy.deepcopy(_DEFAULTS)


def merged(base: Object, changes: Mapping[str, Any]) -> Object:
    """`base` with `changes` laid over it, mapping by mapping; lists and scalars are replaced."""
    result = dict(base)
    for key, value in changes.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, Mapping) else value
    return result


def assign(values: Object, setting: str) -> None:
    """Apply one ``--set`` in place: ``a.b=c``, ``a.b[0]=c``, ``a={x,y}``, several separated by commas.

    Raises:
        ValueError: the setting does not parse.
    """
    for part in _split(setting, ","):
        path, separator, text = part.partition("=")
        if not separator or not path.strip():
            raise ValueError(f'failed parsing --set data: key "{part}" has no value')
        steps = [int(index) if index else _unescape(key) for key, index in _STEP.findall(_protect(path.strip()))]
        _put(values, steps, _scalar(text))


def unknown(setting: str) -> list[str]:
    """Paths of a ``--set`` that lead to no value of the chart: they would be kept, and change nothing."""
    return [path for part in _split(setting, ",") if not _is_known(path := part.partition("=")[0].strip())]


def _is_known(path: str) -> bool:
    here: Any = _DEFAULTS
    for key, _ in _STEP.findall(_protect(path)):
        if isinstance(here, (list, dict)) and not here:
            # What an empty list or mapping gets is the user's own.
            return True
        if not isinstance(here, dict) or _unescape(key) not in here:
            return False
        here = here[_unescape(key)]
    return True


def lookup(values: Object, path: str, default: Any = None) -> Any:
    """The value at a dotted path, or `default`."""
    found: Any = values
    for key in path.split("."):
        if not isinstance(found, dict) or key not in found:
            return default
        found = found[key]
    return found


def version(values: Object) -> str:
    """The release that is installed: the tag of its images."""
    return str(lookup(values, "tag", "") or images.VERSION)


def image_of(values: Object, image: str, name: str = "") -> str:
    """The reference of one of Liqo's images; `name` replaces its whole name, but for the tag."""
    tag = version(values)
    repository = str(lookup(values, "image.repository", images.REPOSITORY)).rstrip("/")
    return f"{name}:{tag}" if name else images.reference(image, repository, tag)


def arguments(values: Object, cluster_id: str, namespace: str) -> Arguments:
    """What the components of an installation are told."""
    get = lookup
    return Arguments(
        cluster_id=cluster_id,
        cluster_name=str(get(values, "discovery.config.clusterName", "")),
        cluster_labels={k: str(v) for k, v in (get(values, "discovery.config.clusterLabels") or {}).items()},
        liqo_namespace=namespace,
        dialect=Dialect.of(get(values, "compatibility.dialect")),
        pod_cidr=str(get(values, "networkManager.config.podCIDR", "")),
        service_cidr=str(get(values, "networkManager.config.serviceCIDR", "")),
        reserved_subnets=tuple(get(values, "networkManager.config.reservedSubnets") or ()),
        additional_pools=tuple(get(values, "networkManager.config.additionalPools") or ()),
        gateway_port=int(get(values, "gateway.config.listeningPort", names.GATEWAY_PORT)),
        enable_leader_election=int(get(values, "controllerManager.replicas", 1)) > 1,
        resource_sharing_percentage=int(get(values, "controllerManager.config.resourceSharingPercentage", 30)),
        enable_incoming_peering=bool(get(values, "discovery.config.incomingPeeringEnabled", True)),
        auto_join=bool(get(values, "discovery.config.autojoin", True)),
        enable_authentication=bool(get(values, "auth.config.enableAuthentication", True)),
        advertise_api_server_address=str(get(values, "apiServer.address", "")),
        advertise_auth_address=str(get(values, "auth.config.addressOverride", "")),
        kubelet_image=image_of(values, images.VIRTUAL_KUBELET, str(get(values, "virtualKubelet.imageName", ""))),
        enable_apiserver_support=parse(get(values, "virtualKubelet.extra.args") or ()).enable_apiserver_support,
        enable_storage=bool(get(values, "storage.enable", True)),
        virtual_storage_class_name=str(get(values, "storage.virtualStorageClassName", names.STORAGE_CLASS)),
        real_storage_class_name=str(get(values, "storage.realStorageClassName", "")),
        storage_namespace=str(get(values, "storage.storageNamespace", names.STORAGE_NAMESPACE)),
    )


def _put(values: Object, steps: list[str | int], value: Any) -> None:
    here: Any = values
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        last = following is None
        if isinstance(step, int):
            while len(here) <= step:
                here.append(None)
            if last:
                here[step] = value
            else:
                here[step] = _container(here[step], following)
        elif last:
            here[step] = value
        else:
            here[step] = _container(here.get(step), following)
        if not last:
            here = here[step]


def _container(present: Any, following: str | int | None) -> Any:
    wanted = list if isinstance(following, int) else dict
    return present if isinstance(present, wanted) else wanted()


def _scalar(text: str) -> Any:
    if text.startswith("{") and text.endswith("}"):
        return [_scalar(part) for part in _split(text[1:-1], ",")] if text != "{}" else []
    plain = text.replace("\\,", ",").replace("\\=", "=")
    known = {"true": True, "false": False, "null": None}
    if plain in known:
        return known[plain]
    return int(plain) if re.fullmatch(r"-?(0|[1-9]\d*)", plain) else plain


def _split(text: str, separator: str) -> list[str]:
    """Split at separators that are neither escaped nor within braces."""
    parts, depth, current = [], 0, ""
    previous = ""
    for character in text:
        if character == separator and depth == 0 and previous != "\\":
            parts.append(current)
            current = ""
        else:
            depth += {"{": 1, "}": -1}.get(character, 0)
            current += character
        previous = character
    return [*parts, current]


def _protect(path: str) -> str:
    return path.replace("\\.", "\0")


def _unescape(key: str) -> str:
    return key.replace("\0", ".")
