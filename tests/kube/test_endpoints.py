"""Ports are chosen once and for all, and nobody can take one between its choice and the server's start."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from liqolab.kube.config import ClusterConfig
from liqolab.kube.endpoints import Reserved, choose_endpoints

CONFIG = ClusterConfig("venice", "v1.34.0", "10.200.0.0/16", "10.96.0.0/16", ())


@pytest.fixture
def reserved() -> Iterator[Reserved]:
    kept = Reserved()
    yield kept
    kept.close()


def test_a_chosen_port_is_taken_from_then_on(tmp_path: Path, reserved: Reserved) -> None:
    chosen = choose_endpoints(tmp_path, CONFIG, reserved)

    assert not Reserved().listen(chosen.address, chosen.port)
    with socket.create_connection((chosen.address, chosen.port), timeout=5):
        pass
    taken = reserved.take(chosen.address, chosen.port)
    assert taken is not None
    taken.close()


def test_the_choice_is_kept_and_given_back_when_not_taken(tmp_path: Path, reserved: Reserved) -> None:
    chosen = choose_endpoints(tmp_path, CONFIG, reserved)
    reserved.close()

    again = Reserved()
    assert choose_endpoints(tmp_path, CONFIG, again) == chosen
    assert again.take(chosen.address, chosen.port) is None
    assert again.listen(chosen.address, chosen.port)
    again.close()


def test_two_clusters_of_one_name_get_places_of_their_own(tmp_path: Path, reserved: Reserved) -> None:
    folders = [tmp_path / str(number) for number in range(8)]
    for folder in folders:
        folder.mkdir()
    chosen = [choose_endpoints(folder, CONFIG, reserved) for folder in folders]

    assert len({(each.address, each.port) for each in chosen}) == len(chosen)
    assert len({each.node_address for each in chosen if each.own_node_address}) == sum(
        each.own_node_address for each in chosen
    )
