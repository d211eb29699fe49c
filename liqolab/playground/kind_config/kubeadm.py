"""What patches of kubeadm's documents come to for a node: the labels and taints it registers with.

KinD makes kubeadm's documents, applies a cluster's patches and then a node's to them, and kubeadm uses what comes out:
the ``InitConfiguration`` on the first control plane, the ``JoinConfiguration`` on all other nodes. The same is done
here, on the parts that could be patched. Whatever else a patch changes is told apart, path by path, so that nothing of
it is dropped without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from liqolab.apimachinery.patches import PatchError, apply_json_patch, apply_merge_patch
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.kind_config.model import CONTROL_PLANE, Config, Node, Patches
from liqolab.playground.kind_config.versions import Version

_SEPARATOR: Final = re.compile(r"\n---[^\n]*(?:\n|$)")
_REGISTRATION: Final = "nodeRegistration"
_HONOURED: Final = (f"{_REGISTRATION}.kubeletExtraArgs.node-labels", f"{_REGISTRATION}.taints")
_KUBELET_LABELS: Final = (
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
)
_KUBELET_NAMESPACES: Final = ("kubelet.kubernetes.io", "node.kubernetes.io")

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Registered:
    """What a node registers with.

    Attributes:
        taints: None for those that kubeadm would give it.
        unused: ``Kind path`` of whatever else patches have changed, and patches that met no document.
    """

    labels: Mapping[str, str]
    taints: tuple[Mapping[str, str], ...] | None
    unused: tuple[str, ...]


def registered(config: Config, node: Node, version: Version, *, first: bool) -> Registered:
    """What `node` registers with; `first` says that it is the control plane that the cluster begins with.

    Raises:
        PlaygroundError: a patch cannot be read or applied, or the kubelet would not start with the labels.
    """
    made = _documents(config, node, version)
    patched, unused = made, []
    for patches in (config.patches, node.patches):
        patched, unmatched = _apply(patched, patches)
        unused += unmatched
    kind = "InitConfiguration" if first else "JoinConfiguration"
    for before, after in zip(made, patched, strict=True):
        other = {"InitConfiguration", "JoinConfiguration"} - {kind}
        if before["kind"] not in other:
            unused += [f"{before['kind']} {path}" for path in _changes(before, after) if path not in _HONOURED]
    registration = next(each for each in patched if each["kind"] == kind).get(_REGISTRATION) or {}
    labels = _labels((registration.get("kubeletExtraArgs") or {}).get("node-labels") or "")
    taints = registration.get("taints")
    return Registered(
        labels, None if taints is None else tuple(map(_taint, taints)), tuple(dict.fromkeys(sorted(unused)))
    )


def _documents(config: Config, node: Node, version: Version) -> list[Document]:
    """The parts of kubeadm's documents that patches can meet."""
    api = f"kubeadm.k8s.io/{'v1beta3' if version >= (1, 23) else 'v1beta2'}"
    labels = ",".join(f"{key}={value}" for key, value in node.labels.items())
    registration = {
        "criSocket": "unix:///run/containerd/containerd.sock",
        "kubeletExtraArgs": {"node-labels": labels},
    }
    join: Document = {"controlPlane": {"localAPIEndpoint": {}}} if node.role == CONTROL_PLANE else {}
    return [
        {
            "apiVersion": api,
            "kind": "ClusterConfiguration",
            "apiServer": {
                "certSANs": ["localhost", config.networking.api_address],
                "extraArgs": {"runtime-config": ""},
            },
            "controllerManager": {"extraArgs": {"enable-hostpath-provisioner": "true"}},
            "scheduler": {"extraArgs": {}},
            "networking": {
                "podSubnet": config.networking.pod_subnet,
                "serviceSubnet": config.networking.service_subnet,
            },
        },
        {"apiVersion": api, "kind": "InitConfiguration", "localAPIEndpoint": {}, _REGISTRATION: registration},
        {"apiVersion": api, "kind": "JoinConfiguration", **join, "discovery": {}, _REGISTRATION: registration},
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "cgroupRoot": "/kubelet",
            "failSwapOn": False,
            "imageGCHighThresholdPercent": 100,
            "evictionHard": {"nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%"},
        },
        {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": config.networking.proxy_mode,
            "iptables": {"minSyncPeriod": "1s"},
            "conntrack": {"maxPerCore": 0},
        },
    ]


