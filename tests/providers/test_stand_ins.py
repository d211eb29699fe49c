"""The provider `kind` on machines that lack something, or have clusters of somebody else's.

`kind` and `docker` are stand-ins here: scripts that say what the real ones would, and write down what they were asked.
What the real ones do is held to in `test_conformance` and `test_strangers`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.laboratory import Laboratory, used

_DOCKER = """\
#!/bin/sh
echo "docker $*" >>{folder}/calls
case $1 in
  ps) cat {folder}/identities ;;
  inspect) cat {folder}/inspected ;;
  info) cat {folder}/information ;;
  *) exit 1 ;;
esac
"""
_KIND = """\
#!/bin/sh
echo "kind $*" >>{folder}/calls
case "$1 $2" in
  version*) echo 'kind v0.30.0 go1.24.6 linux/amd64' ;;
  'create cluster') echo 'ERROR: no cluster today' >&2; exit 1 ;;
  *) echo "as kind says it: $*" ;;
esac
"""
_INFORMATION: dict[str, Any] = {"ServerVersion": "28.0", "CgroupVersion": "2", "MemTotal": 64 * 1024**3}


class Machine:
    """A laboratory whose PATH has nothing but the shell's own programs and stand-ins."""

    def __init__(self, laboratory: Laboratory, folder: Path) -> None:
        self.laboratory = laboratory
        self.folder = folder
        self.programs = folder / "bin"
        self.programs.mkdir()
        for name in ("bash", "sh", "cat", "dirname"):
            (self.programs / name).symlink_to(f"/bin/{name}" if name != "dirname" else "/usr/bin/dirname")
        laboratory.environment["PATH"] = str(self.programs)
        (folder / "calls").touch()

    def install(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(script.format(folder=self.folder))
        path.chmod(0o755)

    def has_kind(self) -> None:
        self.install("docker", _DOCKER)
        self.install("kind", _KIND)
        self.information()
        self.containers()

    def information(self, **changes: Any) -> None:
        (self.folder / "information").write_text(json.dumps(_INFORMATION | changes))

    def containers(self, *found: dict[str, Any]) -> None:
        (self.folder / "identities").write_text("".join(f"{number}\n" for number in range(len(found))))
        (self.folder / "inspected").write_text(json.dumps(found))

    def calls(self, *words: str) -> list[str]:
        """What the stand-ins were asked, of that which has one of the words in it."""
        lines = (self.folder / "calls").read_text().splitlines()
        return [line for line in lines if any(word in line.split() for word in words)]


def node(cluster: str, *mounts: tuple[Path, str]) -> dict[str, Any]:
    return {
        "Name": f"/{cluster}-control-plane",
        "Config": {"Labels": {"io.x-k8s.kind.cluster": cluster, "io.x-k8s.kind.role": "control-plane"}},
        "State": {"Running": True},
        "Mounts": [{"Source": str(source), "Destination": place} for source, place in mounts],
    }


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with used(tmp_path) as laboratory:
        (tmp_path / "stand-ins").mkdir()
        found = Machine(laboratory, tmp_path / "stand-ins")
        yield found
        found.containers()


def test_a_machine_without_docker_gets_one_clear_sentence(machine: Machine) -> None:
    said = machine.laboratory.liqolab("up", "--provider", "kind", code=1).splitlines()
    assert said == [
        "Error: there is no Docker (and no Podman or nerdctl) on this machine, and the provider kind makes its nodes "
        "of containers",
        "  install it (https://docs.docker.com/engine/install/), or use the embedded clusters, which need none: "
        "--provider embedded",
    ]
    assert not machine.laboratory.home.exists()


def test_a_playground_that_never_had_clusters_is_taken_down_without_docker(machine: Machine) -> None:
    root = machine.laboratory.home / "playgrounds" / "default"
    root.mkdir(parents=True)
    (root / "provider.json").write_text(json.dumps({"provider": "kind", "nodeImage": "", "kubeconfigs": []}))
    assert "is down" in machine.laboratory.liqolab("down")
    assert not root.exists()


def test_a_stand_in_docker_that_does_not_run_is_told_in_its_own_words(machine: Machine) -> None:
    machine.install("docker", "#!/bin/sh\necho 'Cannot connect to the Docker daemon. Is it running?' >&2; exit 1\n")
    said = machine.laboratory.liqolab("up", "--provider", "kind", code=1)
    assert "Error: docker ps: Cannot connect to the Docker daemon. Is it running?" in said
    assert "doctor" in said


def test_docker_without_kind_says_where_kind_is_to_be_had(machine: Machine) -> None:
    machine.has_kind()
    (machine.programs / "kind").unlink()
    said = machine.laboratory.liqolab("up", "--provider", "kind", code=1)
    assert "there is no kind on the PATH" in said and "https://kind.sigs.k8s.io/" in said


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("KIND_EXPERIMENTAL_PROVIDER", "rkt", "KIND_EXPERIMENTAL_PROVIDER=rkt is no container engine"),
        ("KIND_EXPERIMENTAL_PROVIDER", "podman", "there is no podman on this machine"),
        ("LIQOLAB_PROVIDER", "cloud", 'there is no provider "cloud" (LIQOLAB_PROVIDER)'),
    ],
)
def test_variables_that_name_what_is_not_there(machine: Machine, variable: str, value: str, complaint: str) -> None:
    machine.has_kind()
    machine.laboratory.environment |= {"LIQOLAB_PROVIDER": "kind", variable: value}
    assert complaint in machine.laboratory.liqolab("up", code=1)
    assert machine.calls("create", "delete") == []


