"""Watches as clients see them: selectors, streaming lists, bookmarks, tables, and the limits of the past."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_server import Api

MERGE = "application/merge-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.fixture
async def path(api: Api, namespace: str) -> str:
    """A namespace's secrets: nobody but the test writes any."""
    return f"/api/v1/namespaces/{namespace}/secrets"


def story(events: Any) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"]["name"]) for event in events]


async def write_history(api: Api, path: Any) -> str:
    """Create, relabel twice, delete; returns the revision before."""
    before = (await api("GET", path, code=200))["metadata"]["resourceVersion"]
    await api("POST", path, {"metadata": {"name": "s", "labels": {"a": "b"}}}, code=201)
    for value in ("c", "b", "b"):
        await api("PATCH", f"{path}/s", {"metadata": {"labels": {"a": value}}}, type=MERGE, code=200)
    await api("DELETE", f"{path}/s", code=200)
    return str(before)


async def test_every_change_once_and_in_order(api: Api, path: Any) -> None:
    before = await write_history(api, path)
    events = [event async for event in api.lines(f"{path}?watch=1&resourceVersion={before}&timeoutSeconds=1")]
    assert [event["type"] for event in events] == ["ADDED", "MODIFIED", "MODIFIED", "DELETED"]
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert versions == sorted(set(versions))
    assert events[0]["object"]["kind"] == "Secret"


async def test_a_selector_turns_changes_into_additions_and_deletions(api: Api, path: Any) -> None:
    before = await write_history(api, path)
    query = f"watch=1&resourceVersion={before}&timeoutSeconds=1&labelSelector=a%3Db"
    events = [event async for event in api.lines(f"{path}?{query}")]
    assert [event["type"] for event in events] == ["ADDED", "DELETED", "ADDED", "DELETED"]
    left = events[1]["object"]["metadata"]
    assert left["labels"] == {"a": "b"}
    assert int(left["resourceVersion"]) > int(events[0]["object"]["metadata"]["resourceVersion"])


async def test_without_a_revision_a_watch_begins_with_what_is_there(api: Api, path: Any) -> None:
    for name in ("b", "a"):
        await api("POST", path, {"metadata": {"name": name}}, code=201)
    events = [event async for event in api.lines(f"{path}?watch=true&timeoutSeconds=1")]
    assert story(events) == [("ADDED", "a"), ("ADDED", "b")]


async def test_a_streaming_list(api: Api, path: Any) -> None:
    await api("POST", path, {"metadata": {"name": "a"}}, code=201)
    query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    events = [event async for event in api.lines(f"{path}?{query}&timeoutSeconds=1")]
    assert story(events[:1]) == [("ADDED", "a")]
    assert events[1]["type"] == "BOOKMARK"
    assert events[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert (events[1]["object"]["kind"], events[1]["object"]["apiVersion"]) == ("Secret", "v1")
    assert events[-1]["type"] == "BOOKMARK" and len(events) == 3
    refused = await api("GET", f"{path}?watch=true&sendInitialEvents=true", code=422)
    assert refused["message"] == (
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting '
        "resourceVersionMatch to NotOlderThan"
    )


async def test_tables_name_their_columns_once(api: Api, path: Any) -> None:
    before = await write_history(api, path)
    query = f"watch=1&resourceVersion={before}&timeoutSeconds=1&allowWatchBookmarks=true"
    events = [event async for event in api.lines(f"{path}?{query}", accept=TABLE)]
    tables = [event["object"] for event in events]
    assert {table["kind"] for table in tables} == {"Table"}
    assert [table["columnDefinitions"] is not None for table in tables] == [True, False, False, False, False]
    assert [table["rows"][0]["cells"][0] for table in tables] == ["s", "s", "s", "s", ""]
    assert tables[-1]["rows"][0]["object"]["metadata"]["resourceVersion"] == tables[-1]["metadata"]["resourceVersion"]


async def test_a_live_watch_of_one_object(api: Api, path: Any) -> None:
    stream = api.lines(f"{path}?watch=1&fieldSelector=metadata.name%3Dmine&timeoutSeconds=30")
    await api("POST", path, {"metadata": {"name": "other"}}, code=201)
    first = anext(stream)
    await api("POST", path, {"metadata": {"name": "mine"}}, code=201)
    assert story([await first]) == [("ADDED", "mine")]
    await api("DELETE", f"{path}/mine", code=200)
    assert story([await anext(stream)]) == [("DELETED", "mine")]
    await stream.aclose()


async def test_a_revision_that_is_not_yet_there(api: Api, path: Any) -> None:
    assert [event async for event in api.lines(f"{path}?watch=1&resourceVersion=99999999&timeoutSeconds=1")] == []
    streaming = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=99999999"
    status = await api("GET", f"{path}?{streaming}", code=504)
    assert status["reason"] == "Timeout"


async def test_a_deletion_without_grace_shows_as_mark_and_end(api: Api, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/pods"
    body = {"metadata": {"name": "p"}, "spec": {"nodeName": "none", "containers": [{"name": "c", "image": "x"}]}}
    before = (await api("POST", path, body, code=201))["metadata"]["resourceVersion"]
    gone = await api("DELETE", f"{path}/p?gracePeriodSeconds=0", code=200)
    events = [event async for event in api.lines(f"{path}?watch=1&resourceVersion={before}&timeoutSeconds=1")]
    assert [event["type"] for event in events] == ["MODIFIED", "DELETED"]
    metadata = [gone["metadata"], *(event["object"]["metadata"] for event in events)]
    assert [(row["deletionGracePeriodSeconds"], "deletionTimestamp" in row) for row in metadata] == [(0, True)] * 3
