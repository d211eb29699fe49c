"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from liqolab.shelltext.reader import split
from tests.clusters import ClusterProcess, order, serving

SEED = Path(__file__).parent / "acceptance" / "data" / "seed.sh"


@pytest.fixture
def seed_commands() -> list[str]:
    """The commands of the seed document, word for word, in order."""
    return split(SEED.read_text())


@pytest.fixture(scope="session")
def venice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterProcess]:
    """A cluster that runs, for all who leave it as they find it, namespaces of their own aside."""
    process = order(tmp_path_factory.mktemp("clusters") / "venice")
    with serving(process):
        yield process
