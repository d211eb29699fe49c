"""The labels of everything that an installation consists of, as upstream's chart gives them, and what Helm adds."""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import images, names

MODULES: Final = {
    names.AUTH: "discovery",
    names.CONTROLLER_MANAGER: "controller-manager",
    names.CRD_REPLICATOR: "dispatcher",
    names.GATEWAY: "networking",
    names.METRIC_AGENT: "metrics",
    names.NETWORK_MANAGER: "networking",
    names.PROXY: "networking",
    names.ROUTE: "networking",
    names.CLUSTER_ID_CONFIG_MAP: "clusterid-configmap",
    names.PEERING_BASIC_ROLE: "discovery",
    names.PEERING_INCOMING_ROLE: "discovery",
    names.PEERING_OUTGOING_ROLE: "discovery",
    names.VIRTUAL_KUBELET_LOCAL_ROLE: "virtualkubelet",
    names.VIRTUAL_KUBELET_REMOTE_ROLE: "virtualkubelet",
    names.WEBHOOK: "webhook",
}
"""What an object is called → the module that it belongs to, its ``app.kubernetes.io/component``."""

OWN: Final = {
    names.AUTH: {"run": "auth-service"},
    names.METRIC_AGENT: {"run": "metric-agent"},
}
"""Labels that the pods of a component have besides, and that its Service selects."""


def of(name: str) -> dict[str, str]:
    """The labels by which pods are selected: those of what is called `name`, or of a component's pods."""
    return {
        names.LABEL_APP_NAME: short(name),
        names.LABEL_APP_INSTANCE: name,
        names.LABEL_APP_COMPONENT: MODULES[name],
        names.LABEL_PART_OF: names.RELEASE,
    }


def short(name: str) -> str:
    """The name without the release's: ``auth`` for ``liqo-auth``, also what a component's container is called."""
    return name.removeprefix(f"{names.RELEASE}-")


def whole(name: str, version: str = images.VERSION) -> dict[str, str]:
    """`of`, with the chart and the version that it comes from: what an object itself is labelled with."""
    return of(name) | {
        names.LABEL_CHART: f"{names.RELEASE}-{version}",
        names.LABEL_VERSION: version,
        names.LABEL_MANAGED_BY: "Helm",
    }


def released(manifest: Object, namespace: str) -> Object:
    """A manifest with the marks that Helm puts on whatever it installs."""
    metadata = manifest["metadata"]
    owner = {"meta.helm.sh/release-name": names.RELEASE, "meta.helm.sh/release-namespace": namespace}
    marks = {
        "labels": metadata.get("labels", {}) | {names.LABEL_MANAGED_BY: "Helm"},
        "annotations": metadata.get("annotations", {}) | owner,
    }
    return manifest | {"metadata": metadata | marks}
