"""A peered laboratory for those who watch real clusters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.laboratory import AVAILABLE, DEPLOY, OFFLOAD, Laboratory, peering, used


@pytest.fixture(scope="session")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """Venice and Naples peered with a namespace offloaded, Florence beside them; tests put back what they change."""
    with used(tmp_path_factory.mktemp("atlas")) as found:
        found.liqolab("up")
        found.shell(peering("naples") + OFFLOAD + DEPLOY + AVAILABLE)
        yield found
