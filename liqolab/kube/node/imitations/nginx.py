"""nginx's configuration, as far as tutorials write one: where it listens, what its locations return or pass on.

Read from ``/etc/nginx/nginx.conf``, or from ``/etc/nginx/conf.d/*.conf`` where there is none; a directive that is not
known is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web
from yarl import URL

from liqolab.kube.node.fetch import exchange
from liqolab.program import Container

_TOKEN = re.compile(r"""#[^\n]*|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([{};])|([^\s{};]+)""")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_ESCAPE = re.compile(r"\\(.)")
_HOP = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive"})
_SILENT = 444
_GONE = 502

Read = Callable[[str], bytes | None]


@dataclass
class Block:
    """One block of a configuration.

    Attributes:
        words: before its brace: ``location``, ``/``.
        directives: in their order, as words.
        blocks: inside of it.
    """

    words: list[str]
    directives: list[list[str]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def value(self, name: str) -> list[str] | None:
        """The arguments of the last directive of a name."""
        return next((row[1:] for row in reversed(self.directives) if row[0] == name), None)

    def below(self, name: str) -> list[Block]:
        """All blocks of a name, however deep."""
        return [found for block in self.blocks for found in ([block] if block.words[0] == name else block.below(name))]


def parse(text: str) -> Block:
    """Read a configuration; what does not end is taken to end with the file."""
    stack, words = [Block([""])], list[str]()
    for match in _TOKEN.finditer(text):
        double, single, sign, plain = match.groups()
        if sign == ";" and words:
            stack[-1].directives.append(words)
            words = []
        elif sign == "{":
            block = Block(words or [""])
            stack[-1].blocks.append(block)
            stack.append(block)
            words = []
        elif sign == "}" and len(stack) > 1:
            stack.pop()
        elif (
            sign is None
            and (word := next((part for part in (double, single, plain) if part is not None), None)) is not None
        ):
            words.append(_ESCAPE.sub(_unescaped, word) if plain is None else word)
    return stack[0]


def _unescaped(found: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r"}.get(found[1], found[1])


class Configuration:
    """What is configured in a container, besides nginx's own defaults.

    Args:
        read: a file of the container, or None.
        names: the files of its ``conf.d``.
    """

    def __init__(self, read: Read, names: list[str]) -> None:
        whole = read("/etc/nginx/nginx.conf")
        texts = [whole] if whole is not None and b"server" in whole else []
        if not texts or b"conf.d" in (whole or b""):
            texts += [text for name in names if (text := read(f"/etc/nginx/conf.d/{name}")) is not None]
        root = parse("\n".join(text.decode(errors="replace") for text in texts))
        self._servers = root.below("server")
        self._upstreams = {block.words[1]: block for block in root.below("upstream") if len(block.words) > 1}
        self._read = read

    @property
    def ports(self) -> list[int]:
        """Where it listens; empty where nothing is configured."""
        found = [row[1] for server in self._servers for row in server.directives if row[0] == "listen" and len(row) > 1]
        numbers = [text.rpartition(":")[2] for text in found if not text.startswith("[")]
        return list(dict.fromkeys(int(number) for number in numbers if number.isdigit()))

    async def answer(self, request: web.BaseRequest, container: Container, port: int) -> web.Response | None:
        """What is configured for a request; None where files of the usual folder are."""
        server = self._server(request.host.partition(":")[0], port)
        if server is None:
            return None
        location = _location(server, request.path)
        scopes = [scope for scope in (location, server) if scope is not None]
        values = {
            "uri": request.path, "request_uri": request.path_qs, "hostname": container.pod, "host": request.host,
            "http_host": request.host, "remote_addr": request.remote or "", "server_addr": container.pod_ip,
            "scheme": "http", "args": request.query_string, "request_method": request.method,
        }  # fmt: skip
        response = await self._made(request, container, scopes, values)
        for scope in scopes if response is not None else ():
            for row in scope.directives:
                if row[0] == "add_header" and len(row) > 2 and response is not None:
                    response.headers[row[1]] = _filled(row[2], values)
        return response

    async def _made(
        self, request: web.BaseRequest, container: Container, scopes: list[Block], values: dict[str, str]
    ) -> web.Response | None:
        for scope in scopes:
            if returned := scope.value("return"):
                return _returned(returned, scopes, values)
            if passed := scope.value("proxy_pass"):
                return await self._passed(request, container, _filled(passed[0], values), scope)
        return self._file(request.path, scopes)

    def _server(self, host: str, port: int) -> Block | None:
        here = [server for server in self._servers if port in _listens(server)] or self._servers
        named = [server for server in here if host in (server.value("server_name") or ())]
        return next(iter(named or here), None)

    def _file(self, path: str, scopes: list[Block]) -> web.Response | None:
        """A file of a folder that is configured."""
        for scope in scopes:
            if alias := scope.value("alias"):
                name = alias[0].rstrip("/") + "/" + path.removeprefix(scope.words[-1]).lstrip("/")
                break
            if root := scope.value("root"):
                name = root[0].rstrip("/") + path
                break
        else:
            return None
        index = next((found for scope in scopes if (found := scope.value("index"))), ["index.html"])
        names = [name + file for file in index] if name.endswith("/") else [name]
        content = next((data for name in names if (data := self._read(name)) is not None), None)
        if content is None:
            return None
        kind = "text/html" if names[0].endswith((".html", ".htm")) else "text/plain"
        return web.Response(body=content, content_type=kind)

    async def _passed(self, request: web.BaseRequest, container: Container, target: str, scope: Block) -> web.Response:
        url = URL(target)
        path = request.path_qs
        if url.path != "/" or target.endswith("/"):
            path = url.path.rstrip("/") + "/" + path.removeprefix(scope.words[-1]).lstrip("/")
        upstream = self._upstreams.get(url.host or "")
        authority = (upstream.value("server") or [""])[0] if upstream is not None else f"{url.host}:{url.port}"
        host, _, number = authority.partition(":")
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _HOP]
        try:
            connected = await container.network.dial(host, int(number or 80))
            full = URL(f"{url.scheme}://{host}:{number or 80}").join(URL(path, encoded=True))
            body = await request.read()
            answer = await exchange(connected, full, headers, method=request.method, body=body or None)
        except OSError as error:
            container.log(
                f"[error] 1#1: connect() failed ({error.strerror or error}) while connecting to upstream: {target}"
            )
            return web.Response(status=_GONE, text="<h1>502 Bad Gateway</h1>\n", content_type="text/html")
        kept = {name: value for name, value in answer.headers if name.lower() not in _HOP}
        return web.Response(status=answer.status, body=answer.body, headers=kept)


def _listens(server: Block) -> list[int]:
    numbers = [row[1].rpartition(":")[2] for row in server.directives if row[0] == "listen" and len(row) > 1]
    return [int(number) for number in numbers if number.isdigit()] or [80]


def _location(server: Block, path: str) -> Block | None:
    """The location of a path: an exact one, else the first expression, else the longest beginning."""
    rows = [block for block in server.blocks if block.words[0] == "location" and len(block.words) > 1]
    exact = [block for block in rows if block.words[1:2] == ["="] and block.words[-1] == path]
    patterns = [block for block in rows if block.words[1] in ("~", "~*") and _matches(block, path)]
    plain = [block for block in rows if len(block.words) == 2 or block.words[1] == "^~"]
    longest = sorted((b for b in plain if path.startswith(b.words[-1])), key=lambda b: len(b.words[-1]), reverse=True)
    return next(iter([*exact, *patterns, *longest]), None)


def _matches(block: Block, path: str) -> bool:
    try:
        return re.search(block.words[-1], path, re.IGNORECASE if block.words[1] == "~*" else 0) is not None
    except re.error:
        return False


def _filled(text: str, values: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values.get(found[1], ""), text)


def _returned(words: list[str], scopes: list[Block], values: dict[str, str]) -> web.Response:
    status = int(words[0]) if words[0].isdigit() else 302
    text = _filled(words[-1], values) if len(words) > 1 or not words[0].isdigit() else ""
    if status in (301, 302, 303, 307, 308):
        return web.Response(status=status, headers={"Location": text})
    kind = next((found[0] for scope in scopes if (found := scope.value("default_type"))), "text/plain")
    return web.Response(status=500 if status == _SILENT else status, text=text, content_type=kind)
