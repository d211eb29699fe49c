"""Conversion webhooks: objects of a custom kind that are stored in one version and asked for in another.

Readers of the store do not wait, and asking a webhook takes time. So whoever is about to read has the objects converted
first, all that need it in one question, and finds them with the `Storage` of the version afterwards. An object is
converted once for each of its revisions, as long as the definition stays as it is.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson

from liqolab.apimachinery.errors import ApiError, status_error
from liqolab.apimachinery.resources import Object
from liqolab.kube.admission.webhook_calls import CallError, WebhookCaller
from liqolab.kube.api.storage import Storage, storage_of
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.store.record import Record

_GROUP: Final = "apiextensions.k8s.io"
_TIMEOUT: Final = 30
_CHANGEABLE: Final = ("labels", "annotations")
"""What a webhook may change of the metadata."""


class Converter:
    """Has objects converted.

    Args:
        caller: asks webhooks.
    """

    def __init__(self, caller: WebhookCaller) -> None:
        self._caller = caller

    async def prepare(self, spec: KindSpec, records: Iterable[Record]) -> None:
        """Make sure that the storage of a kind knows these records in its version.

        Raises:
            ApiError: 500, the webhook could not be asked or makes no sense.
        """
        if spec.conversion is None:
            return
        storage, wanted = storage_of(spec), spec.resource.api_version
        todo = [row for row in records if not storage.knows(row) and row.object.get("apiVersion") != wanted]
        if not todo:
            return
        converted = await self._convert(spec.conversion, [row.object for row in todo], wanted)
        for record, obj in zip(todo, converted, strict=True):
            storage.remember(record, obj)

    async def to_storage(self, storage: Storage, obj: Object) -> Object:
        """An object of a version as it is stored. `obj` belongs to the store from here on.

        Raises:
            ApiError: see `prepare`.
        """
        spec = storage.spec
        if spec.conversion is None or spec.storage is None:
            return storage.stored(obj)
        return (await self._convert(spec.conversion, [obj], spec.storage.api_version))[0]

    async def _convert(self, conversion: Object, objects: Sequence[Object], wanted: str) -> list[Object]:
        first = objects[0]
        head = f"conversion webhook for {first.get('apiVersion', '')}, Kind={first.get('kind', '')}"
        try:
            found = await self._ask(conversion, objects, wanted)
        except CallError as error:
            raise _failed(f"{head} failed: {error}") from None
        if len(found) != len(objects):
            raise _failed(f"{head} returned {len(found)} objects, expected {len(objects)}")
        return [_accepted(head, index, *pair, wanted) for index, pair in enumerate(zip(objects, found, strict=True))]

    async def _ask(self, conversion: Object, objects: Sequence[Object], wanted: str) -> list[Any]:
        version = next((name for name in conversion.get("conversionReviewVersions") or () if name in _VERSIONS), "v1")
        uid = str(uuid.uuid4())
        request = {"uid": uid, "desiredAPIVersion": wanted, "objects": list(objects)}
        kind = {"kind": "ConversionReview", "apiVersion": f"{_GROUP}/{version}"}
        raw = await self._caller.post(conversion["clientConfig"], _TIMEOUT, orjson.dumps({**kind, "request": request}))
        try:
            answer: Any = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise CallError(f"couldn't get version/kind; json parse error: {error}") from error
        shown = answer if isinstance(answer, dict) else {}
        if (shown.get("kind"), shown.get("apiVersion")) != (kind["kind"], kind["apiVersion"]):
            got = f"{shown.get('apiVersion', '/')}, Kind={shown.get('kind', '')}"
            raise CallError(f"expected webhook response of {kind['apiVersion']}, Kind=ConversionReview, got {got}")
        return _objects(shown.get("response"), uid)


_VERSIONS: Final = ("v1", "v1beta1")


def _objects(response: Any, uid: str) -> list[Any]:
    if not isinstance(response, dict):
        raise CallError("no response provided")
    if response.get("uid") != uid:
        raise CallError(f'expected response.uid="{uid}", got "{response.get("uid", "")}"')
    result = response.get("result") or {}
    if result.get("status") != "Success":
        if result.get("message"):
            raise CallError(str(result["message"]))
        raise CallError(f"response.result.status was '{result.get('status', '')}', not 'Success'")
    found: list[Any] = response.get("convertedObjects") or []
    return found


def _failed(text: str) -> ApiError:
    return status_error(500, "", text)


def _accepted(head: str, index: int, original: Object, converted: Any, wanted: str) -> Object:
    """A converted object, with the metadata that a webhook may not change as they were.

    Raises:
        ApiError: 500, it is another object, or in another version.
    """
    found: Object = converted if isinstance(converted, dict) else {}
    for what, expected, got in (
        ("groupVersion", wanted, found.get("apiVersion", "")),
        ("kind", original.get("kind"), found.get("kind", "")),
    ):
        if expected != got:
            text = f"invalid {what} (expected {expected}, received {got})"
            raise _failed(f"{head} returned invalid object at index {index}: {text}")
    before, after = original["metadata"], found.get("metadata")
    if not isinstance(after, dict):
        raise _failed(f"{head} returned invalid metadata: missing metadata in converted object")
    for field in ("name", "namespace", "uid"):
        if after.get(field, "") != before.get(field, ""):
            shown = field.upper() if field == "uid" else field
            text = f"must have the same {shown}: {before.get(field, '')} != {after.get(field, '')}"
            raise _failed(f"{head} returned invalid object: {text}")
    metadata = {key: value for key, value in before.items() if key not in _CHANGEABLE}
    metadata |= {key: after[key] for key in _CHANGEABLE if after.get(key)}
    return {**found, "metadata": metadata}
