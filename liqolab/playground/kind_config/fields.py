"""The types of ``kind.x-k8s.io/v1alpha4`` (pkg/apis/config/v1alpha4 of KinD v0.30), and reading a document of them."""

from __future__ import annotations

from typing import Any, Final

from liqolab.playground.kind_config.decoding import BOOL, INT32, STRING, DecodingError, Items, Struct, decode

API_VERSION: Final = "kind.x-k8s.io/v1alpha4"
KIND: Final = "Cluster"

_PROPAGATIONS: Final = ("None", "HostToContainer", "Bidirectional")
_PROTOCOLS: Final = ("TCP", "UDP", "SCTP")


def _check_mount(mount: dict[str, Any]) -> str:
    given = mount.get("propagation") or ""
    return f'Unknown MountPropagation: "{given}"' if given and given not in _PROPAGATIONS else ""


def _check_port(mapping: dict[str, Any]) -> str:
    given = mapping["protocol"] = (mapping.get("protocol") or "").upper()
    return f'Unknown PortMappingProtocol: "{given}"' if given and given not in _PROTOCOLS else ""


_TEXTS: Final = Items(STRING)

_MOUNT: Final = Struct(
    "v1alpha4.Mount",
    {
        "containerPath": STRING,
        "hostPath": STRING,
        "readOnly": BOOL,
        "selinuxRelabel": BOOL,
        "propagation": STRING,
    },
    strict_name="v1alpha4.MountAlias",
    check=_check_mount,
)
_PORT_MAPPING: Final = Struct(
    "v1alpha4.PortMapping",
    {"containerPort": INT32, "hostPort": INT32, "listenAddress": STRING, "protocol": STRING},
    strict_name="v1alpha4.PortMappingAlias",
    check=_check_port,
)
_JSON_PATCH: Final = Struct(
    "v1alpha4.PatchJSON6902", {"group": STRING, "version": STRING, "kind": STRING, "patch": STRING}
)
_NODE: Final = Struct(
    "v1alpha4.Node",
    {
        "role": STRING,
        "image": STRING,
        "labels": Items(STRING, keyed=True),
        "extraMounts": Items(_MOUNT),
        "extraPortMappings": Items(_PORT_MAPPING),
        "kubeadmConfigPatches": _TEXTS,
        "kubeadmConfigPatchesJSON6902": Items(_JSON_PATCH),
    },
)
_NETWORKING: Final = Struct(
    "v1alpha4.Networking",
    {
        "ipFamily": STRING,
        "apiServerPort": INT32,
        "apiServerAddress": STRING,
        "podSubnet": STRING,
        "serviceSubnet": STRING,
        "disableDefaultCNI": BOOL,
        "kubeProxyMode": STRING,
        "dnsSearch": _TEXTS,
    },
)
_CLUSTER: Final = Struct(
    "v1alpha4.Cluster",
    {
        "kind": STRING,
        "apiVersion": STRING,
        "name": STRING,
        "nodes": Items(_NODE),
        "networking": _NETWORKING,
        "featureGates": Items(BOOL, keyed=True),
        "runtimeConfig": Items(STRING, keyed=True),
        "kubeadmConfigPatches": _TEXTS,
        "kubeadmConfigPatchesJSON6902": Items(_JSON_PATCH),
        "containerdConfigPatches": _TEXTS,
        "containerdConfigPatchesJSON6902": _TEXTS,
    },
)
_TYPE_META: Final = Struct("encoding.typeMeta", {"kind": STRING, "apiVersion": STRING})


def parse(raw: bytes) -> dict[str, Any]:
    """The configuration in a file's bytes, as a document of which only known fields are left, each of its type.

    Raises:
        DecodingError: it is none; the text is KinD's.
    """
    undetermined = "could not determine kind / apiVersion for config"
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise DecodingError(f"{undetermined}: yaml: invalid leading UTF-8 octet") from None
    try:
        meta: dict[str, str] = decode(text, _TYPE_META, strict=False) or {}
    except DecodingError as error:
        raise DecodingError(f"{undetermined}: {error}") from None
    version = meta.get("apiVersion") or ""
    if version != API_VERSION:
        raise DecodingError(f"unknown apiVersion: {version}")
    if meta.get("kind") != KIND:
        raise DecodingError(f"unknown kind {meta.get('kind') or ''} for apiVersion: {version}")
    try:
        document: dict[str, Any] = decode(text, _CLUSTER)
    except DecodingError as error:
        raise DecodingError(f"unable to decode config: {error}") from None
    return document
