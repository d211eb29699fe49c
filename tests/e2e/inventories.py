"""What is written in a cluster, and how two such inventories differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import kubernetes

from liqolab.steps.clusters import Cluster, Object

_REPORTED = ("events", "leases", "componentstatuses", "endpoints", "endpointslices")
_COUNTED = ("resourceVersion", "managedFields")


def inventory(cluster: Cluster) -> dict[str, Object]:
    """What people and controllers have written into a cluster: every object of every kind, by kind and name.

    What is observed and reported anew all the time is not part of it: status, and what follows from the readiness of
    pods and nodes.
    """
    api = kubernetes.config.new_client_from_config(str(cluster.kubeconfig))
    groups = kubernetes.client.ApisApi(api).get_api_versions().groups
    preferred = [f"/apis/{group.preferred_version.group_version}" for group in groups]
    found: dict[str, Object] = {}
    for path in ["/api/v1", *preferred]:
        for kind in _get(api, path)["resources"]:
            # What cannot be deleted was never written, as measurements are not.
            if not {"list", "delete"} <= set(kind["verbs"]) or kind["name"] in _REPORTED:
                continue
            for item in _get(api, f"{path}/{kind['name']}")["items"]:
                metadata = item["metadata"]
                place = "/".join([kind["name"], metadata.get("namespace", "-"), metadata["name"]])
                found[place] = _written(item)
    return found


def _written(item: Object) -> Object:
    metadata = {key: value for key, value in item["metadata"].items() if key not in _COUNTED}
    written = item | {"metadata": metadata, "status": {}}
    if taints := item.get("spec", {}).get("taints"):
        own = [taint for taint in taints if not taint["key"].startswith("node.kubernetes.io/")]
        written["spec"] = item["spec"] | {"taints": own}
    return written


def changes(before: dict[str, Object], after: dict[str, Object]) -> list[str]:
    """What is in one inventory and not, or not so, in the other."""
    gone = [f"{place} is gone" for place in before.keys() - after.keys()]
    new = [f"{place} is new" for place in after.keys() - before.keys()]
    changed = [
        f"{place}{path}: {value!r} has become {now.get(path, missing)!r}"
        for place in before.keys() & after.keys()
        for missing in ("nothing",)
        for then, now in [(dict(_leaves(before[place])), dict(_leaves(after[place])))]
        for path, value in [*then.items(), *((path, missing) for path in now.keys() - then.keys())]
        if now.get(path, missing) != value
    ]
    return sorted(gone + new + changed)


def _leaves(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    entries = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in entries:
        if isinstance(value, dict | list) and value:
            yield from _leaves(value, f"{path}.{key}")
        else:
            yield f"{path}.{key}", value


def _get(api: kubernetes.client.ApiClient, path: str) -> Object:
    answer = api.rest_client.pool_manager.request("GET", api.configuration.host + path)
    assert answer.status == 200, answer.data
    document: Object = json.loads(answer.data)
    return document
