"""While a playground is up, nobody else on the network or on the machine gets at it."""

from __future__ import annotations

import ipaddress
import stat
from pathlib import Path

import pytest

from tests.laboratory import Laboratory

pytestmark = pytest.mark.embedded

# A key in PEM, a key in a kubeconfig, and how every JSON web token begins.
SECRETS = (b"PRIVATE KEY", b"client-key-data", b"eyJhbGciOi")


def test_every_listening_socket_is_on_loopback(peered: Laboratory) -> None:
    sockets = peered.listening()
    servers = {status["server"] for status in peered.status().values()}
    assert servers == {f"https://127.0.0.1:{port}" for address, port in sockets if address == "127.0.0.1"}
    assert not [pair for pair in sockets if not ipaddress.ip_address(pair[0]).is_loopback]


def test_folders_of_clusters_are_their_owners_alone(peered: Laboratory) -> None:
    clusters = peered.folder("venice").parent
    folders = [peered.home, clusters.parent, clusters, *(path for path in clusters.rglob("*") if path.is_dir())]
    assert {str(path): _mode(path) for path in folders if _mode(path) != "0o700"} == {}


def test_files_with_keys_or_tokens_are_their_owners_alone(peered: Laboratory) -> None:
    # What kubectl caches is the public documentation of the API, which speaks of keys.
    files = [path for path in peered.home.rglob("*") if path.is_file() and "kubectl-cache" not in path.parts]
    secret = [path for path in files if _is_database(path) or any(mark in path.read_bytes() for mark in SECRETS)]
    expected = {"ca.key", "sa.key", "kubeconfig", "store.db", "store.db-wal", "token", "liqo_kubeconf_venice"}
    assert expected <= {path.name for path in secret}
    assert {str(path): _mode(path) for path in secret if _mode(path) != "0o600"} == {}


def _is_database(path: Path) -> bool:
    return path.name.startswith("store.db")


def _mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))
