"""The one error type of the API: a Kubernetes ``Status`` that travels as an exception.

The API server raises it and writes it to the wire; the client reads it from the wire and raises it again. Controllers
therefore handle the same exception whether they run inside a cluster's process or against a real cluster. The texts
follow ``k8s.io/apimachinery/pkg/api/errors`` and are kept in the constructors below, one per reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from liqolab.apimachinery.resources import Object, Resource


@dataclass(frozen=True, slots=True)
class FieldError:
    """One entry of ``details.causes``: what is wrong with which field.

    Attributes:
        field: path such as ``spec.containers[0].name``; ``<nil>`` when there is none.
        reason: one of the ``FieldValue…`` causes.
        message: the text without the field path, as ``field.Error.ErrorBody()`` prints it.
    """

    field: str
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class ApiError(Exception):
    """A ``Status`` of kind Failure.

    Attributes:
        status: the whole Status document, ready to be sent.
        headers: extra HTTP headers for the answer (``Retry-After``).
    """

    def __init__(self, status: Object, headers: dict[str, str] | None = None) -> None:
        super().__init__(status.get("message", ""))
        self.status = status
        self.headers = headers or {}

    @property
    def code(self) -> int:
        """The HTTP status code."""
        return int(self.status.get("code", 500))

    @property
    def reason(self) -> str:
        """The machine-readable reason, or an empty string."""
        return str(self.status.get("reason", ""))

    @property
    def message(self) -> str:
        """The text a person reads."""
        return str(self.status.get("message", ""))

    @property
    def not_found(self) -> bool:
        return self.code == 404

    @property
    def already_exists(self) -> bool:
        return self.reason == "AlreadyExists"

    @property
    def conflict(self) -> bool:
        return self.reason == "Conflict"

    @property
    def expired(self) -> bool:
        """410: the resource version is too old; list again."""
        return self.code == 410


class _Tolerated:
    """Passes over refusals for one reason within a ``with`` block, and over no other error."""

    def __init__(self, is_fine: Callable[[ApiError], bool]) -> None:
        self._is_fine = is_fine

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        return isinstance(error, ApiError) and self._is_fine(error)


missing_ok: Final = _Tolerated(lambda error: error.not_found)
"""``with missing_ok:`` what is done to an object that may have gone meanwhile."""

existing_ok: Final = _Tolerated(lambda error: error.already_exists)
"""``with existing_ok:`` making what somebody else may have made."""


def status_error(code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> ApiError:
    """Any failure; the constructors below cover the usual ones with their exact texts."""
    status: Object = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
    }
    if reason:
        status["reason"] = reason
    if details is not None:
        status["details"] = details
    status["code"] = code
    return ApiError(status)


def _details(resource: Resource, name: str = "") -> dict[str, Any]:
    details: dict[str, Any] = {}
    if name:
        details["name"] = name
    if resource.group:
        details["group"] = resource.group
    details["kind"] = resource.plural
    return details


def not_found(resource: Resource, name: str) -> ApiError:
    message = f'{resource.group_resource} "{name}" not found'
    return status_error(404, "NotFound", message, _details(resource, name))


def already_exists(resource: Resource, name: str, *, generated: bool = False) -> ApiError:
    """409; `generated` when the object has a ``generateName``, be it that its name was given all the same."""
    message = f'{resource.group_resource} "{name}" already exists'
    details = _details(resource, name)
    if generated:
        message += ", the server was not able to generate a unique name for the object"
        details["retryAfterSeconds"] = 1
    return status_error(409, "AlreadyExists", message, details)


def conflict(resource: Resource, name: str, why: str) -> ApiError:
    message = f'Operation cannot be fulfilled on {resource.group_resource} "{name}": {why}'
    return status_error(409, "Conflict", message, _details(resource, name))


MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def forbidden(resource: Resource, name: str, why: str) -> ApiError:
    subject = f'{resource.group_resource} "{name}"' if name else resource.group_resource
    return status_error(403, "Forbidden", f"{subject} is forbidden: {why}", _details(resource, name))


def invalid(resource: Resource, name: str, errors: Iterable[FieldError]) -> ApiError:
    """422: one or more fields are wrong. ``details.kind`` is the Kind here, not the plural."""
    causes = list(errors)
    # A cause that was found twice is counted twice and told once.
    texts = list(dict.fromkeys(str(error) for error in causes))
    body = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    details: dict[str, Any] = {"name": name} if name else {}
    if resource.group:
        details["group"] = resource.group
    if resource.kind:
        details["kind"] = resource.kind
    details["causes"] = [{"reason": error.reason, "message": error.message, "field": error.field} for error in causes]
    return status_error(422, "Invalid", f'{resource.group_kind} "{name}" is invalid: {body}', details)


def bad_request(message: str) -> ApiError:
    return status_error(400, "BadRequest", message)


def internal(message: str) -> ApiError:
    details = {"causes": [{"message": message}]}
    return status_error(500, "InternalError", f"Internal error occurred: {message}", details)


def method_not_allowed() -> ApiError:
    text = "the server does not allow this method on the requested resource"
    return status_error(405, "MethodNotAllowed", text, {})


def unauthorized() -> ApiError:
    return status_error(401, "Unauthorized", "Unauthorized")


def expired(message: str) -> ApiError:
    return status_error(410, "Expired", message)
