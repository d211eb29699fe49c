"""A real cluster process for the session, and for tests that end it one of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.api_server import Api, api, cluster, kubectl, namespace, own_cluster

__all__ = ["api", "cluster", "connect", "kubectl", "namespace", "own_cluster"]


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[Path], Awaitable[Api]]]:
    """Opens an `Api` for a kubeconfig; closed after the test."""
    opened: list[Api] = []

    async def make(kubeconfig: Path) -> Api:
        opened.append(Api(kubeconfig))
        return opened[-1]

    yield make
    for client in opened:
        await client.session.close()
