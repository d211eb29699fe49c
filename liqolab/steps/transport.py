"""Requests to one API server through the official client, with an end to every wait.

The official client waits for ever by default and repeats what fails; a check must do neither. Whatever happens becomes
one of two errors: the server refused (`RefusedError`), or it cannot be talked to (`UnreachableError`).

The client is imported when the first cluster is looked at. That takes half a second, for which whoever only lists or
checks sentences need not wait.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from liqolab.steps.failing.failure import CheckFailedError

if TYPE_CHECKING:
    from kubernetes.client.exceptions import ApiException

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


class Transport:
    """One API server, as the user of one kubeconfig."""

    def __init__(self, cluster: str, kubeconfig: Path) -> None:
        """No connection is made yet.

        Raises:
            UnreachableError: the kubeconfig is unusable.
        """
        import kubernetes
        from kubernetes.dynamic import DynamicClient

        self._cluster = cluster
        settings = type.__call__(kubernetes.client.Configuration)
        settings.retries = False
        try:
            client = kubernetes.config.new_client_from_config(
                str(kubeconfig), client_configuration=settings, persist_config=False
            )
        except (kubernetes.config.ConfigException, OSError, ValueError) as error:
            raise UnreachableError(f'cluster "{cluster}" cannot be reached with {kubeconfig}: {error}') from None
        # Which kinds there are is found out by `Discovery`, in two requests instead of thirty.
        self._client = DynamicClient(client, discoverer=lambda client, cache: None)

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
        from urllib3.exceptions import HTTPError

        response = self._request(method, path, query, body, content_type, accept, ANSWER_SECONDS)
        try:
            content = response.read()
        except (HTTPError, OSError) as error:
            raise self._unreachable(error) from None
        finally:
            response.release_conn()
        if "json" not in response.headers.get("Content-Type", ""):
            return content.decode(errors="replace")
        return orjson.loads(content)

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

        response = self._request("get", path, query, None, "application/json", "*/*", seconds)
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
        self._client.client.rest_client.pool_manager.clear()

    def _request(
        self, method: str, path: str, query: Query | None, body: Any, content_type: str, accept: str, seconds: float
    ) -> Any:
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        try:
            return self._client.request(
                method,
                path,
                body=body,
                query_params=[(name, value) for name, value in (query or {}).items() if value not in (None, "")],
                header_params={"Accept": accept},
                content_type=content_type,
                serialize=False,
                _request_timeout=(CONNECT_SECONDS, seconds),
            )
        except ApiException as error:
            if not error.status:
                raise self._unreachable(error) from None
            reason, message = _said(error)
            raise RefusedError(self._cluster, error.status, reason, message) from None
        except (HTTPError, OSError) as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: Exception) -> UnreachableError:
        return UnreachableError(f'cluster "{self._cluster}" does not answer: {_cause(error)}')


def _said(error: ApiException) -> tuple[str, str]:
    """Reason and message of a Status document."""
    try:
        document = json.loads(error.body)
        return str(document.get("reason", "")), str(document["message"])
    except (TypeError, ValueError, KeyError, AttributeError):
        return "", str(error.reason or error)


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
