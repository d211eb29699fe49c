"""``kind`` as a script uses it: outputs, exit codes and what is on standard error are those of KinD v0.30."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from liqolab.controller.kubeconfig import load
from liqolab.playground.kind import main

KIND = [sys.executable, "-P", "-m", "liqolab.launch", "liqolab.playground.kind.main", "kind"]

NO_SUCH = "could not locate any control plane nodes for cluster named '{}'. Use the --name option to select a different"


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIQOLAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    monkeypatch.delenv("KIND_CLUSTER_NAME", raising=False)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("create", "Subcommand is required"),
        ("create foo", "Subcommand is required"),
        ("foo", 'unknown command "foo" for "kind"'),
        ("load foo", 'unknown command "foo" for "kind load"'),
        ("get nodes x", 'unknown command "x" for "kind get nodes"'),
        ("create cluster --foo", "unknown flag: --foo"),
        ("create cluster --name", "flag needs an argument: --name"),
        ("create cluster --wait 5", 'invalid argument "5" for "--wait" flag: time: missing unit in duration "5"'),
        (
            "-v x get clusters",
            'invalid argument "x" for "-v, --verbosity" flag: strconv.ParseInt: parsing "x": invalid syntax',
        ),
        (
            "create cluster --config nofile",
            "failed to create cluster: error reading file: open nofile: no such file or directory",
        ),
        ("create cluster --name Rome", "failed to create cluster: 'Rome' is not a valid cluster name, cluster names"),
        ("delete clusters", "no cluster names provided"),
        ("load docker-image", "a list of image names is required"),
        ("load docker-image a", 'no nodes found for cluster "kind"'),
        ("load image-archive", "name of image archive is required"),
        ("load image-archive nofile.tar", "stat nofile.tar: no such file or directory"),
        ("export logs --name ../..", 'unknown cluster "../.."'),
        ("export logs", 'unknown cluster "kind"'),
        ("get kubeconfig", NO_SUCH.format("kind")),
        ("export kubeconfig -n rome", NO_SUCH.format("rome")),
    ],
)
def test_what_goes_wrong_is_one_line_and_exit_code_1(line: str, message: str, capsys: Any) -> None:
    assert main.run(line.split()) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"ERROR: {message}")
    assert main.run(["-q", *line.split()]) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("line", "out", "err"),
    [
        ("--version", "kind version 0.30.0\n", ""),
        ("version -q", "0.30.0\n", ""),
        ("get clusters", "", "No kind clusters found.\n"),
        ("get nodes", "", 'No kind nodes found for cluster "kind".\n'),
        ("get nodes -A", "", "No kind nodes for any cluster.\n"),
        ("delete cluster", "", 'Deleting cluster "kind" ...\n'),
        ("delete clusters --all", "", "Deleted clusters: []\n"),
    ],
)
def test_with_no_cluster(line: str, out: str, err: str, capsys: Any) -> None:
    assert main.run(line.split()) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == (out, err)


def test_help_is_laid_out_as_cobra_does(capsys: Any) -> None:
    assert main.run(["help", "get", "nodes"]) == 0
    assert capsys.readouterr().out == (
        "Lists existing kind nodes by their name\n\nUsage:\n  kind get nodes [flags]\n\nFlags:\n"
        "  -A, --all-clusters   If present, list all the available nodes across all cluster contexts. Current context "
        "is ignored even if specified with --name.\n"
        "  -h, --help           help for nodes\n"
        '  -n, --name string    the cluster context name (default "kind")\n\nGlobal Flags:\n'
        "  -q, --quiet             silence all stderr output\n"
        "  -v, --verbosity int32   info log verbosity, higher value produces more output\n"
    )


# --- with a cluster ---

CONFIG = """\
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: rome
networking: {{disableDefaultCNI: true, apiServerPort: {api}}}
nodes:
- image: kindest/node:v1.23.6
  labels: {{ingress-ready: "true"}}
  extraPortMappings:
  - {{containerPort: 30080, hostPort: {service}}}
  - {{containerPort: 80, hostPort: {pod}}}
- role: worker
  kubeadmConfigPatches:
  - |
    kind: JoinConfiguration
    nodeRegistration:
      taints: [{{key: gpu, effect: NoSchedule}}]
"""

WEB = """
kubectl create deployment web --image=nginx
kubectl create service nodeport web --tcp=80 --node-port=30080
kubectl run edge --image=hashicorp/http-echo --overrides='{"spec": {
  "nodeName": "rome-control-plane", "nodeSelector": {"ingress-ready": "true"},
  "containers": [{"name": "edge", "image": "hashicorp/http-echo", "args": ["-text=from the edge"],
                  "ports": [{"containerPort": 5678, "hostPort": 80}]}]}}'
