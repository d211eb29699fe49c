"""The store on its own: the limits that a running cluster does not meet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from liqolab.apimachinery.resources import Object
from liqolab.kube.store.database import Database
from liqolab.kube.store.derived import Followed
from liqolab.kube.store.errors import CorruptError, ExpiredError, FutureError, StaleError, WriteFailedError
from liqolab.kube.store.store import Store
from liqolab.kube.store.subscription import QUEUE_LIMIT


def thing(**fields: Any) -> Any:
    return {"kind": "Thing", "apiVersion": "v1", "metadata": {"name": "x"}, **fields}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    store = Store.open(tmp_path / "store.db", window=10)
    yield store
    store.close()


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db")
    store = Store(database)
    subscription = store.subscribe("things")
    store.create("things", ("", "small"), thing())
    database.limit_pages(1)
    before = store.revision
    with pytest.raises(
        WriteFailedError, match=r"^the cluster's disk is full: .*; free some space, nothing was changed$"
    ):
        store.create("things", ("", "big"), thing(data="x" * 100_000))
    assert store.revision == before and store.get("things", "", "big") is None
    database.limit_pages(100_000)
    assert store.create("things", ("", "big"), thing(data="x" * 100_000)).revision == before + 1
    store.close()
    again = Store.open(tmp_path / "store.db")
    assert again.revision == before + 1 and len(again.list("things")) == 2
    again.close()
    assert subscription.closed


def test_compare_and_set(store: Any) -> None:
    first = store.create("things", ("", "x"), thing())
    second = store.update("things", ("", "x"), thing(a=1), first.revision)
    with pytest.raises(StaleError):
        store.update("things", ("", "x"), thing(a=2), first.revision)
    with pytest.raises(StaleError):
        store.delete("things", ("", "x"), first.revision)
    assert store.delete("things", ("", "x"), second.revision).object["a"] == 1


async def test_the_window_has_an_end(store: Any) -> None:
    record = store.create("things", ("", "x"), thing())
    start = record.revision
    for number in range(10):
        record = store.update("things", ("", "x"), thing(n=number), record.revision)
    subscription = store.subscribe("things", start)
    assert [change.record.object["n"] for change in await subscription.batch()] == list(range(10))
    store.update("things", ("", "x"), thing(), record.revision)
    with pytest.raises(ExpiredError):
        store.subscribe("things", start)
    with pytest.raises(FutureError):
        store.subscribe("things", store.revision + 1)


def test_the_past_can_be_read(store: Any) -> None:
    a = store.create("things", ("", "a"), thing(n=1))
    b = store.create("things", ("", "b"), thing(n=1))
    at = store.revision
    store.update("things", ("", "a"), thing(n=2), a.revision)
    store.delete("things", ("", "b"), b.revision)
    store.create("things", ("", "c"), thing(n=1))
    store.create("others", ("", "a"), thing(n=9))
    assert [(record.key[1], record.object["n"]) for record in store.list_at("things", at)] == [("a", 1), ("b", 1)]
    assert [record.key[1] for record in store.list("things")] == ["a", "c"]


async def test_a_slow_reader_is_cut_off(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store.db")
    subscription = store.subscribe("things")
    record = store.create("things", ("", "x"), thing())
    change = (await subscription.batch())[0]
    for _ in range(QUEUE_LIMIT):
        subscription.offer(change)
    assert not subscription.overflowed
    subscription.offer(change)
    assert subscription.overflowed and await subscription.batch() == []
    store.delete("things", ("", "x"), record.revision)
    store.close()


def test_another_format_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path / "store.db").close()
    import sqlite3

    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(CorruptError, match="written by another release"):
        Store.open(tmp_path / "store.db")


async def test_what_happened_before_the_end_is_still_handed_out(store: Any) -> None:
    subscription = store.subscribe("things")
    record = store.create("things", ("", "x"), thing())
    store.delete("things", ("", "x"), record.revision)
    store.end_subscriptions("things")
    assert [change.type for change in await subscription.batch()] == ["ADDED", "DELETED"]
    assert await subscription.batch() == []


def test_what_is_followed_is_what_counting_anew_says(tmp_path: Path) -> None:
    """Also when more has changed since than is remembered, and when one of its changes fails."""
    store = Store.open(tmp_path / "followed.db", window=6)
    chance = Random(3)
    failing = False

    def change(names: dict[str, str], _: str, before: Object | None, after: Object | None) -> None:
        if failing:
            raise RuntimeError("no")
        if before is not None:
            assert names.pop(before["metadata"]["name"]) == before["metadata"]["resourceVersion"]
        if after is not None:
            names[after["metadata"]["name"]] = after["metadata"]["resourceVersion"]

    followed: Followed[dict[str, str]] = Followed(store, ("things",), dict, change)
    for turn in range(200):
        key = ("space", f"n{chance.randrange(8)}")
        known = store.get("things", *key)
        if known is None:
            store.create("things", key, {"metadata": {"namespace": key[0], "name": key[1]}})
        elif chance.random() < 0.5:
            store.delete("things", key, known.revision)
        else:
            store.update("things", key, known.copy(), known.revision)
        if turn % 17 == 0:
            failing = True
            with pytest.raises(RuntimeError):
                followed.value()
            failing = False
        if chance.random() < 0.3:
            assert followed.value() == {row.key[1]: str(row.revision) for row in store.list("things")}
        assert [row.key for row in store.list("things", "space")] == sorted(row.key for row in store.list("things"))
    store.close()
