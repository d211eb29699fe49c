"""What the simulated web servers answer.

The answers have the form of the real images' ones where a tutorial looks at them, and tell who answered: that is what
one wants to see of a page behind a Service.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Awaitable, Callable

from aiohttp import web

from liqolab.apimachinery import clock
from liqolab.controller.dialing import Handler
from liqolab.kube.node.images import Simulation
from liqolab.program import Container

_HELLO = """<!DOCTYPE html>
<html>
<head><title>Hello World</title></head>
<body>
<p><span>Server&nbsp;address:</span> <span>{address}</span></p>
<p><span>Server&nbsp;name:</span> <span>{name}</span></p>
<p class="smaller"><span>Date:</span> <span>{date}</span></p>
<p class="smaller"><span>URI:</span> <span>{uri}</span></p>
<p class="smaller">Answered by liqolab, which simulates this container.</p>
</body>
</html>
"""

_WELCOME = """<!DOCTYPE html>
<html>
<head><title>{title}</title></head>
<body>
<h1>{title}</h1>
<p>Answered by liqolab, which simulates this container: pod {name}, address {address}.</p>
</body>
</html>
"""

_TITLES = {"nginx": "Welcome to nginx!", "httpd": "It works!"}
"""Page → the title of the image's own page, which people look for."""

_STAND_IN = "Answered by liqolab, which simulates this container: nothing is known of image {image}. Pod {name}.\n"

_FLIGHTS = (
    ("EY2048", "London Heathrow", "New York JFK"),
    ("BA0117", "London Heathrow", "New York JFK"),
    ("VS0025", "London Heathrow", "New York JFK"),
)

Answer = Callable[[Container, web.BaseRequest, int], web.Response]
Configured = Callable[[web.BaseRequest, Container, int], Awaitable[web.Response | None]]


def page(
    simulation: Simulation,
    container: Container,
    read: Callable[[str], bytes | None],
    configured: Configured | None = None,
) -> Handler:
    """The request handler of an image's server.

    Args:
        simulation: names the page of the table, and the folder whose files come before it.
        container: whose server it is.
        read: a file of the container, or None.
        configured: what a configuration says of a request, which comes before all.
    """
    answer = _PAGES[simulation.page]

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        port = _port(request)
        response = await configured(request, container, port) if configured is not None else None
        response = response or _file(simulation.root, request.path, read) or answer(container, request, port)
        moment = clock.utc().strftime("%d/%b/%Y:%H:%M:%S +0000")
        agent = request.headers.get("User-Agent", "-")
        size = response.content_length or 0
        container.log(
            f'- - - [{moment}] "{request.method} {request.path_qs} HTTP/1.1" {response.status} {size} "{agent}"'
        )
        return response

    return handle


def stand_in(container: Container) -> Handler:
    """The request handler of an image that nobody here knows."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text=_STAND_IN.format(image=container.image, name=container.pod))

    return handle


def _file(root: str, path: str, read: Callable[[str], bytes | None]) -> web.Response | None:
    """A file that somebody has put into the server's folder; None where there is none."""
    if not root or ".." in path.split("/"):
        return None
    name = path + ("index.html" if path.endswith("/") else "")
    content = read(root + name)
    if content is None:
        return None
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return web.Response(body=content, content_type=kind)


def _port(request: web.BaseRequest) -> int:
    """The port that the client asked for, as far as it says."""
    _, _, port = request.host.partition(":")
    return int(port) if port.isdigit() else 80


def _hello(container: Container, request: web.BaseRequest, port: int) -> web.Response:
    date = clock.utc().strftime("%d/%b/%Y:%H:%M:%S +0000")
    address = f"{container.pod_ip}:80"
    if "text/html" in request.headers.get("Accept", ""):
        text = _HELLO.format(address=address, name=container.pod, date=date, uri=_escaped(request.path_qs))
        return web.Response(text=text, content_type="text/html")
    lines = (f"Server address: {address}", f"Server name: {container.pod}", f"Date: {date}", f"URI: {request.path_qs}")
    return web.Response(text="\n".join(lines) + "\n")


def welcome(page: str, container: Container) -> str:
    """The page that an image's server has in its folder; empty where it has none."""
    title = _TITLES.get(page)
    return _WELCOME.format(title=title, name=container.pod, address=container.pod_ip) if title else ""


def _nothing(container: Container, request: web.BaseRequest, port: int) -> web.Response:
    """What is not among the files of a server."""
    status, text = (403, "403 Forbidden") if request.path.endswith("/") else (404, "404 Not Found")
    return web.Response(status=status, text=f"<h1>{text}</h1>\n", content_type="text/html")


def _flights(container: Container, request: web.BaseRequest, port: int) -> web.Response:
    if request.path.rstrip("/") in ("", "/healthz"):
        return web.Response(text="ok\n")
    rows = [{"flight": flight, "from": origin, "to": target} for flight, origin, target in _FLIGHTS]
    document = {"servedBy": container.pod, "schedule": rows, "note": "simulated by liqolab"}
    return web.Response(text=json.dumps(document) + "\n", content_type="application/json")


def _picture(container: Container, request: web.BaseRequest, port: int) -> web.Response:
    """Of the demonstration of rolling updates: which picture a page would show."""
    name = container.image.rpartition("/")[2].partition(":")[0]
    if request.path != "/data.json":
        return web.Response(text=f"{name}\n")
    return web.Response(text=json.dumps({"image": f"{name}.jpg"}, indent=4) + "\n", content_type="application/json")


def _ok(container: Container, request: web.BaseRequest, port: int) -> web.Response:
    return web.Response(text="OK!", content_type="text/html")


def _echo(container: Container, request: web.BaseRequest, port: int) -> web.Response:
    texts = [word.partition("=")[2] for word in container.args if word.lstrip("-").startswith("text=")]
    return web.Response(text=(texts[0] if texts else "hello-world") + "\n")


def _whoami(container: Container, request: web.BaseRequest, port: int) -> web.Response:
    lines = [f"Hostname: {container.pod}", f"IP: {container.pod_ip}", f"{request.method} {request.path_qs} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    return web.Response(text="\n".join(lines) + "\n")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_PAGES: dict[str, Answer] = {
    "nginx": _nothing,
    "httpd": _nothing,
    "hello": _hello,
    "flights": _flights,
    "echo": _echo,
    "ok": _ok,
    "whoami": _whoami,
    "picture": _picture,
}
