"""What an admission plugin is told about one request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from liqolab.apimachinery.resources import Object
from liqolab.kube.access.user import User
from liqolab.kube.kinds.spec import KindSpec

Operation = Literal["CREATE", "UPDATE", "DELETE", "CONNECT"]


@dataclass(slots=True)
class Attributes:
    """One request on its way into the store.

    Attributes:
        user: who asks.
        operation: what for; every patch is an UPDATE (or a CREATE, when server-side apply creates).
        spec: the kind, in the version of the request.
        namespace: empty for cluster-scoped kinds.
        name: empty on a CREATE with generateName until the name is made.
        subresource: ``status``, ``scale``…; empty for the object itself.
        object: the new state, changed in place by mutating plugins; None on DELETE.
        old_object: the state before, frozen; None on CREATE.
        dry_run: nothing may be written, here or elsewhere.
        options: the CreateOptions, UpdateOptions, PatchOptions or DeleteOptions of the request.
        warnings: texts for ``Warning`` headers; plugins append.
    """

    user: User
    operation: Operation
    spec: KindSpec
    namespace: str
    name: str
    subresource: str = ""
    object: Object | None = None
    old_object: Object | None = None
    dry_run: bool = False
    options: Object = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
