"""What a list or a watch asks for: selectors, a page, a revision, the way of beginning."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import orjson

from liqolab.apimachinery.errors import FieldError, bad_request
from liqolab.apimachinery.selectors import FieldSelector, LabelSelector, SelectorError
from liqolab.kube.api import json_errors
from liqolab.kube.api.options import flag, number, refuse
from liqolab.kube.kinds.field_errors import forbidden_field, not_supported
from liqolab.kube.kinds.spec import KindSpec

_TOKEN_VERSION: Final = "meta.k8s.io/v1"  # noqa: S105 (the format of continue tokens)
_NO_BASE64: Final = re.compile(r"[^A-Za-z0-9_-]")
_EXACT: Final = "Exact"
_NOT_OLDER: Final = "NotOlderThan"
_VERSION_WITH_CONTINUE: Final = "specifying resource version is not allowed when using continue"


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What a list or a watch asks for.

    Attributes:
        labels, fields: selectors.
        limit: page size; 0 is no limit.
        continue_: decoded continue token: revision and the (namespace, name) after which to go on.
        resource_version: empty when not given.
        match: ``NotOlderThan``, ``Exact`` or empty.
        timeout: seconds after which a watch ends; None leaves it to the server.
        bookmarks: whether BOOKMARK events are wanted.
        initial_events: ``sendInitialEvents``, None when not given.
    """

    labels: LabelSelector
    fields: FieldSelector
    limit: int = 0
    continue_: tuple[int, tuple[str, str]] | None = None
    resource_version: str = ""
    match: str = ""
    timeout: float | None = None
    bookmarks: bool = False
    initial_events: bool | None = None

    @staticmethod
    def parse(query: Mapping[str, str], spec: KindSpec, *, watch: bool = False, name: str = "") -> ListOptions:
        """The options in a query.

        Args:
            query: the parameters.
            spec: the kind.
            watch: the options are a watch's.
            name: the one object that the path speaks of, if it does.

        Raises:
            ApiError: 400 or 422 with the real server's texts.
        """
        labels, fields = _parse_selectors(query)
        timeout, limit = number(query, "timeoutSeconds"), number(query, "limit")
        token = query.get("continue", "")
        options = ListOptions(
            labels=labels,
            fields=fields,
            limit=max(0, limit or 0),
            resource_version=query.get("resourceVersion", ""),
            match=query.get("resourceVersionMatch", ""),
            timeout=float(timeout) if timeout else None,
            bookmarks=flag(query, "allowWatchBookmarks"),
            initial_events=flag(query, "sendInitialEvents") if "sendInitialEvents" in query else None,
        )
        if errors := _watch_errors(options, token) if watch else _list_errors(options, token):
            raise refuse("ListOptions", errors)
        _check_fields(fields, spec)
        if name:
            options = replace(options, fields=_only(name, fields))
        return replace(options, continue_=_continued(token, options)) if token and not watch else options


def _list_errors(options: ListOptions, token: str) -> list[FieldError]:
    errors: list[FieldError] = []
    match, version = options.match, options.resource_version

    def forbid(text: str) -> None:
        errors.append(forbidden_field("resourceVersionMatch", text))

    if match:
        if not version:
            forbid("resourceVersionMatch is forbidden unless resourceVersion is provided")
        if token:
            forbid("resourceVersionMatch is forbidden when continue is provided")
        if match not in (_EXACT, _NOT_OLDER):
            errors.append(not_supported("resourceVersionMatch", match, (_EXACT, _NOT_OLDER, "")))
        if match == _EXACT and version == "0":
            forbid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    if options.initial_events is not None:
        errors.append(forbidden_field("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    return errors


def _watch_errors(options: ListOptions, token: str) -> list[FieldError]:
    errors: list[FieldError] = []
    match, streaming = options.match, options.initial_events is not None

    def forbid(text: str) -> None:
        errors.append(forbidden_field("resourceVersionMatch", text))

    if streaming and match != _NOT_OLDER:
        forbid(f"sendInitialEvents requires setting resourceVersionMatch to {_NOT_OLDER}")
    if match:
        if not streaming:
            forbid("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
        if match != _NOT_OLDER:
            errors.append(not_supported("resourceVersionMatch", match, (_NOT_OLDER,)))
    if token and (match or options.resource_version in ("", "0")):
        # From the beginning, a watch counts as one that asks for what is not older.
        forbid("resourceVersionMatch is forbidden when continue is provided")
    return errors


def _parse_selectors(query: Mapping[str, str]) -> tuple[LabelSelector, FieldSelector]:
    try:
        labels = LabelSelector.parse(query.get("labelSelector", ""))
        fields = FieldSelector.parse(query.get("fieldSelector", ""))
    except SelectorError as error:
        raise bad_request(str(error)) from None
    # "=" asks nothing of nothing.
    rows = tuple(row for row in fields.requirements if row.field or row.value)
    return labels, fields if len(rows) == len(fields.requirements) else FieldSelector(rows)


def _only(name: str, fields: FieldSelector) -> FieldSelector:
    if not fields.requirements:
        return FieldSelector.parse(f"metadata.name={name}")
    if fields.exact("metadata.name") != name:
        raise bad_request("fieldSelector metadata.name doesn't match requested name")
    return fields


def _check_fields(fields: FieldSelector, spec: KindSpec) -> None:
    """Whether the kind can be selected by these fields; of several that it cannot, the first in order is named."""
    wrong = [
        requirement
        for requirement in fields.requirements
        if requirement.field not in spec.selectable
        and requirement.field != "metadata.name"
        and not (requirement.field == "metadata.namespace" and spec.resource.namespaced)
    ]
    if not wrong:
        return
    field = min(wrong, key=lambda row: (row.field, row.value)).field
    if spec.selectable or spec.custom:
        raise bad_request(spec.not_selectable.format(field=field))
    raise bad_request(f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"')


def encode_continue(at: int, key: tuple[str, str]) -> str:
    """The token with which a client asks for the next page: opaque to it, the real server's format inside."""
    start = "/".join(key) if key[0] else key[1]
    token = orjson.dumps({"v": _TOKEN_VERSION, "rv": at, "start": start + "\0"})
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def _continued(token: str, options: ListOptions) -> tuple[int, tuple[str, str]]:
    """Revision and last key of a token; a revision below 0 means the newest."""
    try:
        at, start = _decode_continue(token)
    except ValueError as error:
        raise bad_request(f"invalid continue token: continue key is not valid: {error}") from None
    if options.resource_version not in ("", "0"):
        raise bad_request(_VERSION_WITH_CONTINUE)
    namespace, _, name = start.removesuffix("\0").rpartition("/")
    return at, (namespace, name)


def _decode_continue(text: str) -> tuple[int, str]:
    """Raises ValueError, with the words of a real server."""
    wrong = _NO_BASE64.search(text)
    if wrong is not None or len(text) % 4 == 1:
        raise ValueError(f"illegal base64 data at input byte {wrong.start() if wrong else len(text) - 1}")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    token = json_errors.loads(raw, "storage.continueToken")
    version, at, start = token.get("v", ""), token.get("rv", 0), token.get("start", "")
    if version != _TOKEN_VERSION:
        raise ValueError(f"server does not recognize this encoded version {version}")
    if not isinstance(at, int) or not at:
        raise ValueError(f"incorrect encoded start resourceVersion (version {_TOKEN_VERSION})")
    if not isinstance(start, str) or not start:
        raise ValueError(f"encoded start key empty (version {_TOKEN_VERSION})")
    if posixpath.normpath(absolute := f"/{start.removeprefix('/')}") != absolute:
        raise ValueError(start)
    return at, start
