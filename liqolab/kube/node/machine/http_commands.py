"""``curl`` and ``wget`` over the pod's network: the options that tutorials use, with the real tools' exit codes.

An option that is not known is an error of the command (2 of curl, 1 of wget), never passed over.
"""

from __future__ import annotations

import asyncio
import base64
import getopt
import posixpath
import socket
from dataclasses import dataclass, field
from functools import partial

from yarl import URL

from liqolab.kube.node.fetch import Answer, exchange
from liqolab.kube.node.machine.commands import piped_in, read_file, say
from liqolab.kube.node.machine.interpreter import Command, Invocation
from liqolab.program import Network

_AGENT = "curl/8.17.0"
_MAX_REDIRECTS = 50
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TIMEOUT_SECONDS = 300.0
"""How long both wait unless told otherwise; the real ones for minutes too."""


def _options(flags: str, valued: str) -> list[str]:
    """Long options as `getopt` has them."""
    return [*flags.split(), *(f"{name}=" for name in valued.split())]


_CURL_SHORT = "#sSfikILgqv4x:X:H:d:o:Om:w:u:A:e:b:c:r:T:G:Z0"
_CURL_LONG = _options(
    flags="""
    silent show-error fail fail-with-body include insecure head location globoff verbose ipv4 http1.1 http2
    compressed remote-name retry-connrefused retry-all-errors get no-progress-meter progress-bar no-buffer
    tlsv1.2 create-dirs path-as-is http0.9 version help disable
    """,
    valued="""
    request header data data-raw data-binary data-urlencode json output max-time connect-timeout write-out
    user user-agent retry retry-delay retry-max-time url noproxy proxy cacert cert key resolve cookie form
    referer max-redirs interface
    """,
)
_SAME = {
    "-s": "--silent", "-S": "--show-error", "-f": "--fail", "-i": "--include", "-I": "--head", "-L": "--location",
    "-X": "--request", "-H": "--header", "-d": "--data", "-o": "--output", "-O": "--remote-name", "-m": "--max-time",
    "-w": "--write-out", "-u": "--user", "-A": "--user-agent", "-v": "--verbose", "-G": "--get",
}  # fmt: skip


@dataclass
class _Wish:
    """What a command line of curl asks for, and how far it has come."""

    urls: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    headers: list[tuple[str, str]] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    body: bytes | None = None
    connected: bool = False

    @property
    def method(self) -> str:
        if "--request" in self.values:
            return self.values["--request"]
        if "--head" in self.flags:
            return "HEAD"
        return "GET" if self.body is None else "POST"

    def number(self, name: str, default: float) -> float:
        try:
            return float(self.values.get(name, default))
        except ValueError:
            return default


