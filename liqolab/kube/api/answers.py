"""HTTP answers: documents, Statuses and pages, with the headers and the layout that a real server gives them.

Compact JSON ends with a newline, indented JSON does not; errors are laid out like answers. Whatever is large is
compressed for those who can read it, in a thread.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Final

import orjson
from aiohttp import web
from aiohttp.web import ContentCoding

from liqolab.apimachinery.errors import ApiError
from liqolab.kube.api.negotiation import PLAIN, Answer, dump, indented, negotiate_error, wants_pretty

AUDIT_ID: Final = "Audit-ID"
FLOW: Final = "flow"
"""Where a request keeps the headers that say which flow it belongs to."""
_CACHE: Final = {"Cache-Control": "no-cache, private"}
_COMPRESSED_FROM: Final = 128 * 1024
"""Bytes: what is smaller than this a real server sends as it is."""


def document(
    http: web.BaseRequest,
    body: bytes,
    code: int = 200,
    *,
    answer: Answer = PLAIN,
    warnings: Iterable[str] = (),
    content_type: str = "",
) -> web.Response:
    """An answer with a document.

    Args:
        http: whom it is for.
        body: YAML, or compact JSON without a newline.
        code: the status.
        answer: what was negotiated.
        warnings: sent as ``Warning`` headers.
        content_type: another one than the form's.
    """
    if not answer.yaml:
        pretty = answer.pretty or wants_pretty(http.raw_path, http.headers.get("User-Agent", ""))
        body = indented(body) if pretty else body + b"\n"
    response = web.Response(status=code, body=body, headers=_CACHE, zlib_executor_size=_COMPRESSED_FROM)
    response.headers["Content-Type"] = content_type or answer.content_type
    for text in warnings:
        response.headers.add("Warning", warning(text))
    if len(body) > _COMPRESSED_FROM:
        compress(http, response)
    return response


def warning(text: str) -> str:
    """A ``Warning`` header."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'299 - "{escaped}"'


def compress(http: web.BaseRequest, response: web.Response) -> None:
    """Send a large answer smaller, if the client said that it can read that."""
    offered = http.headers.get("Accept-Encoding", "").split(",")
    if "gzip" in map(str.strip, offered):
        response.enable_compression(ContentCoding.gzip)
        response.headers.add("Vary", "Accept-Encoding")


def raw(body: bytes, code: int = 200) -> web.Response:
    """What is indented for everybody: version, the list of paths, errors that fit no wish."""
    response = web.Response(status=code, body=indented(body), headers=_CACHE)
    response.headers["Content-Type"] = "application/json"
    return response


def failure(http: web.BaseRequest, error: ApiError) -> web.Response:
    """A Status."""
    answer = negotiate_error(http.headers.get("Accept", ""))
    response = document(http, dump(error.status, answer), error.code, answer=answer)
    response.headers.update(error.headers)
    retry = (error.status.get("details") or {}).get("retryAfterSeconds")
    if retry:
        response.headers.setdefault("Retry-After", str(retry))
    return response


def text(body: str, code: int = 200) -> web.Response:
    """Plain text."""
    return web.Response(status=code, text=body, headers=_CACHE)


def no_page() -> web.Response:
    """The answer of a path that nobody knows."""
    response = text("404 page not found\n", 404)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def mark(http: web.BaseRequest, response: web.StreamResponse) -> None:
    """Give an answer the name under which it can be found in a log, the client's own or a new one, and say which flow
    its request belonged to.
    """
    if not response.prepared:
        response.headers.update(http.get(FLOW, ()))
        response.headers.setdefault("Audit-Id", http.headers.get(AUDIT_ID) or _random_name())


def _random_name() -> str:
    """A random UUID for every answer; nobody guards anything with it, so it need not cost what `uuid` takes for one."""
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def encoded(value: object) -> bytes:
    """Compact JSON."""
    return orjson.dumps(value)
