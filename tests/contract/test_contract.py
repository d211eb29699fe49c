"""Our API server answers as a real one did: the scripts of ``exchanges/``, replayed and compared with ``goldens/``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.api_server import Api
from tests.clusters import ClusterProcess, order, serving
from tests.contract.comparing import differences, known
from tests.contract.kept import golden
from tests.contract.player import Player
from tests.contract.script import Script, scripts

_PATIENCE_SECONDS = 5


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterProcess]:
    """One for all scripts, with the addresses that the recorded control plane had."""
    process = order(tmp_path_factory.mktemp("contract") / "ours", version="v1.34.4", serviceCIDR="10.0.0.0/24")
    with serving(process):
        yield process


@pytest.fixture
async def player(cluster: ClusterProcess) -> AsyncIterator[Player]:
    api = Api(cluster.kubeconfig)
    yield Player(api, _PATIENCE_SECONDS)
    await api.session.close()


@pytest.mark.parametrize("script", scripts().values(), ids=lambda script: str(script.name))
async def test_answers_as_a_real_control_plane(script: Script, player: Player) -> None:
    listed = known(script.name)
    found = differences(golden(script.name), await player.play(script))
    unknown = [difference for difference in found if not any(entry.covers(difference) for entry in listed)]
    assert not unknown, "\n".join(map(str, unknown))
    gone = [entry for entry in listed if not any(entry.covers(difference) for difference in found)]
    assert not gone, "these differences are no more, and have to leave differences.yaml: " + "\n".join(map(str, gone))


def test_the_corpus_is_large() -> None:
    assert sum(len(script.exchanges) for script in scripts().values()) >= 2000
