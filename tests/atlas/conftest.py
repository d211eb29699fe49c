"""Makes the objects of this folder importable, whatever the import mode, and gives clusters to those who need some."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

PEER_AND_OFFLOAD = """
set -e
liqoctl generate peer-command --only-command --kubeconfig liqo_kubeconf_naples >peer
export KUBECONFIG="$PWD/liqo_kubeconf_venice"
bash peer
kubectl create namespace liqo-demo
liqoctl offload namespace liqo-demo --namespace-mapping-strategy EnforceSameName \
  --selector 'topology.liqo.io/region=south'
kubectl apply -f ./manifests/deploy.yaml -n liqo-demo
kubectl wait --for=condition=Available deployment/app-south -n liqo-demo --timeout=60s
"""


class Clusters:
    """A playground of this folder's own, driven as a person would."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.folder = self.home / "playgrounds" / "default" / "clusters"
        self.environment = {**os.environ, "LIQOLAB_HOME": str(self.home), "HOME": str(root)}

    def liqolab(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "liqolab.launch", "liqolab.cli", "liqolab", *arguments]
        done = subprocess.run(
            command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shell(self, commands: str) -> str:
        return self.liqolab("shell", "-c", commands)

    def kubectl(self, cluster: str, command: str) -> str:
        return self.shell(f"kubectl --kubeconfig {self.kubeconfig(cluster)} {command}")

    def kubeconfig(self, cluster: str) -> Path:
        return self.folder / cluster / "kubeconfig"

    def kubeconfigs(self) -> dict[str, Path]:
        return {name: self.kubeconfig(name) for name in ("venice", "florence", "naples")}

    def signal(self, cluster: str, number: signal.Signals) -> None:
        os.kill(int(json.loads((self.folder / cluster / "run.json").read_text())["pid"]), number)


@pytest.fixture(scope="session")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clusters]:
    """Venice and Naples peered with a namespace offloaded, Florence beside them; tests put back what they change."""
    found = Clusters(tmp_path_factory.mktemp("atlas"))
    try:
        found.liqolab("up")
        found.shell(PEER_AND_OFFLOAD)
        yield found
    finally:
        if found.home.exists():
            found.liqolab("down", "--all")
