"""The query parameters of requests, checked: what a client asks for and the server does not know is refused, never
silently ignored (an informer that asked for ``sendInitialEvents`` would wait for ever).

Here is what all requests share, and what writes may ask for; lists and watches have `list_options`. Parameters are read
as a real server reads them, whose rules differ from type to type: a switch that is named without a value is on, a
number without a value is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from liqolab.apimachinery.errors import ApiError, FieldError, bad_request, invalid, status_error
from liqolab.apimachinery.resources import Object, Resource
from liqolab.commandline.commands import duration
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.kinds.field_errors import forbidden_field, invalid_value, not_supported, required, too_long
from liqolab.kube.store.errors import FutureError

_LONGEST_MANAGER: Final = 128
_INT64: Final = range(-(1 << 63), 1 << 63)
_UINT64: Final = range(1 << 64)
_MOST_DIGITS: Final = 21
"""With as many digits a number does not fit, whichever it is."""

_CREATE: Final = "CreateOptions"
KINDS: Final[Mapping[str, str]] = {
    "create": _CREATE,
    "update": "UpdateOptions",
    "patch": "PatchOptions",
    "delete": "DeleteOptions",
    "deletecollection": "DeleteOptions",
}
"""Verb → the kind of its options, which errors name."""


def refuse(kind: str, errors: Sequence[FieldError]) -> ApiError:
    """422 about options: ``ListOptions.meta.k8s.io "" is invalid: …``."""
    return invalid(Resource("meta.k8s.io", "v1", kind, kind, False), "", errors)


def flag(query: Mapping[str, str], name: str) -> bool:
    """A boolean parameter: only ``0`` and ``false`` are false, once it is there."""
    return name in query and query[name].lower() not in ("0", "false")


def check_timeout(query: Mapping[str, str]) -> None:
    """How long a client would wait, which every request but the endless ones may say.

    Raises:
        ApiError: 400, it is no duration.
    """
    text = query.get("timeout", "")
    try:
        duration(text[1:] if text[:1] in ("+", "-") else text or "0")
    except ValueError:
        unit = re.fullmatch(r"[+-]?[\d.]*\d[\d.]*", text)
        problem = f'time: {"missing unit in" if unit else "invalid"} duration "{text}"'
        raise bad_request(f"invalid timeout specified in the request URL - {problem}") from None


def number(query: Mapping[str, str], name: str) -> int | None:
    """An integer parameter of 64 bits; None when it is not there.

    Raises:
        ApiError: 400, it is no number, or too large a one.
    """
    if name not in query:
        return None
    text = query[name]
    problem = _not_a_number(text.removeprefix("-").removeprefix("+"), text, _INT64)
    if problem:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": {problem}')
    return int(text)


def revision(text: str) -> int:
    """A resourceVersion as a number; empty is 0.

    Raises:
        ApiError: it is no number (the real server's odd 500 without a reason).
    """
    if not text:
        return 0
    if problem := _not_a_number(text, text, _UINT64):
        message = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": {problem}'
        raise status_error(500, "", message)
    return int(text)


def given_revision(text: str) -> int:
    """The resourceVersion of an object that is written.

    Raises:
        ApiError: it is no number (500).
    """
    if problem := _not_a_number(text, text, _UINT64):
        raise status_error(500, "", f'strconv.ParseUint: parsing "{text}": {problem}')
    return int(text)


def too_large(error: FutureError) -> ApiError:
    """504: the client has seen a revision that this cluster has not written (it talks to another cluster)."""
    details = {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
    return status_error(504, "Timeout", f"Timeout: {error}", details)


def _not_a_number(digits: str, text: str, span: range) -> str:
    if not (digits.isascii() and digits.isdigit()):
        return "invalid syntax"
    return "" if len(digits.lstrip("0")) < _MOST_DIGITS and int(text) in span else "value out of range"


def dry_run_errors(values: Sequence[str]) -> list[FieldError]:
    """Nothing but All may stand in ``dryRun``."""
    return [not_supported("dryRun", list(values), ("All",))] if any(value != "All" for value in values) else []


def read_write_options(request: ResourceRequest, user_agent: str) -> None:
    """Take the options of a create, update or patch from the query into the request.

    Args:
        request: its verb, and for a patch its type, decide which options there are.
        user_agent: names the manager of fields when the query does not.

    Raises:
        ApiError: 422, with everything that is wrong.
    """
    query = request.query
    errors: list[FieldError] = []
    manager = query.get("fieldManager", "")
    if request.verb == "patch":
        if request.patch_type != "apply" and "force" in query:
            errors.append(forbidden_field("force", "may not be specified for non-apply patch"))
        elif request.patch_type == "apply" and not manager:
            errors.append(required("fieldManager", "is required for apply patch"))
        request.force = flag(query, "force")
    errors += _manager_errors(manager)
    if "dryRun" in query:
        errors += dry_run_errors((query["dryRun"],))
        request.dry_run = True
    validation = query.get("fieldValidation") or "Warn"
    if validation not in ("Ignore", "Warn", "Strict"):
        errors.append(not_supported("fieldValidation", validation, ("", "Ignore", "Strict", "Warn")))
    if errors:
        raise refuse(KINDS.get(request.verb, _CREATE), errors)
    request.field_validation = validation
    # Who applies says who it is; the name of the program is not enough.
    request.field_manager = manager or ("" if request.patch_type == "apply" else _program(user_agent))


def _manager_errors(manager: str) -> list[FieldError]:
    errors = []
    if len(manager.encode()) > _LONGEST_MANAGER:
        errors.append(too_long("fieldManager", _LONGEST_MANAGER))
    for position, character in enumerate(manager):
        if not character.isprintable():
            at = len(manager[:position].encode())
            text = f"invalid character U+{ord(character):04X} (at position {at})"
            errors.append(invalid_value("fieldManager", manager, text))
    return errors


def _program(user_agent: str) -> str:
    """The name of the program that asks, as far as a manager of fields may be called; may be empty."""
    name = "".join(c for c in user_agent.partition("/")[0] if c.isprintable())
    return name.encode()[:_LONGEST_MANAGER].decode(errors="ignore")


def delete_options(query: Mapping[str, str], body: Object | None) -> Object:
    """The DeleteOptions of a request as a document: its body, or without one what the query says. A body wins whole: a
    real server does not look at the query then.

    Raises:
        ApiError: 400, a number is none.
    """
    if body is not None:
        return body
    found: Object = {}
    if (grace := number(query, "gracePeriodSeconds")) is not None:
        found["gracePeriodSeconds"] = grace
    if "propagationPolicy" in query:
        found["propagationPolicy"] = query["propagationPolicy"]
    for name in ("orphanDependents", "ignoreStoreReadErrorWithClusterBreakingPotential"):
        if name in query:
            found[name] = flag(query, name)
    if "dryRun" in query:
        found["dryRun"] = [query["dryRun"]]
    return found
