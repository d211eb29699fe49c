"""What the API server knows about a kind: one table entry, read by storage, discovery, printing and admission alike.

Adding a built-in kind takes one `KindSpec`; a CustomResourceDefinition becomes a `KindSpec` at run time and takes the
same road from there on. What a kind does beyond storing its fields is its `Strategy`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.schema.structural import Structural

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
"""All verbs, in the order in which discovery lists them."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a server-side table, as ``metav1.TableColumnDefinition``."""

    name: str
    type: str = "string"
    format: str = ""
    description: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Printer:
    """How a kind is printed: its columns, and the cells (and row conditions) of one object.

    `cells` gets the object and the moment (seconds since the epoch) that ages are counted to; `order` is the key that
    the rows of a list are sorted by, where it is not the order of the list.
    """

    columns: Sequence[Column]
    cells: Callable[[Object, float], list[Any]]
    conditions: Callable[[Object], list[Object]] | None = None
    order: Callable[[Object], Any] | None = None


@dataclass(frozen=True, slots=True)
class Subresource:
    """A row like ``pods/binding`` of discovery."""

    name: str
    verbs: tuple[str, ...]
    kind: str = ""
    group: str = ""
    version: str = ""


class Strategy:
    """What a kind does on its way into the store; the base does what most kinds do.

    Methods change `obj`/`new` in place and are called after decoding and schema defaulting, in the order prepare →
    (admission) → validate. They do no I/O.
    """

    schema: Structural | None = None
    """The schema that a custom kind has brought; built-in ones have their definition."""

    returns_object_on_delete = False
    """Whether a completed DELETE answers with the object (pods, services …) or with a Status."""

    graceful = False
    """Whether a deletion passes through a grace period, be it one of no seconds."""

    tracks_generation = True
    """Whether metadata.generation counts changes of everything but metadata and status."""

    counted_metadata: Sequence[str] = ()
    """Fields of the metadata whose changes count too, when they are written with the object."""

    counts_updates = True
    """Whether the generation ever moves from the 1 that a new object has."""

    default_propagation = ""
    """What becomes of dependents when a DELETE does not say: ``Orphan``, or nothing for the usual background."""

    delete_warning = ""
    """What a client is told who deletes without saying so."""

    allow_unconditional_update = True
    """Whether a PUT without resourceVersion is accepted."""

    def prepare_create(self, obj: Object) -> None:
        """Fill what the server owns, drop what a client may not set (usually status)."""

    def prepare_update(self, new: Object, old: Object) -> None:
        """Carry over what an update may not touch (usually status)."""

    def prepare_status_update(self, new: Object, old: Object) -> None:
        """Keep from `old` what an update of the status may not touch: everything but status and some metadata."""

    def prepare_subresource_update(self, subresource: str, new: Object, old: Object) -> None:
        """As `prepare_status_update`, for another subresource that takes the whole object (``approval``)."""

    def validate_create(self, obj: Object) -> list[FieldError]:
        return []

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return []

    def validate_subresource_update(self, subresource: str, new: Object, old: Object) -> list[FieldError]:
        """As `validate_update`, for what was sent to a subresource; the rules of the object hold for its status unless
        its kind knows better.
        """
        return self.validate_update(new, old) if subresource == "status" else []

    def prepare_delete(self, obj: Object) -> None:
        """Note in an object that it has to go, when that is asked for the first time."""

    def graceful_delete_seconds(self, obj: Object, requested: int | None) -> int:
        """How long the object lives on after a DELETE; 0 removes it at once (when no finalizer holds it)."""
        return 0


@dataclass(frozen=True, slots=True)
class KindSpec:
    """A kind, whole.

    Attributes:
        resource: group, version, plural, kind, scope.
        singular: the lower-case singular of discovery.
        short_names, categories: as discovery lists them.
        subresources: besides the resource itself.
        printer: server-side columns; None gives Name and Created At.
        strategy: behaviour on create, update and delete.
        selectable: field selector name → value of an object, beyond metadata.name and metadata.namespace.
        definition: name of the OpenAPI definition (``io.k8s.api.core.v1.Pod``); empty for custom resources.
        not_selectable: what a client is told who selects by another field.
        error_name: what an error calls an object that is not there, where it is not the resource.
        published: the name that OpenAPI documents give the definition, where it is not its own: an older version of a
            kind is described by the newest one's.
        crd_version: for custom resources, the ``spec.versions[]`` entry with schema, columns and subresources.
        storage: where the objects are stored if another resource holds them (events.k8s.io shares core events).
        to_storage, from_storage: conversions that go with `storage`.
        conversion: ``spec.conversion.webhook`` of a custom kind whose versions a webhook converts.
        home: the schema of the version in which a custom kind is stored, where this is another one.
        settled: objects of this revision of the store or an older one were written under another schema of a custom
            kind, or may have been: what the schema has gained since is filled in when they are read.
        list_kind: kind of a list; default ``<kind>List``.
        verbs: in discovery's order.
        deprecation: what every client of a version that is on its way out is warned of.
        measured: it is not stored but measured when it is read.
        deprecated: the minor version of Kubernetes that began to warn; a cluster that shows an older one does not.
    """

    resource: Resource
    singular: str
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[Subresource, ...] = ()
    printer: Printer | None = None
    strategy: Strategy = field(default_factory=Strategy)
    selectable: Mapping[str, Callable[[Object], str]] = field(default_factory=dict)
    definition: str = ""
    crd_version: Object | None = None
    storage: Resource | None = None
    to_storage: Callable[[Object], Object] | None = None
    from_storage: Callable[[Object], Object] | None = None
    conversion: Object | None = None
    home: Structural | None = None
    settled: int = -1
    list_kind: str = ""
    verbs: tuple[str, ...] = VERBS
    deprecation: str = ""
    deprecated: int = 0
    measured: bool = False
    published: str = ""
    not_selectable: str = "field label not supported: {field}"
    error_name: str = ""

    @property
    def custom(self) -> bool:
        """Whether a CustomResourceDefinition declared it."""
        return self.crd_version is not None

    def subresource(self, name: str) -> Subresource | None:
        return next((row for row in self.subresources if row.name == name), None)
