"""Discovery with servers of both ages, whose answers mean the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import orjson
import pytest

from liqolab.apimachinery.errors import ApiError, status_error
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Call, Client, WatchEvent
from liqolab.controller.discovery import Kinds, carry_out, discover

PODS = Resource("", "v1", "pods", "Pod")
SCALERS = Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
OLD_SCALERS = Resource("autoscaling", "v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
PEERS = Resource("discovery.liqo.io", "v1alpha1", "foreignclusters", "ForeignCluster", False)


def listed(resource: Resource, *short_names: str) -> Object:
    row = {
        "name": resource.plural,
        "kind": resource.kind,
        "namespaced": resource.namespaced,
        "verbs": ["get"],
        "shortNames": list(short_names),
    }
    part = {**row, "name": f"{resource.plural}/status", "shortNames": []}
    return {"groupVersion": resource.api_version, "resources": [row, part]}


def aggregated(*resources: Resource) -> Object:
    def version(resource: Resource) -> Object:
        row = {
            "resource": resource.plural,
            "responseKind": {"kind": resource.kind},
            "scope": "Namespaced" if resource.namespaced else "Cluster",
            "shortNames": {"pods": ["po"], "horizontalpodautoscalers": ["hpa"]}.get(resource.plural),
            "verbs": ["get"],
        }
        return {"version": resource.version, "resources": [row, {"resource": "parts", "verbs": ["get"]}]}

    groups = dict.fromkeys(resource.group for resource in resources)
    return {
        "kind": "APIGroupDiscoveryList",
        "items": [
            {"metadata": {"name": name}, "versions": [version(each) for each in resources if each.group == name]}
            for name in groups
        ],
    }


def group(name: str, *versions: str) -> Object:
    rows = [{"groupVersion": f"{name}/{version}"} for version in versions]
    return {"name": name, "versions": sorted(rows, key=str), "preferredVersion": rows[0]}


NEW = {"/api": aggregated(PODS), "/apis": aggregated(SCALERS, OLD_SCALERS, PEERS)}
OLD = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "groups": [
            group("autoscaling", "v2", "v1"),
            group("metrics.k8s.io", "v1beta1"),
            group("discovery.liqo.io", "v1alpha1"),
        ]
    },
    "/api/v1": listed(PODS, "po"),
    "/apis/autoscaling/v2": listed(SCALERS, "hpa"),
    "/apis/autoscaling/v1": listed(OLD_SCALERS, "hpa"),
    "/apis/discovery.liqo.io/v1alpha1": listed(PEERS),
}


class Server(Client):
    """Serves documents, and refuses all others: the server of ``metrics.k8s.io`` is away."""

    def __init__(self, documents: Mapping[str, Object]) -> None:
        self.documents = documents

    async def answer(self, call: Call) -> Object:
        raise NotImplementedError

    def events(self, call: Call) -> AsyncIterator[WatchEvent]:
        raise NotImplementedError

    async def raw(self, path: str, *, query: Mapping[str, str] | None = None, accept: str = "") -> bytes:
        if path not in self.documents:
            raise status_error(503, "ServiceUnavailable", "the server is currently unable to handle the request")
        return orjson.dumps(self.documents[path])


@pytest.fixture(params=[NEW, OLD], ids=["one document", "a document each"])
async def kinds(request: pytest.FixtureRequest) -> Kinds:
    found = await discover(Server(request.param))
    assert carry_out(request.param.get).preferred == found.preferred
    return found


async def test_a_kind_is_listed_once_and_in_the_preferred_version(kinds: Kinds) -> None:
    assert [row.resource for row in kinds.preferred] == [PODS, SCALERS, PEERS]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("po", PODS),
        ("Pod", PODS),
        ("hpa", SCALERS),
        ("horizontalpodautoscaler.autoscaling", SCALERS),
        ("hpa.v1.autoscaling", OLD_SCALERS),
        ("foreignclusters.discovery", PEERS),
        ("foreignclusters.disco", None),
        ("pods.autoscaling", None),
        ("gadgets", None),
    ],
)
async def test_words_mean_what_they_mean_to_kubectl(kinds: Kinds, word: str, found: Resource | None) -> None:
    assert kinds.find(word) == found


async def test_an_object_may_be_of_a_version_that_is_not_preferred(kinds: Kinds) -> None:
    assert kinds.of("autoscaling/v1", "HorizontalPodAutoscaler") == OLD_SCALERS
    assert kinds.of("autoscaling/v3", "HorizontalPodAutoscaler") is None


async def test_a_server_that_refuses_to_say_is_no_server_without_kinds() -> None:
    with pytest.raises(ApiError, match="unable to handle the request"):
        await discover(Server({}))
