"""The history of templates of daemon sets and stateful sets: one ControllerRevision for each template they ever had.

``kubectl rollout history`` and ``undo`` read these objects: their data is the patch that brings a template back.
"""

from __future__ import annotations

from collections.abc import Collection

import orjson

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CONTROLLER_REVISIONS
from liqolab.apimachinery.errors import existing_ok
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers.workload.hashing import revision_hash, without_nulls
from liqolab.kube.controllers.workload.owned import Dependents

DEFAULT_LIMIT = 10
REVISION_LABEL = "controller-revision-hash"
"""Label of pods (and of daemon sets' revisions): which revision it is."""


class HashCollisionError(Exception):
    """Another template has this hash already; count the collision in the status and try again."""


class History:
    """Revisions of the owners of one kind.

    Args:
        manager: shares the informer of revisions.
        owners: informer of the owning kind.
        hash_label: the label of a revision that holds its hash.
    """

    def __init__(self, manager: Manager, owners: Informer, hash_label: str) -> None:
        self._client = manager.client
        self._informer = manager.informer(CONTROLLER_REVISIONS)
        self._revisions = Dependents(manager.client, owners, self._informer)
        self._hash_label = hash_label

    def wire(self, controller: Controller) -> None:
        """Let changes of revisions wake their owner."""
        controller.watches(self._informer, self._revisions.owner_keys)

    async def sync(self, owner: Object) -> tuple[Object, Objects]:
        """(the revision of the current template, all others, oldest first); makes or renumbers it when needed.

        Raises:
            HashCollisionError: see there.
            ApiError: a request failed.
        """
        revisions = sorted(await self._revisions.claim(owner), key=_number)
        data = template_patch(owner)
        same = [item for item in revisions if without_nulls(item.get("data")) == data]
        newest = _number(revisions[-1]) if revisions else 0
        if not same:
            current = await self._create(owner, data, newest + 1)
        else:
            current = same[-1]
            if _number(current) < newest:
                current = await self._client.update(CONTROLLER_REVISIONS, {**current, "revision": newest + 1})
        return current, [item for item in revisions if meta.uid(item) != meta.uid(current)]

    async def trim(self, owner: Object, old: Objects, in_use: Collection[str]) -> None:
        """Delete the oldest of `old` beyond the owner's limit, except those named in `in_use`."""
        limit = owner["spec"].get("revisionHistoryLimit")
        idle = [item for item in old if meta.name(item) not in in_use]
        for item in idle[: max(0, len(idle) - (DEFAULT_LIMIT if limit is None else limit))]:
            await self._client.remove(CONTROLLER_REVISIONS, meta.name(item), meta.namespace(item))

    async def _create(self, owner: Object, data: Object, number: int) -> Object:
        template = owner["spec"]["template"]
        collisions: int | None = meta.get_path(owner, "status", "collisionCount")
        own_hash = revision_hash(template, collisions)
        body: Object = CONTROLLER_REVISIONS.manifest(
            f"{meta.name(owner)}-{own_hash}",
            meta.namespace(owner),
            labels={**meta.labels(template), self._hash_label: own_hash},
            annotations=meta.annotations(template),
            owners=[meta.owner_reference(owner)],
            data=data,
            revision=number,
        )
        with existing_ok:
            return await self._client.create(CONTROLLER_REVISIONS, body, meta.namespace(owner))
        known = await self._client.get(CONTROLLER_REVISIONS, meta.name(body), meta.namespace(owner))
        if meta.is_controlled_by(known, owner) and without_nulls(known.get("data")) == data:
            return known
        raise HashCollisionError(meta.name(body))


def template_patch(owner: Object) -> Object:
    """The patch that gives an owner its present template; its keys in order, since clients compare it as a text."""
    patch = {"spec": {"template": {**without_nulls(owner["spec"]["template"]), "$patch": "replace"}}}
    ordered: Object = orjson.loads(orjson.dumps(patch, option=orjson.OPT_SORT_KEYS))
    return ordered


def apply_revision(owner: Object, revision: Object) -> Object:
    """The template that `owner` had at `revision`."""
    template: Object = meta.deep_copy(meta.get_path(revision, "data", "spec", "template", default={}))
    template.pop("$patch", None)
    return template or meta.deep_copy(owner["spec"]["template"])


def _number(revision: Object) -> int:
    number: int = revision.get("revision", 0)
    return number
