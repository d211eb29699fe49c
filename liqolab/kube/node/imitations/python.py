"""``python``, as far as tutorials run it without a program of their own: its web server of a folder."""

from __future__ import annotations

import html
import mimetypes
import posixpath
from urllib.parse import unquote

from aiohttp import web

from liqolab.controller.dialing import shut_down
from liqolab.kube.node import texts
from liqolab.kube.node.machine.commands import fail, forever, say
from liqolab.kube.node.machine.interpreter import Invocation
from liqolab.kube.node.machine.machine import Machine

_VERSION = "3.13.9"
_PORT = 8000


async def python(machine: Machine, call: Invocation) -> int:
    """Carry out ``python -m http.server [PORT]`` and ``python --version``."""
    words = [word for word in call.argv if word != "-u"]
    if words in (["--version"], ["-V"]):
        await say(call, f"Python {_VERSION}\n")
        return 0
    if words[:2] != ["-m", "http.server"]:
        machine.notice(texts.NOT_IMITATED.format(command=" ".join([call.name, *call.argv])))
        return await fail(call, 127, "not imitated in this lab")
    folder = words[words.index("--directory") + 1] if "--directory" in words[:-1] else call.cwd
    port = next((int(word) for word in words[2:] if word.isdigit()), _PORT)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        path = posixpath.normpath(posixpath.join(folder, unquote(request.path).lstrip("/")))
        return _answered(call, machine, path, request.path)

    server = web.Server(answer, access_log=None)
    try:
        await machine.container.network.listen(port, server)
        await say(call, f"Serving HTTP on 0.0.0.0 port {port} (http://0.0.0.0:{port}/) ...\n")
        machine.container.ready.set()
        return await forever()
    finally:
        await shut_down(server)


def _answered(call: Invocation, machine: Machine, path: str, shown: str) -> web.Response:
    for name in (path, f"{path.rstrip('/')}/index.html"):
        if (content := machine.read(name)) is not None:
            return web.Response(body=content, content_type=mimetypes.guess_type(name)[0] or "application/octet-stream")
    try:
        names = sorted(
            row["name"] + "/" * (row["metadata"]["file_type"] == "directory") for row in call.fs.read_dir(path)
        )
    except RuntimeError:
        return web.Response(status=404, text="File not found\n")
    rows = "".join(f'<li><a href="{html.escape(name)}">{html.escape(name)}</a></li>\n' for name in names)
    title = f"Directory listing for {html.escape(shown)}"
    return web.Response(text=f"<h1>{title}</h1>\n<ul>\n{rows}</ul>\n", content_type="text/html")
