"""ComponentStatuses, for old clients and tutorials: that all parts run is plain from the fact that one is answered."""

from __future__ import annotations

from typing import Final

from liqolab.kube.kinds.core import COMPONENT_STATUSES
from liqolab.kube.store.store import Store
from liqolab.kube.system.owned import Owned, write

_COMPONENTS: Final = ("controller-manager", "etcd-0", "scheduler")


def install(store: Store) -> None:
    """Write them down where they are missing; nobody can change or delete one."""
    for name in _COMPONENTS:
        condition = {"type": "Healthy", "status": "True", "message": "ok"}
        write(store, Owned(COMPONENT_STATUSES, COMPONENT_STATUSES.manifest(name, conditions=[condition])))
