"""What clients learn before their first real request."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_server import Api

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"


async def test_the_three_dialects_agree(api: Api) -> None:
    legacy = {row["name"]: row for row in (await api("GET", "/apis", code=200))["groups"]}
    assert list(legacy)[:3] == ["apiregistration.k8s.io", "apps", "events.k8s.io"]
    for version in ("v2", "v2beta1"):
        accept = AGGREGATED.format(version)
        found = await api("GET", "/apis", accept=f"{accept},application/json", code=200)
        assert api.headers["Content-Type"] == accept
        assert found["apiVersion"] == f"apidiscovery.k8s.io/{version}"
        groups = {row["metadata"]["name"]: [v["version"] for v in row["versions"]] for row in found["items"]}
        assert groups["autoscaling"] == ["v2", "v1"] == [row["version"] for row in legacy["autoscaling"]["versions"]]
    apps = next(row for row in found["items"] if row["metadata"]["name"] == "apps")["versions"][0]
    deployments = next(row for row in apps["resources"] if row["resource"] == "deployments")
    assert deployments == {
        "resource": "deployments",
        "responseKind": {"group": "apps", "version": "v1", "kind": "Deployment"},
        "scope": "Namespaced",
        "singularResource": "deployment",
        "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        "shortNames": ["deploy"],
        "categories": ["all"],
        "subresources": [
            {
                "subresource": "scale",
                "responseKind": {"group": "autoscaling", "version": "v1", "kind": "Scale"},
                "verbs": ["get", "patch", "update"],
            },
            {
                "subresource": "status",
                "responseKind": {"group": "apps", "version": "v1", "kind": "Deployment"},
                "verbs": ["get", "patch", "update"],
            },
        ],
    }


async def test_a_client_that_knows_the_document_is_not_sent_it_again(api: Api) -> None:
    accept = AGGREGATED.format("v2")
    await api("GET", "/api", accept=accept, code=200)
    tag = api.headers["ETag"]
    await api("GET", "/api", accept=accept, headers={"If-None-Match": tag}, code=304)


async def test_the_rows_that_clients_look_for(api: Api) -> None:
    rows = {row["name"]: row for row in (await api("GET", "/api/v1", code=200))["resources"]}
    assert rows["pods"]["shortNames"] == ["po"] and rows["pods"]["singularName"] == "pod"
    eviction = rows["pods/eviction"]
    assert (eviction["kind"], eviction["group"], eviction["version"]) == ("Eviction", "policy", "v1")
    assert rows["namespaces"]["namespaced"] is False
    assert "deletecollection" not in rows["namespaces"]["verbs"]


@pytest.mark.parametrize("path", ["/version/", "/api/", "/apis/", "/apis/apps/", "/apis/apps/v1/"])
async def test_trailing_slashes(api: Api, path: Any) -> None:
    assert await api("GET", path, code=200) == await api("GET", path.rstrip("/"), code=200)


async def test_health(api: Api) -> None:
    for path in ("/healthz", "/livez", "/readyz", "/livez/ping"):
        assert await api("GET", path, code=200) == "ok"
    assert (await api("GET", "/livez?verbose", code=200)).endswith("livez check passed\n")
    assert await api("HEAD", "/livez/ping", code=200) == ""


async def test_the_root_lists_the_paths(api: Api) -> None:
    paths = (await api("GET", "/", code=200))["paths"]
    assert {"/api/v1", "/apis/apps/v1", "/openapi/v3", "/version"} <= set(paths)
    assert await api("GET", "/nowhere", code=404) == "404 page not found\n"


async def test_version(api: Api) -> None:
    version = await api("GET", "/version", code=200)
    assert (version["major"], version["minor"], version["gitVersion"]) == ("1", "33", "v1.33.4")
    assert len(version) == 9


async def test_openapi(api: Api) -> None:
    index = await api("GET", "/openapi/v3", code=200)
    url = index["paths"]["apis/apps/v1"]["serverRelativeURL"]
    document = await api("GET", url, code=200)
    assert "io.k8s.api.apps.v1.Deployment" in document["components"]["schemas"]
    await api("GET", "/openapi/v3/apis/nope/v1", code=404)
    assert (await api("GET", "/openapi/v2", code=200))["swagger"] == "2.0"


async def test_metrics(api: Api) -> None:
    text = await api("GET", "/metrics", accept="text/plain", code=200)
    assert 'apiserver_storage_objects{resource="namespaces"}' in text
    assert 'apiserver_request_total{code="200",resource="",verb="GET"}' in text
