"""Server-side printing: the Table that ``kubectl get`` shows.

Columns come from the kind; a kind without any is printed as Name and Created At. All cells are sent, wide ones too:
which of them to show is the client's business (it hides those of priority > 0).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final, Literal

from liqolab.apimachinery.resources import Object
from liqolab.kube.api.negotiation import Answer
from liqolab.kube.api.storage import Storage
from liqolab.kube.kinds.spec import Column, KindSpec, Printer
from liqolab.kube.store.record import Record

Include = Literal["Metadata", "Object", "None"]

NAME_DESCRIPTION: Final = (
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a "
    "client to request the generation of an appropriate name automatically. Name is primarily intended for creation "
    "idempotence and configuration definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)
CREATED_DESCRIPTION: Final = (
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed "
    "to be set in happens-before order across separate operations. Clients may not set this value. It is represented "
    "in RFC3339 form and is in UTC."
)

DEFAULT: Final = Printer(
    columns=(
        Column("Name", format="name", description=NAME_DESCRIPTION),
        Column("Created At", "date", description=CREATED_DESCRIPTION),
    ),
    cells=lambda obj, now: [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp")],
)


def _definitions(printer: Printer) -> list[Object]:
    return [
        {
            "name": column.name,
            "type": column.type,
            "format": column.format,
            "description": column.description,
            "priority": column.priority,
        }
        for column in printer.columns
    ]


def partial(obj: Object, version: str = "v1") -> Object:
    """Only the metadata of an object."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": obj["metadata"],
    }


class TableMaker:
    """Tables of one kind for one client; a watch keeps one, because only its first event names the columns."""

    def __init__(self, spec: KindSpec, answer: Answer, include: Include) -> None:
        self._printer = spec.printer or DEFAULT
        self._version = answer.version
        self._include = include
        self._columns_sent = False

    def table(self, objects: Iterable[Object], metadata: Object) -> Object:
        """A Table of these objects."""
        now = time.time()
        return self._whole([self._row(obj, now) for obj in objects], metadata)

    def bookmark(self, obj: Object) -> Object:
        """A Table of one row without content, around an object that only carries a revision."""
        empty: list[Any] = [None] * len(self._printer.columns)
        empty[0] = ""
        row = {"cells": empty, "object": partial(obj, self._version)}
        return self._whole([row], {"resourceVersion": obj["metadata"]["resourceVersion"]})

    def _whole(self, rows: list[Object], metadata: Object) -> Object:
        columns = [] if self._columns_sent else _definitions(self._printer)
        self._columns_sent = True
        return {
            "kind": "Table",
            "apiVersion": f"meta.k8s.io/{self._version}",
            "metadata": metadata,
            "columnDefinitions": columns,
            "rows": rows,
        }

    def _row(self, obj: Object, now: float) -> Object:
        row: Object = {"cells": self._printer.cells(obj, now)}
        if self._printer.conditions is not None and (conditions := self._printer.conditions(obj)):
            row["conditions"] = conditions
        if self._include == "Object":
            row["object"] = obj
        elif self._include == "Metadata":
            row["object"] = partial(obj, self._version)
        return row


def objects(storage: Storage, records: Iterable[Record]) -> Iterable[Object]:
    """The parsed objects of records, as the storage serves them."""
    return (storage.object(record) for record in records)
