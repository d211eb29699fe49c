"""Requests to API servers through the official Python client, which nothing else here imports.

What the checks and the diagnosis say about a cluster shall not rest on this project's own client, which the programs
under test use as well: reading a kubeconfig, TLS, credentials and HTTP are left to the official client
(`OfficialClient`). What is not for checks are its defaults: to wait without an end, and to repeat what fails. With
`Transport`, whatever happens becomes one of two errors: the server refused (`RefusedError`), or it cannot be talked to
(`UnreachableError`).

The client is imported when the first cluster is looked at (`import_client`). That takes half a second, for which
whoever only lists or checks sentences need not wait.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson

from liqolab.steps.failing.error import CheckFailedError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
"""How long an answer may take to begin, and to go on once it has begun."""

WATCH_GRACE_SECONDS = 5.0
"""How much later than asked for a watch may end before its server counts as not answering."""

Query = Mapping[str, str | int | None]


class UnreachableError(CheckFailedError):
    """An API server that cannot be talked to: of what it holds, nothing is known."""


class StreamCutError(UnreachableError):
    """A watch that ended before its time, or whose past the server has forgotten: list again, watch anew."""


class RefusedError(CheckFailedError):
    """An API server that said no; `status` is the HTTP status, `reason` the API's word (``NotFound``, ``Invalid``)."""

    def __init__(self, cluster: str, status: int, reason: str, message: str) -> None:
        super().__init__(f'cluster "{cluster}" refused: {message}')
        self.status = status
        self.reason = reason
        self.message = message


def import_client() -> None:
    """Import the official client, for whoever knows that it will be needed and has the time now."""
    import kubernetes  # noqa: F401 (to have it loaded)


class OfficialClient:
    """The official client's connections to one API server."""

    def __init__(self, kubeconfig: Path) -> None:
        """No connection is made yet.

        Raises:
            ValueError: the kubeconfig is unusable.
        """
        from kubernetes import config

        try:
            self._api = config.new_client_from_config(str(kubeconfig), persist_config=False)
        except (config.ConfigException, OSError) as error:
            raise ValueError(str(error)) from None
        self.server: str = self._api.configuration.host

    def ask(
        self,
        method: str,
        path: str,
        query: Query,
        limits: tuple[float, float],
        *,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        streamed: bool = False,
    ) -> BaseHTTPResponse:
        """The answer, whatever its status; one that is `streamed` has yet to be read. What is None or empty is left out
        of the `query`. `limits` are the seconds that connecting may take, and each part of the answer.

        Raises:
            urllib3.exceptions.HTTPError, OSError: there is none.
        """
        import urllib3

        token = self._api.configuration.get_api_key_with_prefix("authorization")
        headers = {**self._api.default_headers, "Accept": accept, "Content-Type": content_type}
        given = {name: value for name, value in query.items() if value not in (None, "")}
        answer: BaseHTTPResponse = self._api.rest_client.pool_manager.request(
            method.upper(),
            self.server + path + (f"?{urlencode(given)}" if given else ""),
            body=None if body is None else json.dumps(body),
            headers={**headers, "Authorization": token} if token else headers,
            timeout=urllib3.Timeout(connect=limits[0], read=limits[1]),
            retries=False,
            preload_content=not streamed,
        )
        return answer

    def close(self) -> None:
        """Close the connections that are kept for the next request."""
        self._api.rest_client.pool_manager.clear()


class Transport:
    """One API server, as the user of one kubeconfig."""

    def __init__(self, cluster: str, kubeconfig: Path) -> None:
        """No connection is made yet.

        Raises:
            UnreachableError: the kubeconfig is unusable.
        """
        self._cluster = cluster
        try:
            self._client = OfficialClient(kubeconfig)
        except ValueError as error:
            raise UnreachableError(f'cluster "{cluster}" cannot be reached with {kubeconfig}: {error}') from None

    def call(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        *,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Any:
        """The answer's JSON document, or its text where it is not JSON.

        Raises:
            RefusedError: the server answered with an error.
            UnreachableError: it did not answer in time, or not at all.
        """
        answer = self._answer(
            method, path, query or {}, ANSWER_SECONDS, body=body, content_type=content_type, accept=accept
        )
        if "json" not in answer.headers.get("Content-Type", ""):
            return answer.data.decode(errors="replace")
        return orjson.loads(answer.data)

    def stream(self, path: str, query: Query, seconds: float) -> Iterator[Any]:
        """The JSON documents of an answer that goes on, one a line, each as soon as it arrives.

        It ends without an error only when the server ended it in good order.

        Args:
            path: what is asked for.
            query: parameters of it; those that are None or empty are left out.
            seconds: how long the server may be silent.

        Raises:
            RefusedError, UnreachableError: as for `call`.
            StreamCutError: the connection broke.
        """
        for line in self.lines(path, query, seconds):
            yield orjson.loads(line)

    def lines(self, path: str, query: Query, seconds: float) -> Iterator[bytes]:
        """The lines of an answer that goes on, without empty ones; otherwise like `stream`."""
        from urllib3.exceptions import HTTPError, ReadTimeoutError

        response = self._answer("get", path, query, seconds, accept="*/*", streamed=True)
        try:
            pending = b""
            for chunk in response.stream(decode_content=False):
                *lines, pending = (pending + chunk).split(b"\n")
                yield from (line for line in lines if line.strip())
            if pending.strip():
                yield pending
        except ReadTimeoutError:
            raise UnreachableError(f'cluster "{self._cluster}" stopped answering in the middle of a watch') from None
        except (HTTPError, OSError) as error:
            raise StreamCutError(f'cluster "{self._cluster}" broke off a watch: {_cause(error)}') from None
        finally:
            response.close()

    def close(self) -> None:
        """Close the connections that are kept for the next request."""
        self._client.close()

    def _answer(self, method: str, path: str, query: Query, seconds: float, **options: Any) -> BaseHTTPResponse:
        """An answer that is no error."""
        from urllib3.exceptions import HTTPError

        try:
            answer = self._client.ask(method, path, query, (CONNECT_SECONDS, seconds), **options)
            if 200 <= answer.status <= 299:
                return answer
            reason, message = _said(answer.data) or ("", answer.reason or f"HTTP {answer.status}")
        except (HTTPError, OSError) as error:
            raise UnreachableError(f'cluster "{self._cluster}" does not answer: {_cause(error)}') from None
        raise RefusedError(self._cluster, answer.status, reason, message)


def _said(content: bytes) -> tuple[str, str] | None:
    """Reason and message of a Status document; None when it is none."""
    try:
        document = json.loads(content)
        return str(document.get("reason", "")), str(document["message"])
    except (TypeError, ValueError, KeyError, AttributeError):
        return None


def _cause(error: Exception) -> str:
    """What an error of urllib3 says at its root, without the addresses of objects in it."""
    from urllib3.exceptions import ReadTimeoutError

    if isinstance(error, ReadTimeoutError):
        return "no answer in time"
    text = " ".join(str(getattr(error, "reason", None) or error).split())
    # `[Errno 111] Connection refused`, and `('Connection aborted.', ConnectionResetError(104, 'Connection reset'))`.
    if found := re.search(r"\[Errno \d+\] ([\w ]+)", text) or re.search(r"\w+Error\(\d+, '([^']+)'\)", text):
        return found.group(1)
    if "RemoteDisconnected" in text:
        return "it closed the connection without an answer"
    if "object at 0x" in text:
        text = text.rpartition(">: ")[2]
    return text or type(error).__name__
