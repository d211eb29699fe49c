"""From records to the bytes of an answer, in the form that the client asked for.

The plain forms are made by joining the bytes that the store keeps; only a Table, metadata views and YAML look inside.
"""

from __future__ import annotations

from typing import Any

import orjson
import yaml

from liqolab.apimachinery.resources import Object
from liqolab.kube.api.listing import Page
from liqolab.kube.api.negotiation import Answer
from liqolab.kube.api.storage import Storage
from liqolab.kube.api.tables import Include, TableMaker, objects, partial
from liqolab.kube.store.record import Record


def dump(value: Any, answer: Answer) -> bytes:
    """A document as JSON or YAML."""
    if answer.yaml:
        return str(yaml.safe_dump(value, default_flow_style=False)).encode()
    return orjson.dumps(value)


def render(storage: Storage, record: Record, answer: Answer, include: Include) -> bytes:
    """One object."""
    if not answer.view:
        encoded = storage.encode(record)
        return encoded if not answer.yaml else dump(orjson.loads(encoded), answer)
    obj = storage.object(record)
    if answer.view == "Table":
        metadata = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
        return dump(TableMaker(storage.spec, answer, include).table([obj], metadata), answer)
    return dump(partial(obj, answer.version), answer)


def _list_metadata(page: Page, *, custom: bool) -> Object:
    metadata: Object = {}
    if page.continue_ or custom:
        metadata["continue"] = page.continue_
    if page.remaining is not None:
        metadata["remainingItemCount"] = page.remaining
    metadata["resourceVersion"] = str(page.revision)
    return metadata


def render_list(storage: Storage, page: Page, answer: Answer, include: Include) -> bytes:
    """A list of objects."""
    spec = storage.spec
    metadata = _list_metadata(page, custom=spec.custom and not answer.view)
    if answer.view == "Table":
        maker = TableMaker(spec, answer, include)
        return dump(maker.table(objects(storage, page.records), metadata), answer)
    if answer.view:
        items = [partial(obj, answer.version) for obj in objects(storage, page.records)]
        partial_list = {"kind": "PartialObjectMetadataList", "apiVersion": f"meta.k8s.io/{answer.version}"}
        return dump({**partial_list, "metadata": metadata, "items": items}, answer)
    head: Object = {
        "kind": spec.list_kind or f"{spec.resource.kind}List",
        "apiVersion": spec.resource.api_version,
        "metadata": metadata,
    }
    encoded = b",".join([storage.encode_item(record) for record in page.records])
    body = orjson.dumps(head)[:-1] + b',"items":[' + encoded + b"]}"
    return body if not answer.yaml else dump(orjson.loads(body), answer)
