"""The cluster that answers."""

from __future__ import annotations

from tests.api_server import api, cluster, namespace

__all__ = ["api", "cluster", "namespace"]