class CommandFailedError(Exception):
    """A command ends with a code and, unless it is empty, a message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


async def curl(network: Network, call: Invocation) -> int:
    """Carry out ``curl``."""
    try:
        wish = await _wish(call)
    except getopt.GetoptError as error:
        option = f"-{error.opt}" if len(error.opt) == 1 else f"--{error.opt}"
        missing = "requires parameter" if "requires argument" in error.msg else "is unknown"
        await call.stderr.write(f"curl: option {option}: {missing}\n".encode())
        return 2
    if {"--version", "--help"} & wish.flags:
        await say(call, f"{_AGENT.replace('/', ' ')} (liqolab)\n")
        return 0
    if not wish.urls:
        await call.stderr.write(b"curl: (2) no URL specified\n")
        return 2
    code = 0
    for index, address in enumerate(wish.urls):
        try:
            await _fetch_one(network, call, wish, address, index)
            code = 0
        except CommandFailedError as error:
            code = error.code
            if "--silent" not in wish.flags or "--show-error" in wish.flags:
                await call.stderr.write(f"curl: ({code}) {error}\n".encode())
    return code


async def _wish(call: Invocation) -> _Wish:
    options, rest = getopt.gnu_getopt(call.argv, _CURL_SHORT, _CURL_LONG)
    wish = _Wish(urls=list(rest))
    data: list[bytes] = []
    for option, value in options:
        name = _SAME.get(option, option)
        if name == "--header":
            key, _, text = value.partition(":")
            wish.headers.append((key.strip(), text.strip()))
        elif name == "--url":
            wish.urls.append(value)
        elif name == "--output":
            wish.outputs.append(value)
        elif name in ("--data", "--data-raw", "--data-binary", "--data-urlencode", "--json"):
            data.append(await _data(call, name, value))
            if name == "--json":
                wish.headers += [("Content-Type", "application/json"), ("Accept", "application/json")]
        elif value:
            wish.values[name] = value
        else:
            wish.flags.add(name)
    if data:
        wish.body = b"&".join(data)
        if not any(key.lower() == "content-type" for key, _ in wish.headers):
            wish.headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    if "--get" in wish.flags and wish.body is not None:
        wish.urls = [f"{url}{'&' if '?' in url else '?'}{wish.body.decode()}" for url in wish.urls]
        wish.body = None
    if user := wish.values.get("--user"):
        wish.headers.append(("Authorization", "Basic " + base64.b64encode(user.encode()).decode()))
    return wish


async def _data(call: Invocation, name: str, value: str) -> bytes:
    if not value.startswith("@") or name == "--data-raw":
        return value.encode()
    content = await piped_in(call) if value == "@-" else read_file(call, value[1:])
    # Without -binary, line ends are no part of the data.
    return (content or b"") if name == "--data-binary" else (content or b"").replace(b"\n", b"").replace(b"\r", b"")


async def _fetch_one(network: Network, call: Invocation, wish: _Wish, address: str, index: int) -> None:
    attempts = 1 + int(wish.number("--retry", 0))
    while True:
        attempts -= 1
        try:
            url, answer = await _timed(network, wish, address)
            break
        except CommandFailedError as error:
            retried = error.code in (6, 28) or (error.code == 7 and "--retry-connrefused" in wish.flags)
            if attempts <= 0 or not (retried or "--retry-all-errors" in wish.flags):
                raise
            await asyncio.sleep(wish.number("--retry-delay", 1))
    fails = answer.status >= 400 and {"--fail", "--fail-with-body"} & wish.flags
    if not fails or "--fail-with-body" in wish.flags:
        await _deliver(call, wish, url, answer, index)
    if template := wish.values.get("--write-out"):
        await say(call, _written_out(template, url, answer))
    if fails:
        raise CommandFailedError(22, f"The requested URL returned error: {answer.status}")


async def _timed(network: Network, wish: _Wish, address: str) -> tuple[URL, Answer]:
    limit = wish.number("--max-time", _TIMEOUT_SECONDS)
    try:
        async with asyncio.timeout(limit):
            return await _followed(network, wish, address)
    except TimeoutError:
        after = f"timed out after {int(limit * 1000)} milliseconds"
        text = f"Operation {after} with 0 bytes received" if wish.connected else f"Connection {after}"
        raise CommandFailedError(28, text) from None


async def _followed(network: Network, wish: _Wish, address: str) -> tuple[URL, Answer]:
    method, body = wish.method, wish.body
    for _ in range(_MAX_REDIRECTS):
        url = web_address(address)
        headers = [("Host", host_header(url)), ("User-Agent", wish.values.get("--user-agent", _AGENT)), *wish.headers]
        wish.connected = False
        connected = await _dial(network, url, wish.number("--connect-timeout", _TIMEOUT_SECONDS))
        wish.connected = True
        try:
            answer = await exchange(connected, url, headers, method=method, body=body)
        except OSError as error:
            raise CommandFailedError(*_broken(error)) from None
        target = answer.header("Location")
        if "--location" not in wish.flags or answer.status not in _REDIRECTS or not target:
            return url, answer
        address = str(url.join(URL(target)))
        if answer.status in (301, 302, 303) and method != "HEAD":
            method, body = "GET", None
    raise CommandFailedError(47, f"Maximum ({_MAX_REDIRECTS}) redirects followed")


def web_address(text: str) -> URL:
    """The address that a person wrote, http unless it says otherwise.

    Raises:
        CommandFailedError: it is none (3), or of a kind that is not spoken here (1).
    """
    try:
        url = URL(text if "://" in text else f"http://{text}")
        port = url.port
    except ValueError:
        raise CommandFailedError(3, "URL rejected: Bad hostname") from None
    if url.scheme not in ("http", "https"):
        raise CommandFailedError(1, f'Protocol "{url.scheme}" not supported')
    if not url.host or not port:
        raise CommandFailedError(3, "URL rejected: No host part in the URL")
    return url


def host_header(url: URL) -> str:
    return str(url.host) if url.is_default_port() else f"{url.host}:{url.port}"


async def _dial(network: Network, url: URL, seconds: float) -> socket.socket:
    host, port = str(url.host), url.port or 80
    try:
        async with asyncio.timeout(seconds):
            return await network.dial(host, port, "TCP")
    except socket.gaierror:
        raise CommandFailedError(6, f"Could not resolve host: {host}") from None
    except TimeoutError:
        milliseconds = int(seconds * 1000)
        raise CommandFailedError(
            28, f"Failed to connect to {host} port {port} after {milliseconds} ms: Timeout was reached"
        ) from None
    except OSError:
        raise CommandFailedError(
            7, f"Failed to connect to {host} port {port} after 0 ms: Could not connect to server"
        ) from None


def _broken(error: OSError) -> tuple[int, str]:
    text = str(error)
    if "without an answer" in text or "no answer" in text:
        return 52, "Empty reply from server"
    if "not HTTP" in text:
        return 1, "Received HTTP/0.9 when not allowed"
    return 56, f"Recv failure: {error.strerror or text}"


async def _deliver(call: Invocation, wish: _Wish, url: URL, answer: Answer, index: int) -> None:
    head = f"HTTP/1.1 {answer.status} {answer.reason}\r\n" + "".join(
        f"{key}: {value}\r\n" for key, value in answer.headers
    )
    if "--verbose" in wish.flags:
        asked = f"> {wish.method} {url.raw_path_qs or '/'} HTTP/1.1\n> Host: {host_header(url)}\n>\n"
        told = "".join(f"< {line}\n" for line in head.splitlines())
        await call.stderr.write((asked + told + "<\n").encode())
    shown = (head + "\r\n").encode() if {"--include", "--head"} & wish.flags else b""
    await put(call, _target(wish, url, index), shown + answer.body)


def _target(wish: _Wish, url: URL, index: int) -> str:
    if "--remote-name" in wish.flags:
        return url.name or "index.html"
    return wish.outputs[index] if index < len(wish.outputs) else "-"


async def put(call: Invocation, target: str, content: bytes) -> None:
    """Write content to a file of the container, or to standard output (``-``).

    Raises:
        CommandFailedError: 23, it cannot be written.
    """
    if target == "-":
        await call.stdout.write(content)
    elif target != "/dev/null":
        path = posixpath.normpath(posixpath.join(call.cwd, target))
        try:
            call.fs.write_file(path, content)
        except RuntimeError as error:
            raise CommandFailedError(23, f"client returned ERROR on write, {target}: {error}") from None


def _written_out(template: str, url: URL, answer: Answer) -> str:
    known = {
        "http_code": f"{answer.status:03}", "response_code": f"{answer.status:03}", "url_effective": str(url),
        "size_download": str(len(answer.body)), "content_type": answer.header("Content-Type") or "",
        "time_total": "0.001", "time_connect": "0.000", "time_starttransfer": "0.001", "num_redirects": "0",
        "redirect_url": answer.header("Location") or "", "http_version": "1.1", "exitcode": "0", "method": "GET",
    }  # fmt: skip
    for name, value in known.items():
        template = template.replace("%{" + name + "}", value)
    return template.replace("\\n", "\n").replace("\\t", "\t").replace("%%", "%")


_WGET_LONG = _options(
    flags="""
    spider quiet no-check-certificate server-response retry-connrefused no-verbose
    """,
    valued="""
    output-document timeout tries header post-data user-agent proxy
    """,
)


async def wget(network: Network, call: Invocation) -> int:
    """Carry out ``wget``."""
    try:
        options, urls = getopt.gnu_getopt(call.argv, "qO:T:t:SU:cY:P:nv", _WGET_LONG)
    except getopt.GetoptError as error:
        await call.stderr.write(f"wget: unrecognized option: {error.opt}\n".encode())
        return 1
    if not urls:
        await call.stderr.write(b"wget: missing URL\n")
        return 1
    try:
        for url in urls:
            await _wget_one(network, call, options, url)
    except CommandFailedError as error:
        await call.stderr.write(f"wget: {error}\n".encode())
        return 1
    return 0


async def _wget_one(network: Network, call: Invocation, options: list[tuple[str, str]], address: str) -> None:
    flags = dict(options)
    quiet = bool({"-q", "--quiet"} & flags.keys())
    body = flags["--post-data"].encode() if "--post-data" in flags else None
    headers = [tuple(part.strip() for part in value.split(":", 1)) for name, value in options if name == "--header"]
    wish = _Wish(flags={"--location"}, body=body, headers=[(row[0], row[1]) for row in headers if len(row) == 2])
    wish.values = {"--max-time": flags.get("-T", flags.get("--timeout", str(_TIMEOUT_SECONDS))), "--user-agent": "Wget"}
    try:
        url = web_address(address)
        if not quiet:
            await call.stderr.write(f"Connecting to {url.host} ({url.host}:{url.port})\n".encode())
        _, answer = await _timed(network, wish, address)
    except CommandFailedError as error:
        host = str(URL(address if "://" in address else f"http://{address}").host)
        texts = {
            6: f"bad address '{host}'",
            7: f"can't connect to remote host ({host}): Connection refused",
            28: "download timed out",
            52: "error getting response",
        }
        raise CommandFailedError(1, texts.get(error.code, str(error))) from None
    if {"-S", "--server-response"} & flags.keys():
        rows = [f"HTTP/1.1 {answer.status} {answer.reason}", *(f"{key}: {value}" for key, value in answer.headers)]
        await call.stderr.write("".join(f"  {row}\n" for row in rows).encode())
    if answer.status >= 400:
        raise CommandFailedError(1, f"server returned error: HTTP/1.1 {answer.status} {answer.reason}".rstrip())
    if "--spider" in flags:
        if not quiet:
            await call.stderr.write(b"remote file exists\n")
        return
    target = flags.get("-O", flags.get("--output-document", url.name or "index.html"))
    await put(call, target, answer.body)
    if not quiet and target != "-":
        await call.stderr.write(f"saving to '{target}'\n'{target}' saved\n".encode())


def http_commands(network: Network) -> dict[str, Command]:
    """The commands of this module, on one network."""
    return {"curl": partial(curl, network), "wget": partial(wget, network)}
