"""What a scenario peers is taken back so that it can be peered again, whatever had been done by hand before."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from liqolab.steps.execute import execute
from liqolab.steps.lab import Lab
from liqolab.steps.residue import inventory, residue
from liqolab.steps.text import StepText
from liqolab.steps.vocabulary import REGISTRY
from tests.clusters import ClusterProcess, peer

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("peering")]

PEER = StepText("when", "When", 'I peer cluster "florence" with cluster "venice"')
PEERED = StepText("then", "Then", 'cluster "florence" is peered with cluster "venice" within 60s')


def test_a_peering_that_was_taken_back_can_be_made_again(processes: dict[str, ClusterProcess], tmp_path: Path) -> None:
    """Unpeering by hand leaves a ForeignCluster on one side, and an identity on both."""
    peer(processes["florence"], processes["venice"])
    processes["florence"].liqoctl("unpeer", "venice")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    kubeconfigs = {name: processes[name].kubeconfig for name in ("florence", "venice")}
    with Lab({**os.environ, "PATH": path}, tmp_path, kubeconfigs.get, tuple(kubeconfigs)) as lab:
        for _ in range(2):
            lab.begin_scenario()
            before = inventory(lab.clusters)
            execute(lab, PEER, REGISTRY)
            execute(lab, PEERED, REGISTRY)
            assert lab.end_scenario() == []
            assert residue(before, inventory(lab.clusters)) == []
