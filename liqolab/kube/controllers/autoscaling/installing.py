"""The autoscaler's place among the controllers. It is loaded when there is the first thing to scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liqolab.apimachinery.builtin import PODS
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.kinds.autoscaling import V2

if TYPE_CHECKING:
    from liqolab.kube.controllers.autoscaling.controller import Autoscaler


class HorizontalAutoscaling:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._autoscalers = manager.informer(V2)
        self._pods = manager.informer(PODS)
        self._autoscaler: Autoscaler | None = None
        manager.add(Controller("horizontalpodautoscaler", self._reconcile).watches(self._autoscalers))

    async def _reconcile(self, key: str) -> float | None:
        if self._autoscaler is None:
            from liqolab.kube.controllers.autoscaling.controller import Autoscaler

            self._autoscaler = Autoscaler(self._client, self._autoscalers, self._pods)
        return await self._autoscaler.reconcile(key)
