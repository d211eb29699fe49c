"""Liqo as containers of three real KinD clusters: installed, peered, used in every way that a pod can be, and gone.

Venice has a worker, so that routes of one node lead to a gateway on another.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from liqolab.playground.home import Playground
from liqolab.playground.providers import KIND, chosen, provider_of, settle
from liqolab.playground.topology import from_kind_config
from tests.providers.conftest import engine

pytestmark = pytest.mark.kind

LIQOCTL = [sys.executable, "-P", "-m", "liqolab.launch", "liqolab.liqo.ctl.main", "liqoctl"]
IMAGE = "liqolab/proxy:v0.5.4"
"""Any image with a Python that is there."""
MEBIBYTES = 60

CONFIG = """\
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
- role: control-plane
- role: worker
"""
WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: 0
      affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [
        {{matchExpressions: [{{key: liqo.io/type, operator: In, values: [virtual-node]}}]}}]}}}}}}
      containers:
      - name: web
        image: "{image}"
        command: [python3, -u, -m, http.server, "8080"]
        ports: [{{containerPort: 8080}}]
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: client}}
spec:
  nodeName: {node}
  terminationGracePeriodSeconds: 0
  tolerations: [{{operator: Exists}}]
  containers: [{{name: client, image: "{image}", command: [python3, -c, "import signal; signal.pause()"]}}]
"""
GET = """\
import sys, time, urllib.request
for left in range(int(sys.argv[2]), -1, -1):
    try:
        print(urllib.request.urlopen(sys.argv[1], timeout=20).status)
        break
    except OSError:
        if not left: raise
        time.sleep(1)
"""


@dataclass
class Clusters:
    """Three clusters with their kubeconfigs, by the names that the lesson has for them."""

    names: dict[str, str]
    kubeconfigs: dict[str, Path]
    told: dict[str, str] = field(default_factory=dict)

    def kubectl(self, cluster: str, *words: str, typed: str = "", code: int = 0) -> str:
        return self._run(["kubectl", "--kubeconfig", str(self.kubeconfigs[cluster]), *words], typed, code)

    def liqoctl(self, cluster: str, *words: str) -> str:
        return self._run([*LIQOCTL, *words, "--kubeconfig", str(self.kubeconfigs[cluster])], "", 0)

    def nodes(self, cluster: str) -> list[str]:
        return self.kubectl(cluster, "get", "nodes", "-l", "liqo.io/type!=virtual-node", "-o", "name").split()

    @staticmethod
    def _run(command: Sequence[str], typed: str, code: int) -> str:
        done = subprocess.run(command, input=typed, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clusters]:
    root = tmp_path_factory.mktemp("kind")
    (root / "worker.yaml").write_text(CONFIG)
    playground = Playground("images", root / "home")
    settle(playground, chosen(KIND))
    provider, mark = provider_of(playground), secrets.token_hex(2)
    names = {name: f"im-{name}-{mark}" for name in ("venice", "florence", "naples")}
    configs = {"venice": root / "worker.yaml"}
    try:
        specs = [from_kind_config(full, configs.get(name)) for name, full in names.items()]
        asyncio.run(provider.create(specs))
        yield Clusters(names, {name: asyncio.run(provider.kubeconfig(full)) for name, full in names.items()})
    finally:
        asyncio.run(provider.delete_all())


def test_liqo_lives_a_whole_life_in_real_pods(clusters: Clusters) -> None:
    _install(clusters)
    _peer(clusters)
    _offload(clusters)
    _use(clusters)
    _lose_the_gateway(clusters)
    _small_enough(clusters)
    _leave(clusters)


def _install(clusters: Clusters) -> None:
    regions = {"venice": "north", "florence": "center", "naples": "south"}

    def install(name: str) -> str:
        labels = f"topology.liqo.io/region={regions[name]}"
        return clusters.liqoctl(name, "install", "kind", "--cluster-name", name, "--cluster-labels", labels)

    with ThreadPoolExecutor() as pool:
        for said in pool.map(install, regions):
            assert "INFO: All Set!" in said
    for name in regions:
        assert "control plane pods are up and running" in clusters.liqoctl(name, "status")


def _peer(clusters: Clusters) -> None:
    for name in ("florence", "naples"):
        command = clusters.liqoctl(name, "generate", "peer-command", "--only-command")
        words = command.strip().partition("liqoctl ")[2].split()
        assert "INFO: Peering successfully established" in clusters.liqoctl("venice", *words)
    listed = clusters.kubectl("venice", "get", "foreignclusters", "--no-headers").splitlines()
    assert [line.split()[:5] for line in listed] == [
        [name, "Established", "None", "Established", "Established"] for name in ("florence", "naples")
    ]


