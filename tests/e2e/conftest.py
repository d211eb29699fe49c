"""Laboratories: one for a test, one for the tests of a module, and one that is peered for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.laboratory import PEER_AND_OFFLOAD, Laboratory, used


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Laboratory]:
    """A laboratory for one test; whatever the test does, nothing may be left of it after `liqolab down`."""
    with used(tmp_path) as laboratory:
        yield laboratory


@pytest.fixture(scope="session")
def peered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """The lesson's clusters, peered, with the namespace offloaded and the applications deployed; tests put back what
    they change."""
    with used(tmp_path_factory.mktemp("peered")) as laboratory:
        laboratory.liqolab("up")
        laboratory.shell(PEER_AND_OFFLOAD)
        yield laboratory