kubectl wait --for=condition=Ready pod --all --timeout=30s
"""


@dataclass(frozen=True)
class Rome:
    """A cluster made by ``kind create cluster --config -``, and what that printed."""

    folder: Path
    ports: dict[str, int]
    environment: dict[str, str]
    said: str

    def kind(self, *line: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        return _run([*KIND, *line], self.environment, code)

    def shell(self, script: str) -> str:
        return _run(["bash", "-ec", script], self.environment, 0).stdout


def _run(
    command: list[str], environment: dict[str, str], code: int, given: str = ""
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, env=environment, input=given, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def _free_ports(*names: str) -> dict[str, int]:
    sockets = {name: socket.create_server(("127.0.0.1", 0)) for name in names}
    ports = {name: each.getsockname()[1] for name, each in sockets.items()}
    for each in sockets.values():
        each.close()
    return ports


@pytest.fixture(scope="module")
def rome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rome]:
    folder = tmp_path_factory.mktemp("rome")
    environment = os.environ | {
        "LIQOLAB_HOME": str(folder / "home"),
        "KUBECONFIG": f"{folder / 'first'}:{folder / 'last'}",
        "HOME": str(folder),
    }
    ports = _free_ports("api", "service", "pod")
    line = [*KIND, "create", "cluster", "--config=-", "--wait", "1m"]
    said = _run(line, environment, 0, given=CONFIG.format(**ports)).stderr
    made = Rome(folder, ports, environment, said)
    try:
        yield made
    finally:
        made.kind("delete", "clusters", "--all")


def test_the_configuration_names_the_cluster_and_what_it_lacks_is_told(rome: Rome) -> None:
    assert 'Set kubectl context to "kind-rome"' in rome.said
    assert [line for line in rome.said.splitlines() if "WARNING" in line] == [
        "WARNING: disableDefaultCNI: kindnet is left out, but pods have a network all the same and nodes become Ready"
    ]
    assert rome.kind("get", "clusters").stdout == "rome\n"
    assert load(rome.folder / "last").server == f"https://127.0.0.1:{rome.ports['api']}"


def test_nodes_have_roles_taints_and_versions_of_their_own(rome: Rome) -> None:
    assert rome.kind("get", "nodes", "--all-clusters").stdout == "rome-control-plane\nrome-worker\n"
    rows = rome.shell("kubectl get nodes --no-headers").splitlines()
    assert [row.split()[::2][:3] + row.split()[4:] for row in rows] == [
        ["rome-control-plane", "control-plane,master", "v1.23.6", "v1.23.6"],
        ["rome-worker", "<none>", "v1.34.0", "v1.34.0"],
    ]
    taints = "kubectl get nodes -o jsonpath='{.items[*].spec.taints[*].key}'"
    assert rome.shell(taints) == "node-role.kubernetes.io/master gpu"
    assert rome.shell("kubectl get ds -n kube-system -o name") == "daemonset.apps/kube-proxy\n"


def test_mapped_ports_lead_to_node_ports_and_host_ports(rome: Rome) -> None:
    # Both nodes have taints; the deployment's pod goes where there is no other place.
    rome.shell("kubectl taint node rome-worker gpu-" + WEB)
    assert "Welcome to nginx!" in rome.shell(f"curl -sS 127.0.0.1:{rome.ports['service']}")
    assert rome.shell(f"curl -sS 127.0.0.1:{rome.ports['pod']}") == "from the edge\n"


def test_a_port_that_is_taken_leaves_no_cluster(rome: Rome) -> None:
    clash = f"nodes: [{{extraPortMappings: [{{hostPort: {rome.ports['pod']}}}]}}]"
    config = rome.folder / "clash.yaml"
    config.write_text(f"kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n{clash}")
    done = rome.kind("create", "cluster", "--config", str(config), code=1)
    assert f"port {rome.ports['pod']} of 127.0.0.1 is already allocated" in done.stderr
    assert rome.kind("get", "clusters").stdout == "rome\n"
    again = rome.kind("create", "cluster", "-n", "rome", code=1).stderr
    assert again == 'ERROR: failed to create cluster: node(s) already exist for a cluster with the name "rome"\n'


def test_a_kubeconfig_for_inside_works_here_too(rome: Rome) -> None:
    inside = rome.folder / "inside"
    rome.kind("export", "kubeconfig", "--internal", "--name", "rome", "--kubeconfig", str(inside))
    assert load(inside).server != load(rome.folder / "last").server
    assert "default" in rome.shell(f"kubectl --kubeconfig {inside} get ns -o name")


def test_logs_of_nodes_and_pods_are_exported(rome: Rome) -> None:
    logs = rome.folder / "logs"
    assert rome.kind("export", "logs", str(logs), "-n", "rome").stdout == f"{logs}\n"
    assert (logs / "rome-worker" / "kubernetes-version.txt").read_text() == "v1.34.0\n"
    assert [path.parent.name for path in logs.glob("rome-worker/pods/kube-system_kube-proxy*/*/0.log")] == [
        "kube-proxy"
    ]


def test_images_are_loaded_into_nodes_that_there_are(
    rome: Rome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("LIQOLAB_HOME", rome.environment["LIQOLAB_HOME"])
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps([{"RepoTags": ["mine:1"]}]))
    with tarfile.open(tmp_path / "image.tar", "w") as archive:
        archive.add(manifest, "manifest.json")
    (tmp_path / "text.tar").write_text("text")

    def load_images(kind: str, what: str, nodes: str) -> tuple[int, str]:
        return main.run(["load", kind, what, "--name", "rome", "--nodes", nodes]), capsys.readouterr().err

    code, said = load_images("image-archive", str(tmp_path / "image.tar"), "rome-worker")
    assert (code, said[:15]) == (0, 'Image: "mine:1"')
    unknown = load_images("image-archive", str(tmp_path / "image.tar"), "rome-worker,x")
    assert unknown == (1, "ERROR: unknown node: x\n")
    assert load_images("docker-image", "a", "x") == (1, 'ERROR: unknown node: "x"\n')
    assert "is not an image archive" in load_images("image-archive", str(tmp_path / "text.tar"), "")[1]