def _offload(clusters: Clusters) -> None:
    clusters.kubectl("venice", "create", "namespace", "liqo-demo")
    flags = ("--namespace-mapping-strategy", "EnforceSameName", "--pod-offloading-strategy", "LocalAndRemote")
    clusters.liqoctl(
        "venice", "offload", "namespace", "liqo-demo", *flags, "--selector", "topology.liqo.io/region=south"
    )
    clusters.kubectl("naples", "get", "namespace", "liqo-demo")
    assert "NotFound" in clusters.kubectl("florence", "get", "namespace", "liqo-demo", code=1)
    node = f"{clusters.names['venice']}-control-plane"
    clusters.kubectl("venice", "apply", "-n", "liqo-demo", "-f", "-", typed=WORKLOAD.format(image=IMAGE, node=node))
    clusters.kubectl("venice", "-n", "liqo-demo", "rollout", "status", "deploy/web", "--timeout=120s")
    clusters.kubectl("venice", "-n", "liqo-demo", "wait", "pod/client", "--for=condition=Ready", "--timeout=120s")
    where = clusters.kubectl(
        "venice", "-n", "liqo-demo", "get", "pods", "-l", "app=web", "-o", "jsonpath={..spec.nodeName}"
    )
    assert where.split() == ["liqo-naples"] * 2
    # Reflected, with the addresses that Naples knows them by.
    assert "service/web" in clusters.kubectl("naples", "-n", "liqo-demo", "get", "service,endpointslices", "-o", "name")


def _use(clusters: Clusters) -> None:
    pods = clusters.kubectl("venice", "-n", "liqo-demo", "get", "pods", "-l", "app=web", "-o", "json")
    items = json.loads(pods)["items"]
    gateway = clusters.kubectl(
        "venice", "-n", "liqo", "get", "pods", "-l", "app.kubernetes.io/name=gateway", "-o", "jsonpath={..nodeName}"
    )
    assert gateway == f"{clusters.names['venice']}-worker"
    for address in ("http://web/", *(f"http://{item['status']['podIP']}:8080/" for item in items)):
        assert _get(clusters, address) == "200\n"
    pod = items[0]["metadata"]["name"]
    assert '"GET / HTTP/1.1" 200' in clusters.kubectl("venice", "-n", "liqo-demo", "logs", pod)
    shout = "import sys; print(sys.stdin.read().upper()); sys.exit(3)"
    words = ("-n", "liqo-demo", "exec", "-i", pod, "--", "python3", "-c", shout)
    assert "HELLO" in clusters.kubectl("venice", *words, typed="hello", code=3)


def _get(clusters: Clusters, address: str, again: int = 0) -> str:
    words = ("-n", "liqo-demo", "exec", "client", "--", "python3", "-c", GET, address, str(again))
    return clusters.kubectl("venice", *words)


def _lose_the_gateway(clusters: Clusters) -> None:
    """Another pod, with another address, is the gateway: routes and tunnels follow."""
    clusters.kubectl("venice", "-n", "liqo", "delete", "pod", "-l", "app.kubernetes.io/name=gateway")
    clusters.kubectl("venice", "-n", "liqo", "rollout", "status", "deploy/liqo-gateway", "--timeout=120s")
    address = clusters.kubectl(
        "venice", "-n", "liqo", "get", "pods", "-l", "app.kubernetes.io/name=gateway", "-o", "jsonpath={..status.podIP}"
    )
    clusters.kubectl(
        *("venice", "wait", "tunnelendpoints", "--all", "-A", "--timeout=120s"),
        f"--for=jsonpath={{.status.gatewayIP}}={address}",
    )
    clusters.kubectl(
        *("venice", "wait", "tunnelendpoints", "--all", "-A", "--timeout=120s"),
        "--for=jsonpath={.status.connection.status}=Connected",
    )
    # A node hears of it a moment later than the status tells.
    assert _get(clusters, "http://web/", again=30) == "200\n"


def _small_enough(clusters: Clusters) -> None:
    look = (
        "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline | grep -q '^python3 -m liqolab.pod' && "
        'echo "$(tr "\\0" " " <$p/cmdline | cut -c1-80) $(grep VmRSS $p/status)"; done; true'
    )
    seen = [
        line.rsplit(None, 3)
        for name in clusters.names
        for node in clusters.nodes(name)
        for line in engine("exec", node.removeprefix("node/"), "sh", "-c", look).splitlines()
    ]
    assert len(seen) >= 3 * 8
    assert [row for row in seen if int(row[-2]) > MEBIBYTES * 1024] == []


def _leave(clusters: Clusters) -> None:
    assert "INFO: Unoffloading completed" in clusters.liqoctl("venice", "unoffload", "namespace", "liqo-demo")
    for name in ("florence", "naples"):
        said = clusters.liqoctl("venice", "unpeer", "out-of-band", name)
        assert "INFO: Peering successfully removed" in said
    for node in clusters.nodes("venice"):
        _without_routes(node.removeprefix("node/"))
    for name in clusters.names:
        assert "INFO: Liqo namespaces deleted" in clusters.liqoctl(name, "uninstall", "--purge")
        assert "liqo" not in clusters.kubectl(name, "get", "crds,namespaces", "-o", "name").replace("liqo-demo", "")


def _without_routes(node: str) -> None:
    """A node's routes to a peer go when the pod that keeps them has heard of it."""
    gone = 'for _ in $(seq 300); do test -z "$(ip route show proto 159)" && exit; sleep 0.1; done; exit 1'
    engine("exec", node, "sh", "-c", gone)
