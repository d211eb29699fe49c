"""The ShadowPod of a local pod: what the provider is asked to run. Pure functions.

A pod's spec is full of this cluster: nodes, priorities, service accounts, volumes that hold its credentials. Only
what means the same on the provider is copied. A ShadowPod's spec is written once; its labels and annotations are kept
in sync.
"""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.resources import SHADOW_PODS
from liqolab.liqo.virtualkubelet.home import HomeAccess, is_account_volume
from liqolab.liqo.virtualkubelet.pair import Pair

_COPIED = (
    "activeDeadlineSeconds",
    "containers",
    "dnsConfig",
    "dnsPolicy",
    "enableServiceLinks",
    "hostAliases",
    "hostname",
    "imagePullSecrets",
    "initContainers",
    "readinessGates",
    "restartPolicy",
    "securityContext",
    "setHostnameAsFQDN",
    "shareProcessNamespace",
    "subdomain",
    "terminationGracePeriodSeconds",
    "topologySpreadConstraints",
)
_FORCED = {"automountServiceAccountToken": False, "hostIPC": False, "hostNetwork": False, "hostPID": False}

ROOT_CA_CONFIG_MAP = "kube-root-ca.crt"


def remote_config_map(name: str, home: str) -> str:
    """Every cluster puts its own CA into each namespace under one name; the home cluster's needs another one there."""
    return f"{name}.{home[:5]}" if name == ROOT_CA_CONFIG_MAP else name


def shadow_metadata(pod: Object, pair: Pair) -> Object:
    """Labels and annotations of the ShadowPod."""
    labels = {key: value for key, value in meta.labels(pod).items() if key != names.LABEL_SHADOW_POD}
    return {"labels": labels | pair.labels, "annotations": dict(meta.annotations(pod))}


def shadow_pod(pod: Object, namespace: str, pair: Pair, home: HomeAccess | None = None) -> Object:
    """The whole ShadowPod, for the provider's `namespace`; `home` is its way to this cluster's API server."""
    spec = pod.get("spec") or {}
    shadowed: Object = {field: spec[field] for field in _COPIED if field in spec} | _FORCED
    if home is not None:
        shadowed["hostAliases"] = [*(spec.get("hostAliases") or ()), home.alias()]
        for field in ("initContainers", "containers"):
            if spec.get(field):
                shadowed[field] = [{**each, "env": home.environment(each.get("env") or ())} for each in spec[field]]
    tolerations = [row for row in spec.get("tolerations") or () if row.get("key") != names.TAINT_KEY]
    if tolerations:
        shadowed["tolerations"] = tolerations
    if spec.get("volumes"):
        shadowed["volumes"] = [_volume(volume, pair.home_id, home) for volume in spec["volumes"]]
    return {
        "apiVersion": SHADOW_PODS.api_version,
        "kind": SHADOW_PODS.kind,
        "metadata": {"name": meta.name(pod), "namespace": namespace, **shadow_metadata(pod, pair)},
        "spec": {"pod": shadowed},
    }


def _volume(volume: Object, home_id: str, home: HomeAccess | None) -> Object:
    """The volume with the token that leads home, or without any: the provider has none of this account."""
    projected = volume.get("projected")
    if not projected:
        return volume
    sources = []
    for source in projected.get("sources") or ():
        if "serviceAccountToken" in source:
            if home is not None and home.secret and is_account_volume(volume):
                sources.append(home.token())
            continue
        config_map = source.get("configMap")
        if config_map:
            renamed = {**config_map, "name": remote_config_map(config_map.get("name", ""), home_id)}
            source = {**source, "configMap": renamed}
        sources.append(source)
    return {**volume, "projected": {**projected, "sources": sources}}
