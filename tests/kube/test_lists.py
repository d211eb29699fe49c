"""Lists: pages that belong together, selectors, and the forms a client may ask for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_server import Api

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"


@pytest.fixture
async def five(api: Api, namespace: str) -> str:
    """The path of five config maps, a to e; the vowels are labelled."""
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    for name in "ebdca":
        labels = {"test": "five", "vowel": str(name in "ae").lower()}
        await api("POST", path, {"metadata": {"name": name, "labels": labels}, "data": {"k": name}}, code=201)
    return path


def names(document: Any) -> list[str]:
    return [item["metadata"]["name"] for item in document["items"]]


async def test_items_are_ordered_and_leave_out_their_kind(api: Api, five: Any) -> None:
    listed = await api("GET", f"{five}?labelSelector=test", code=200)
    assert (listed["kind"], listed["apiVersion"]) == ("ConfigMapList", "v1")
    assert names(listed) == list("abcde")
    assert "kind" not in listed["items"][0]
    newest = max(int(item["metadata"]["resourceVersion"]) for item in listed["items"])
    assert int(listed["metadata"]["resourceVersion"]) >= newest


async def test_an_empty_list_has_items(api: Api, namespace: str) -> None:
    listed = await api("GET", f"/api/v1/namespaces/{namespace}/secrets", code=200)
    assert listed["items"] == [] and set(listed["metadata"]) == {"resourceVersion"}


async def test_pages_show_the_state_of_the_first_one(api: Api, five: Any) -> None:
    first = await api("GET", f"{five}?limit=2", code=200)
    assert names(first) == ["a", "b"]
    assert first["metadata"]["remainingItemCount"] >= 3
    await api("DELETE", f"{five}/c", code=200)
    await api("POST", five, {"metadata": {"name": "bb"}}, code=201)
    token = first["metadata"]["continue"]
    second = await api("GET", f"{five}?limit=2&continue={token}", code=200)
    assert names(second) == ["c", "d"]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    rest = await api("GET", f"{five}?continue={second['metadata']['continue']}", code=200)
    assert names(rest)[0] == "e" and "continue" not in rest["metadata"]


async def test_an_exact_revision_of_the_past(api: Api, five: Any) -> None:
    before = (await api("GET", five, code=200))["metadata"]["resourceVersion"]
    await api("DELETE", f"{five}/c", code=200)
    exact = await api("GET", f"{five}?resourceVersion={before}&resourceVersionMatch=Exact&labelSelector=test", code=200)
    assert names(exact) == list("abcde")
    assert names(await api("GET", f"{five}?resourceVersion={before}&labelSelector=test")) == list("abde")


async def test_a_continue_token_of_nobody(api: Api) -> None:
    status = await api("GET", "/api/v1/pods?continue=abc", code=400)
    assert status["message"].startswith("invalid continue token: continue key is not valid: ")


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("labelSelector=vowel%3Dtrue", ["a", "e"]),
        ("labelSelector=test,vowel!%3Dtrue", ["b", "c", "d"]),
        ("labelSelector=vowel+in+(true,maybe)", ["a", "e"]),
        ("fieldSelector=metadata.name%3Dc", ["c"]),
        ("labelSelector=vowel%3Dtrue&fieldSelector=metadata.name!%3Da", ["e"]),
        ("labelSelector=vowel%3Dtrue&limit=1", ["a"]),
    ],
)
async def test_selectors(api: Api, five: Any, selector: Any, found: Any) -> None:
    assert names(await api("GET", f"{five}?{selector}", code=200)) == found


async def test_a_table(api: Api, five: Any) -> None:
    table = await api("GET", f"{five}?labelSelector=vowel%3Dtrue", accept=f"{TABLE},application/json", code=200)
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert table["columnDefinitions"][0]["format"] == "name"
    assert [row["cells"][:2] for row in table["rows"]] == [["a", 1], ["e", 1]]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    whole = await api("GET", f"{five}/a?includeObject=Object", accept=TABLE, code=200)
    assert whole["rows"][0]["object"]["data"] == {"k": "a"}
    none = await api("GET", f"{five}/a?includeObject=None", accept=TABLE, code=200)
    assert none["rows"][0]["object"] is None


async def test_metadata_only(api: Api, five: Any) -> None:
    listed = await api("GET", f"{five}?labelSelector=vowel%3Dtrue", accept=PARTIAL, code=200)
    assert listed["kind"] == "PartialObjectMetadataList"
    assert names(listed) == ["a", "e"]
    assert set(listed["items"][0]) == {"kind", "apiVersion", "metadata"}
