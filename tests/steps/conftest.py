"""An API server that does as it is told, for what no cluster can be made to do at will, and counts what it is asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from liqolab.steps.clusters import Cluster

Object = dict[str, Any]
Script = Callable[["Watch"], None]

CONFIG_MAPS = {
    "resource": "configmaps",
    "singularResource": "configmap",
    "shortNames": ["cm"],
    "responseKind": {"group": "", "version": "v1", "kind": "ConfigMap"},
    "scope": "Namespaced",
    "verbs": ["get", "list", "watch"],
}
DEFINITIONS = {
    "resource": "customresourcedefinitions",
    "singularResource": "customresourcedefinition",
    "responseKind": {"group": "apiextensions.k8s.io", "version": "v1", "kind": "CustomResourceDefinition"},
    "scope": "Cluster",
    "verbs": ["get", "list", "watch"],
}
GADGETS = {
    "resource": "gadgets",
    "singularResource": "gadget",
    "responseKind": {"group": "example.com", "version": "v1", "kind": "Gadget"},
    "scope": "Cluster",
    "verbs": ["get", "list", "watch"],
}


class Watch:
    """A watch that is being answered; the script says what comes of it."""

    def __init__(self, handler: BaseHTTPRequestHandler, seconds: float) -> None:
        self._handler = handler
        self._seconds = seconds
        self._quiet = threading.Event()

    def send(self, change: str, item: Object) -> None:
        line = json.dumps({"type": change, "object": item}).encode() + b"\n"
        self._handler.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))

    def last(self) -> None:
        """Stay quiet to the end of the time that was asked for, and end in good order."""
        self._quiet.wait(self._seconds)
        self.end()

    def end(self) -> None:
        self._handler.wfile.write(b"0\r\n\r\n")

    def break_off(self) -> None:
        """The connection breaks, as it does when a server dies."""
        self._handler.connection.shutdown(2)

    def hang(self, until: threading.Event) -> None:
        """Neither a word nor an end, as of a process that was stopped."""
        until.wait()


@dataclass
class ApiServer:
    """What it holds and does.

    Attributes:
        objects: collection's path → objects.
        scripts: what comes of watches, the first of the first; a watch beyond them lasts quietly.
        asked: ``LIST``, ``WATCH`` or ``DISCOVERY`` for each request.
        dead: no answers any more.
        away: how many requests find nobody before it answers.
    """

    objects: dict[str, list[Object]] = field(default_factory=dict)
    scripts: list[Script] = field(default_factory=list)
    groups: list[Object] = field(default_factory=lambda: [DEFINITIONS])
    asked: list[str] = field(default_factory=list)
    dead: bool = False
    away: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    @staticmethod
    def config_map(name: str, **data: str) -> Object:
        metadata = {"name": name, "namespace": "default", "uid": name, "resourceVersion": "1"}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}

    def serve_gadgets(self, *items: Object) -> None:
        """Know one kind more, as after a definition."""
        self.groups = [DEFINITIONS, GADGETS]
        self.objects["/apis/example.com/v1/gadgets"] = list(items)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if self.dead or self.away > 0:
            self.away -= 1
            handler.connection.shutdown(2)
        elif url.path in ("/api", "/apis"):
            self.asked.append("DISCOVERY")
            self._document(handler, self._discovery(url.path))
        elif query.get("watch"):
            self.asked.append("WATCH")
            self._begin(handler, [("Transfer-Encoding", "chunked")])
            watch = Watch(handler, float(query["timeoutSeconds"]))
            (self.scripts.pop(0) if self.scripts else Watch.last)(watch)
        else:
            self.asked.append("LIST")
            items = self.objects.get(url.path, [])
            wanted = query.get("fieldSelector", "").removeprefix("metadata.name=")
            found = [item for item in items if wanted in ("", item["metadata"]["name"])]
            self._document(handler, {"kind": "List", "metadata": {"resourceVersion": "1"}, "items": found})

    def _discovery(self, path: str) -> Object:
        rows = [CONFIG_MAPS] if path == "/api" else self.groups
        items = [
            {
                "metadata": {"name": row["responseKind"]["group"]},
                "versions": [{"version": row["responseKind"]["version"], "resources": [row]}],
            }
            for row in rows
        ]
        return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items}

    def _document(self, handler: BaseHTTPRequestHandler, document: Object) -> None:
        content = json.dumps(document).encode()
        self._begin(handler, [("Content-Length", str(len(content)))])
        handler.wfile.write(content)

    def _begin(self, handler: BaseHTTPRequestHandler, headers: list[tuple[str, str]]) -> None:
        handler.send_response(200)
        for name, value in [("Content-Type", "application/json"), *headers]:
            handler.send_header(name, value)
        handler.end_headers()


@pytest.fixture
def api_server() -> ApiServer:
    return ApiServer()


@pytest.fixture
def cluster(api_server: ApiServer, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster whose API server is `api_server`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            api_server.answer(self)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    kubeconfig = tmp_path / "kubeconfig"
    context = {"cluster": "fake", "user": "fake"}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "fake",
        "clusters": [{"name": "fake", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "users": [{"name": "fake", "user": {"token": "none"}}],
        "contexts": [{"name": "fake", "context": context}],
    }
    kubeconfig.write_text(yaml.safe_dump(document))
    try:
        yield Cluster("fake", kubeconfig)
    finally:
        api_server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