def _apply(documents: list[Document], patches: Patches) -> tuple[list[Document], list[str]]:
    """The documents after the patches, and a word for each patch that met none of them."""
    merges = [merge for text in patches.merge for merge in _merge_patches(text)]
    edits = [(patch, _yaml(patch.text)) for patch in patches.json]
    met: set[int] = set()
    result = []
    for document in documents:
        try:
            for number, merge in enumerate(merges):
                if _matches(document, merge.get("kind"), merge.get("apiVersion")):
                    met.add(number)
                    document = apply_merge_patch(document, merge)
            for number, (patch, operations) in enumerate(edits, len(merges)):
                if _matches(document, patch.kind, patch.api_version):
                    met.add(number)
                    document = apply_json_patch(document, operations)
        except PatchError as error:
            raise PlaygroundError(f"failed to apply a kubeadm patch for {document['kind']}: {error}") from None
        result.append(document)
    targets = [(merge.get("kind"), merge.get("apiVersion")) for merge in merges]
    targets += [(patch.kind, patch.api_version) for patch, _ in edits]
    missed = [
        f"{' '.join(str(part) for part in target if part) or 'a patch without kind'} (no such document is made)"
        for number, target in enumerate(targets)
        if number not in met
    ]
    return result, missed


def _matches(document: Document, kind: Any, api_version: Any) -> bool:
    return document["kind"] == kind and (not api_version or document["apiVersion"] == api_version)


def _merge_patches(text: str) -> Iterator[Document]:
    for part in _SEPARATOR.split(text):
        patch = _yaml(part)
        if patch is None:
            continue
        if not isinstance(patch, dict):
            raise PlaygroundError(f'failed to parse patches: failed to parse type meta for "{part.strip()}"')
        yield patch


def _yaml(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PlaygroundError(f"failed to parse patches: {error}") from None


def _changes(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Dotted paths at which two documents differ; what is new is one path, however deep."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            yield from _changes(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
    elif before is None and isinstance(after, dict) and after:
        for key, value in after.items():
            yield from _changes(None, value, f"{path}.{key}" if path else str(key))
    elif before != after:
        yield path


def _labels(text: Any) -> dict[str, str]:
    """``k=v,k=v`` as the kubelet reads it.

    Raises:
        PlaygroundError: the kubelet would not start with them.
    """
    pairs = [part.strip().partition("=") for part in str(text).split(",") if part.strip()]
    if any(not separator for _, separator, _ in pairs):
        raise PlaygroundError(f'the kubelet does not start: "{text}" is not a list of node-labels key=value')
    labels = {key: value for key, _, value in pairs}
    unknown = sorted(key for key in labels if not _kubelet_may_set(key))
    if unknown:
        raise PlaygroundError(
            "the kubelet does not start: unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: "
            f"[{' '.join(unknown)}]",
            "a kubelet may not give itself such a label; set it when the cluster is there: kubectl label node",
        )
    return labels


def _kubelet_may_set(key: str) -> bool:
    namespace = key.rpartition("/")[0]
    if not _within(namespace, ("kubernetes.io", "k8s.io")):
        return True
    return key in _KUBELET_LABELS or _within(namespace, _KUBELET_NAMESPACES)


def _within(namespace: str, domains: Sequence[str]) -> bool:
    return any(namespace == domain or namespace.endswith(f".{domain}") for domain in domains)


def _taint(taint: Any) -> dict[str, str]:
    if not isinstance(taint, dict) or not taint.get("key") or not taint.get("effect"):
        raise PlaygroundError(f"a taint of a kubeadm patch needs a key and an effect: {taint}")
    return {key: str(taint[key]) for key in ("key", "value", "effect") if taint.get(key)}