def test_a_stand_in_cluster_of_somebody_elses_is_refused_and_never_deleted(machine: Machine) -> None:
    machine.has_kind()
    machine.containers(node("venice"))
    said = machine.laboratory.liqolab("up", "--provider", "kind", "-p", "mine", code=1)
    assert 'this machine has a KinD cluster "venice" that liqolab has not made; it was left alone' in said
    for command in ("kind delete cluster --name venice", "kind delete clusters florence venice"):
        said = machine.laboratory.liqolab("shell", "--provider", "kind", "-c", command, code=1)
        assert said.startswith('ERROR: this machine has a KinD cluster "venice" that liqolab has not made')
    machine.laboratory.liqolab("shell", "--provider", "kind", "-c", "kind delete clusters --all")
    machine.laboratory.liqolab("down", "--all")
    assert machine.calls("create", "delete", "stop", "rm", "kill") == []


def test_a_stand_in_cluster_of_another_playground_is_named_after_it(machine: Machine) -> None:
    machine.has_kind()
    mark = machine.laboratory.home / "playgrounds" / "other" / "marks" / "venice"
    machine.containers(node("venice", (mark, "/kind/liqolab")))
    said = machine.laboratory.liqolab("up", "--provider", "kind", "-p", "mine", code=1)
    assert 'a KinD cluster "venice" of playground "other"; it was left alone' in said
    assert "down -p other" in said


def test_stand_in_kind_gets_the_lessons_configuration_with_a_mark_and_the_chosen_image(machine: Machine) -> None:
    machine.has_kind()
    machine.install("kind", _KIND.replace("echo 'ERROR", 'cat "$6" >{folder}/config; echo \'ERROR'))
    (machine.folder / "mine.yaml").write_text(
        "{kind: Cluster, apiVersion: kind.x-k8s.io/v1alpha4, networking: {podSubnet: 10.200.0.0/16},"
        " nodes: [{role: control-plane, image: 'kindest/node:v1.23.6'}, {role: worker, labels: {a: b}}]}"
    )
    command = f"kind create cluster --name venice --config {machine.folder}/mine.yaml"
    options = ("shell", "--provider", "kind", "--node-image", "kindest/node:v1.34.0", "-c", command)
    assert "ERROR: no cluster today" in machine.laboratory.liqolab(*options, code=1)
    config = yaml.safe_load((machine.folder / "config").read_text())
    assert config["networking"] == {"podSubnet": "10.200.0.0/16"}
    assert [entry["image"] for entry in config["nodes"]] == ["kindest/node:v1.34.0"] * 2
    assert config["nodes"][1]["labels"] == {"a": "b"}
    mounts = [mount for entry in config["nodes"] for mount in entry["extraMounts"]]
    mark = str(machine.laboratory.home / "playgrounds" / "default" / "marks" / "venice")
    assert mounts == [{"hostPath": mark, "containerPath": "/kind/liqolab", "readOnly": True}] * 2
    # There was nothing of it to be deleted.
    assert machine.calls("delete") == []


