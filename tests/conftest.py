"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liqolab.shelltext.reader import split
from tests.clusters import ClusterProcess, order, serving
from tests.dealing import ByCluster, longest_first

SEED = Path(__file__).parent / "acceptance" / "data" / "seed.sh"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByCluster | None:
    """``--dist loadfile`` knows of clusters that files share."""
    return ByCluster(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A worker's list is the order in which tests are dealt out; without workers there is nothing to wait for."""
    if hasattr(config, "workerinput"):
        longest_first(items)


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
