"""The query parameters of requests, checked: what a client asks for and the server does not know is refused, never
silently ignored (an informer that asked for ``sendInitialEvents`` would wait for ever).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from liqolab.apimachinery.errors import ApiError, FieldError, bad_request, invalid, status_error
from liqolab.apimachinery.resources import Object, Resource
from liqolab.apimachinery.selectors import FieldSelector, LabelSelector, SelectorError
from liqolab.kube.kinds.field_errors import quoted
from liqolab.kube.kinds.spec import KindSpec


def _meta(kind: str) -> Resource:
    return Resource("meta.k8s.io", "v1", kind, kind, False)


def refuse(kind: str, field: str, reason: str, message: str) -> ApiError:
    """422 about an option: ``ListOptions.meta.k8s.io "" is invalid: …``."""
    return invalid(_meta(kind), "", [FieldError(field, reason, message)])


def _unsupported(kind: str, field: str, shown: str, supported: str) -> ApiError:
    return refuse(kind, field, "FieldValueNotSupported", f"Unsupported value: {shown}: supported values: {supported}")


def flag(query: Mapping[str, str], name: str) -> bool:
    """A boolean parameter the way Go reads it: absent, empty, ``0`` and ``false`` are false."""
    return query.get(name, "").lower() not in ("", "0", "f", "false")


def number(query: Mapping[str, str], name: str) -> int | None:
    """An integer parameter.

    Raises:
        ApiError: 400, it is no number.
    """
    text = query.get(name, "")
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def dry_run(query: Mapping[str, str], body: Object | None, kind: str) -> bool:
    """Whether nothing may be written.

    Raises:
        ApiError: 422, a value other than All.
    """
    values = [query["dryRun"]] if query.get("dryRun") else list((body or {}).get("dryRun") or ())
    wrong = [value for value in values if value != "All"]
    if wrong:
        shown = ",".join(f'"{value}"' for value in wrong)
        raise _unsupported(kind, "dryRun", f"[{shown}]", '"All"')
    return bool(values)


def field_validation(query: Mapping[str, str], kind: str) -> str:
    """``Ignore``, ``Warn`` (the default) or ``Strict``.

    Raises:
        ApiError: 422, another value.
    """
    value = query.get("fieldValidation") or "Warn"
    if value not in ("Ignore", "Warn", "Strict"):
        supported = '"Ignore", "Warn", "Strict"'
        raise _unsupported(kind, "fieldValidation", f'"{value}"', supported)
    return value


_MANAGER_BYTES: Final = 128


def field_manager(query: Mapping[str, str], user_agent: str, kind: str) -> str:
    """Who is written down as the manager of fields: the parameter, else the name of the program; may be empty.

    Raises:
        ApiError: 422, it is too long or cannot be printed.
    """
    given = query.get("fieldManager")
    if not given:
        name = "".join(c for c in user_agent.partition("/")[0] if c.isprintable())
        return name.encode()[:_MANAGER_BYTES].decode(errors="ignore")
    if len(given.encode()) > _MANAGER_BYTES:
        text = f"Too long: may not be more than {_MANAGER_BYTES} bytes"
        raise refuse(kind, "fieldManager", "FieldValueTooLong", text)
    for index, character in enumerate(given):
        if not character.isprintable():
            position = len(given[:index].encode())
            text = f"invalid character U+{ord(character):04X} (at position {position})"
            raise refuse(kind, "fieldManager", "FieldValueInvalid", f"Invalid value: {quoted(given)}: {text}")
    return given


def revision(text: str) -> int:
    """A resourceVersion as a number; empty is 0.

    Raises:
        ApiError: it is no number (the real server's odd 500 without a reason).
    """
    if not text:
        return 0
    if text.isascii() and text.isdigit():
        return int(text)
    message = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
    raise status_error(500, "", message)


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
    def parse(query: Mapping[str, str], spec: KindSpec, *, watch: bool = False) -> ListOptions:
        """The options in a query.

        Raises:
            ApiError: 400 or 422 with the real server's texts.
        """
        labels, fields = parse_selectors(query, spec)
        timeout = number(query, "timeoutSeconds")
        options = ListOptions(
            labels=labels,
            fields=fields,
            limit=max(0, number(query, "limit") or 0),
            continue_=decode_continue(query["continue"]) if query.get("continue") else None,
            resource_version=query.get("resourceVersion", ""),
            match=query.get("resourceVersionMatch", ""),
            timeout=float(timeout) if timeout else None,
            bookmarks=flag(query, "allowWatchBookmarks"),
            initial_events=flag(query, "sendInitialEvents") if query.get("sendInitialEvents") else None,
        )
        _check_match(options, bool(query.get("continue")), watch)
        return options


def _check_match(options: ListOptions, continued: bool, watch: bool) -> None:
    match, version = options.match, options.resource_version

    def forbid(field: str, text: str) -> ApiError:
        return refuse("ListOptions", field, "FieldValueForbidden", f"Forbidden: {text}")

    if watch:
        if options.initial_events is not None and match != "NotOlderThan":
            text = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
            raise forbid("resourceVersionMatch", text)
        if match and options.initial_events is None:
            text = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            raise forbid("resourceVersionMatch", text)
        return
    if options.initial_events is not None:
        raise forbid("sendInitialEvents", "sendInitialEvents is forbidden for list")
    if not match:
        return
    if continued:
        raise forbid("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided")
    if not version:
        raise forbid("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided")
    if match not in ("Exact", "NotOlderThan"):
        supported = '"Exact", "NotOlderThan", ""'
        raise _unsupported("ListOptions", "resourceVersionMatch", f'"{match}"', supported)
    if match == "Exact" and version == "0":
        text = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
        raise forbid("resourceVersionMatch", text)


def parse_selectors(query: Mapping[str, str], spec: KindSpec) -> tuple[LabelSelector, FieldSelector]:
    """The label and field selectors of a query.

    Raises:
        ApiError: 400, a selector that cannot be read, or a field that the kind cannot be selected by.
    """
    try:
        labels = LabelSelector.parse(query.get("labelSelector", ""))
        fields = FieldSelector.parse(query.get("fieldSelector", ""))
    except SelectorError as error:
        raise bad_request(str(error)) from None
    for requirement in fields.requirements:
        known = requirement.field in spec.selectable or requirement.field == "metadata.name"
        if known or (requirement.field == "metadata.namespace" and spec.resource.namespaced):
            continue
        if spec.selectable or spec.custom:
            raise bad_request(f"field label not supported: {requirement.field}")
        only = '"metadata.name", "metadata.namespace"'
        raise bad_request(f'"{requirement.field}" is not a known field selector: only {only}')
    return labels, fields


def encode_continue(at: int, key: tuple[str, str]) -> str:
    """The token with which a client asks for the next page: opaque to it, the real server's format inside."""
    start = "/".join(key) if key[0] else key[1]
    token = orjson.dumps({"v": "meta.k8s.io/v1", "rv": at, "start": start + "\0"})
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode()


def decode_continue(text: str) -> tuple[int, tuple[str, str]]:
    """Revision and last key of a token.

    Raises:
        ApiError: 400, it is none of ours.
    """
    try:
        token = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        start = token["start"].removesuffix("\0")
        namespace, _, name = start.rpartition("/")
        return int(token["rv"]), (namespace, name)
    except (binascii.Error, orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise bad_request(f"invalid continue token: continue key is not valid: {error}") from None