@pytest.mark.parametrize(
    "command",
    ["kind get clusters", "kind load docker-image a b --name venice", "kind build node-image", "kind create --help"],
)
def test_whatever_else_is_typed_goes_to_the_stand_in_as_it_is(machine: Machine, command: str) -> None:
    machine.has_kind()
    said = machine.laboratory.liqolab("shell", "--provider", "kind", "-c", command)
    assert said == f"as kind says it: {command.removeprefix('kind ')}\n"


def test_a_playground_keeps_its_provider(machine: Machine) -> None:
    machine.has_kind()
    folder = machine.laboratory.home / "playgrounds" / "default" / "clusters" / "venice"
    folder.mkdir(parents=True)
    said = machine.laboratory.liqolab("up", "--provider", "kind", code=1)
    assert 'playground "default" has clusters of the provider embedded, not kind' in said


def test_there_are_no_snapshots_of_kinds_clusters(machine: Machine) -> None:
    machine.has_kind()
    root = machine.laboratory.home / "playgrounds" / "default"
    (root / "clusters" / "venice").mkdir(parents=True)
    (root / "provider.json").write_text(json.dumps({"provider": "kind", "nodeImage": "", "kubeconfigs": []}))
    said = machine.laboratory.liqolab("snapshot", "save", "one", code=1)
    assert "there are no snapshots of kind clusters" in said
    assert "learn --step ID" in said and "learn --fresh" in said


def examined(machine: Machine, *arguments: str, code: int) -> dict[str, str]:
    said = machine.laboratory.liqolab("doctor", "-o", "json", *arguments, code=code)
    return {entry["what"]: entry["state"] for entry in json.loads(said)}


def test_the_doctor_tells_scripts_what_is_missing(machine: Machine) -> None:
    assert examined(machine, "--provider", "embedded", code=0) == {"bash": "ok"}
    lacking = examined(machine, code=1)
    assert (lacking["bash"], lacking["container engine"], lacking["kind"]) == ("ok", "missing", "missing")
    assert lacking["kubectl"] == "scarce"
    said = machine.laboratory.liqolab("doctor", code=1)
    assert "install it: https://kind.sigs.k8s.io/" in said


def test_the_doctor_is_content_with_a_stand_in_that_has_it_all(machine: Machine) -> None:
    machine.has_kind()
    found = examined(machine, "--provider", "kind", code=0)
    assert (found["container engine"], found["kind"], found["cgroups"]) == ("ok", "ok", "ok")
    machine.information(MemTotal=2 * 1024**3, CgroupVersion="1")
    found = examined(machine, "--provider", "kind", code=1)
    assert (found["memory"], found["cgroups"]) == ("missing", "scarce")
    machine.information(ServerErrors=["Cannot connect to the Docker daemon"])
    assert examined(machine, "--provider", "kind", code=1)["container engine"] == "missing"


def test_the_doctor_reads_podman_too(machine: Machine) -> None:
    machine.has_kind()
    (machine.programs / "docker").rename(machine.programs / "podman")
    podman = {"host": {"cgroupVersion": "v2", "memTotal": 64 * 1024**3}, "version": {"Version": "5.4"}}
    (machine.folder / "information").write_text(json.dumps(podman))
    found = examined(machine, "--provider", "kind", code=0)
    assert (found["container engine"], found["cgroups"]) == ("ok", "ok")
