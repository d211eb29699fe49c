"""Requests of one client, one after the other, over one TLS connection that stays open.

The client is the standard library's, so that it adds little: what is measured is nearly all server. Bodies are read
whole and not parsed.
"""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.figures import Report
from liqolab.controller.kubeconfig import load

OBJECTS: Final = 400
LISTS: Final = 50

_MERGE_PATCH: Final = "application/merge-patch+json"


class Connection:
    """One keep-alive connection with a kubeconfig's identity."""

    def __init__(self, kubeconfig: Path) -> None:
        access = load(kubeconfig)
        tls = ssl.create_default_context(cadata=access.ca.decode() if access.ca else None)
        with tempfile.NamedTemporaryFile() as file:
            file.write((access.certificate or b"").rstrip() + b"\n" + (access.key or b""))
            file.flush()
            tls.load_cert_chain(file.name)
        target = urlsplit(access.server)
        self._http = http.client.HTTPSConnection(target.hostname or "", target.port, context=tls, timeout=30)

    def request(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> float:
        """Milliseconds from the first byte sent to the last byte received.

        Raises:
            RuntimeError: the answer is no success.
        """
        started = time.perf_counter()
        self.content(method, path, body, kind)
        return (time.perf_counter() - started) * 1000

    def content(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> bytes:
        """What is answered.

        Raises:
            RuntimeError: the answer is no success.
        """
        encoded = json.dumps(body).encode() if body is not None else None
        self._http.request(method, path, encoded, {"Content-Type": kind, "Accept": "application/json"})
        answer = self._http.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of an answer as they come: a watch."""
        self._http.request("GET", path, headers={"Accept": "application/json"})
        yield from self._http.getresponse()

    def close(self) -> None:
        """Release the connection."""
        self._http.close()


@contextmanager
def _namespace(connection: Connection) -> Iterator[str]:
    name = f"bench-{secrets.token_hex(3)}"
    connection.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    try:
        yield name
    finally:
        connection.request("DELETE", f"/api/v1/namespaces/{name}")


def measure(kubeconfig: Path, report: Report) -> None:
    """Create, get and patch `OBJECTS` small ConfigMaps and list them `LISTS` times."""
    connection = Connection(kubeconfig)
    try:
        with _namespace(connection) as namespace:
            path = f"/api/v1/namespaces/{namespace}/configmaps"
            # A namespace of its own, filled up first: what is measured is not the warming up of anything.
            for number in range(OBJECTS // 10):
                connection.request("POST", path, _config_map(f"warm-{number}"))
            for number in range(OBJECTS):
                report.add("create", connection.request("POST", path, _config_map(f"object-{number}")))
            for number in range(OBJECTS):
                report.add("get", connection.request("GET", f"{path}/object-{number}"))
            for number in range(OBJECTS):
                changed = {"data": {"key": f"changed-{number}"}}
                report.add("patch", connection.request("PATCH", f"{path}/object-{number}", changed, _MERGE_PATCH))
            for number in range(OBJECTS // 10):
                connection.request("DELETE", f"{path}/warm-{number}")
            for _ in range(LISTS):
                report.add("list", connection.request("GET", path))
    finally:
        connection.close()


def _config_map(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": {"app": "bench"}}, "data": {"key": "value", "other": "x" * 100}}
