"""What goes wrong says what happened and what to do, leaves nothing half made, and can be run again."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.laboratory import Laboratory, Running

pytestmark = pytest.mark.embedded

IN_CREATE = 0x100


# --- names, ports, lessons -------------------------------------------------------------------------------------------


def test_a_cluster_name_is_taken(peered: Laboratory) -> None:
    before = peered.status()["venice"]
    said = peered.shell("kind create cluster --name venice --kubeconfig own", code=1)
    assert said == 'ERROR: failed to create cluster: node(s) already exist for a cluster with the name "venice"\n'
    assert peered.status()["venice"] == before


def test_a_port_is_taken(lab: Laboratory) -> None:
    lab.liqolab("up", "--without-liqo")
    server = lab.status()["venice"]["server"]
    lab.kill("venice")
    host, port = server.removeprefix("https://").split(":")
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind((host, int(port)))
        stranger.listen()
        said = lab.liqolab("up", code=1)
    assert 'cluster "venice"' in said
    assert port in said
    assert lab.status()["venice"]["state"] == "stopped"
    assert lab.status()["naples"]["state"] == "running"
    lab.liqolab("up")
    assert lab.status()["venice"]["server"] == server


@pytest.mark.parametrize("command", ["up", "run", "shell"])
def test_a_lesson_is_unknown(lab: Laboratory, command: str) -> None:
    said = lab.liqolab(command, "no-such-lesson", code=1)
    assert 'there is no lesson "no-such-lesson"; known: a-service-everywhere, offloading-with-policies, ' in said
    assert lab.left_behind() == []


def test_going_down_twice(lab: Laboratory) -> None:
    assert "nothing to take down" in lab.liqolab("down")
    lab.shell("kind create cluster --name venice --kubeconfig own")
    assert "is down" in lab.liqolab("down")
    assert "nothing to take down" in lab.liqolab("down")
    assert lab.left_behind() == []


def test_a_second_playground_stands_beside_the_first(peered: Laboratory) -> None:
    first = peered.status()
    in_second = ("--playground", "second")
    said = peered.liqolab(
        "shell", *in_second, "-c", "kind create cluster --name venice --kubeconfig own && kind get clusters"
    )
    assert said.endswith("venice\n")
    second = peered.status("second")
    assert second["venice"]["server"] not in {each["server"] for each in first.values()}
    peered.shell("kubectl --kubeconfig liqo_kubeconf_venice get namespace liqo-demo")
    peered.liqolab("shell", *in_second, "-c", "! kubectl --kubeconfig own get namespace liqo-demo")
    peered.liqolab("down", *in_second)
    assert peered.status("second") == {}
    assert peered.status() == first


# --- kubeconfigs -----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["garbage", "list", "binary", "folder", "missing", "incomplete"])
def bad_kubeconfig(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "bad-kubeconfig"
    contents = {
        "garbage": b"this is: not: yaml: {",
        "list": b"- a\n- b\n",
        "binary": bytes(range(256)),
        "incomplete": b"apiVersion: v1\nkind: Config\ncurrent-context: nowhere\n",
    }
    if request.param == "folder":
        path.mkdir()
    elif request.param in contents:
        path.write_bytes(contents[request.param])
    return path


@pytest.mark.parametrize(
    "program",
    [("liqolab.liqo.ctl", "status"), ("liqolab.kubectl", "get", "pods")],
    ids=["liqoctl", "kubectl"],
)
def test_a_kubeconfig_cannot_be_used(lab: Laboratory, bad_kubeconfig: Path, program: tuple[str, ...]) -> None:
    done = _module(lab, *program, kubeconfig=bad_kubeconfig)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stdout
    assert str(bad_kubeconfig) in done.stdout, done.stdout
    assert len(done.stdout.splitlines()) <= 3, done.stdout


def test_kind_leaves_a_file_alone_that_is_no_kubeconfig(lab: Laboratory) -> None:
    (lab.person / "notes").write_text("buy milk\n")
    said = lab.shell(f"kind create cluster --name venice --kubeconfig {lab.person}/notes", code=1)
    assert "is not a kubeconfig; it was left as it is" in said
    assert (lab.person / "notes").read_text() == "buy milk\n"
    assert lab.left_behind() == []


@pytest.mark.parametrize(
    "program",
    [("liqolab.liqo.ctl", "status"), ("liqolab.kubectl", "get", "pods")],
    ids=["liqoctl", "kubectl"],
)
def test_a_server_does_not_answer(peered: Laboratory, tmp_path: Path, program: tuple[str, ...]) -> None:
    own, port = peered.kubeconfig("venice"), peered.status()["venice"]["server"].rpartition(":")[2]
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        (tmp_path / "config").write_text(own.read_text().replace(f":{port}", f":{closed.getsockname()[1]}"))
        done = _module(peered, *program, kubeconfig=tmp_path / "config")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    assert "refused" in done.stdout


def _module(lab: Laboratory, *command: str, kubeconfig: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        env=lab.environment | {"KUBECONFIG": str(kubeconfig)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )


# --- Liqo ------------------------------------------------------------------------------------------------------------


def test_a_peer_command_is_run_twice(peered: Laboratory) -> None:
    peered.shell(
        "export KUBECONFIG=$PWD/liqo_kubeconf_venice\n"
        "set -e\n"
        "before=$(kubectl get foreignclusters,nodes -o name)\n"
        "liqoctl generate peer-command --only-command --kubeconfig liqo_kubeconf_naples | bash\n"
        '[ "$before" = "$(kubectl get foreignclusters,nodes -o name)" ]\n'
        "kubectl get pods -n liqo-demo -o wide | grep 'Running.*liqo-naples'"
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("no-such-namespace", '"no-such-namespace" not found'),
        ("elsewhere --selector 'a in (b'", 'the selector "a in (b" does not parse'),
        ("elsewhere --selector ',,,'", 'the selector ",,," does not parse'),
        ("elsewhere --pod-offloading-strategy Sideways", "Sideways is not included in"),
    ],
)
def test_an_offload_that_cannot_be(peered: Laboratory, arguments: str, complaint: str) -> None:
    said = peered.shell(
        "export KUBECONFIG=$PWD/liqo_kubeconf_venice\n"
        "kubectl get namespace elsewhere >/dev/null 2>&1 || kubectl create namespace elsewhere >/dev/null\n"
        f"liqoctl offload namespace {arguments} && exit 99\n"
        "kubectl get namespaceoffloadings -n elsewhere"
    )
    assert complaint in said
    assert "No resources found in elsewhere namespace." in said


# --- Ctrl-C ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["Creating venice, florence, naples", "Installing Liqo"])
def test_ctrl_c_while_a_playground_comes_up(lab: Laboratory, moment: str) -> None:
    up = lab.start("up")
    up.until(moment)
    _is_interrupted(lab, up)


@pytest.mark.parametrize("moment", ["Provision the playground", "Peer the clusters"])
def test_ctrl_c_while_a_lesson_runs(lab: Laboratory, moment: str) -> None:
    run = lab.start("run")
    run.until(moment)
    _is_interrupted(lab, run)


@pytest.mark.parametrize("moment", ["venice", "lock", "store.db"])
def test_ctrl_c_while_kind_creates_a_cluster(lab: Laboratory, moment: str) -> None:
    script = "echo ready; read; kind create cluster --name venice --kubeconfig own"
    reader, writer = os.pipe()
    shell = lab.start("shell", "-c", script, stdin=reader)
    os.close(reader)
    shell.until("ready")
    with Created(lab.folder("venice").parent) as clusters:
        os.write(writer, b"\n")
        os.close(writer)
        clusters.wait("venice")
    if moment != "venice":
        with Created(lab.folder("venice")) as folder:
            folder.wait(moment)
    _is_interrupted(lab, shell)


def _is_interrupted(lab: Laboratory, command: Running) -> None:
    code, said = command.interrupt()
    assert code == 130, said
    assert "Traceback" not in said
    assert "nterrupted" in said
    assert lab.left_behind() == []


class Created:
    """Waits until something of a name is in a folder: the kernel tells of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._libc = ctypes.CDLL(None, use_errno=True)

    def __enter__(self) -> Created:
        self._events = self._libc.inotify_init1(os.O_CLOEXEC)
        watched = self._libc.inotify_add_watch(self._events, os.fsencode(self._folder), IN_CREATE)
        assert self._events >= 0 and watched >= 0, os.strerror(ctypes.get_errno())
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._events)

    def wait(self, name: str) -> None:
        while not (self._folder / name).exists():
            os.read(self._events, 4096)


# --- processes and disks ---------------------------------------------------------------------------------------------


def test_a_cluster_dies_while_it_comes_up(lab: Laboratory) -> None:
    lab.home.mkdir()
    clusters = lab.folder("venice").parent
    clusters.mkdir(parents=True)
    with Created(clusters) as made:
        up = lab.start("up")
        made.wait("naples")
    with Created(lab.folder("naples")) as made:
        made.wait("store.db")
    lab.signal("naples", signal.SIGKILL)
    said, _ = up.process.communicate(timeout=60)
    assert up.process.returncode == 1, said
    assert 'cluster "naples": the cluster\'s process ended before it was ready' in said
    assert "no cluster was left" in said
    assert "Traceback" not in said
    assert lab.left_behind() == []


def test_a_cluster_dies_while_a_lesson_runs(lab: Laboratory) -> None:
    run = lab.start("run")
    run.until("Peer the clusters")
    playground = next((lab.home / "playgrounds").iterdir()).name
    lab.signal("florence", signal.SIGKILL, playground)
    said, _ = run.process.communicate(timeout=100)
    assert run.process.returncode == 1, said
    assert "failed" in said
    assert "Traceback" not in said
    assert lab.left_behind() == []


class MountedDisk:
    """A disk of 6 MiB under the laboratory's home.

    Attributes:
        when_full: what a shell has to do first to feel that the disk is full.
    """

    when_full = ":"

    def __init__(self, lab: Laboratory) -> None:
        self._home = lab.home
        self._home.mkdir()
        try:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=700", "none", self._home], check=True)
        except (OSError, subprocess.CalledProcessError):
            self._home.rmdir()
            raise

    def fill(self) -> None:
        with (self._home / "ballast").open("wb", buffering=0) as ballast, pytest.raises(OSError, match="No space left"):
            while True:
                ballast.write(bytes(4096))

    def empty(self) -> None:
        (self._home / "ballast").unlink(missing_ok=True)

    def remove(self) -> None:
        subprocess.run(["umount", self._home], check=True)
        self._home.rmdir()


class LimitedFiles:
    """Where nothing may be mounted: files of the laboratory's processes cannot grow."""

    when_full = "ulimit -f 16"

    def __init__(self, lab: Laboratory) -> None:
        self._lab = lab

    def fill(self) -> None:
        self._limit(16384)

    def empty(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def remove(self) -> None:
        self.empty()

    def _limit(self, size: int) -> None:
        for process in self._lab.processes():
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture
def disk(lab: Laboratory) -> Iterator[MountedDisk | LimitedFiles]:
    try:
        found: MountedDisk | LimitedFiles = MountedDisk(lab)
    except (OSError, subprocess.CalledProcessError):
        found = LimitedFiles(lab)
    try:
        yield found
    finally:
        found.empty()
        lab.liqolab("down", "--all")
        found.remove()


def test_a_disk_is_full(lab: Laboratory, disk: MountedDisk | LimitedFiles, tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_text("x" * 900_000)
    lab.shell("kind create cluster --name venice --kubeconfig own")
    venice = "kubectl --kubeconfig own"
    lab.shell(f"{venice} create configmap before")
    disk.fill()
    # What fits into the pages that the log has already is still taken: some of them, never all.
    create = f"{venice} create configmap number-$n --from-file={big}"
    said = lab.shell(f"for n in 1 2 3 4 5 6 7 8 9; do {create} || exit 4; done", code=4)
    assert "nothing was changed" in said
    lab.shell(f"{venice} get configmap before")
    for command, complaint in (
        ("kind create cluster --name naples --kubeconfig own", "failed to create cluster"),
        ("liqolab snapshot save one", "the snapshot cannot be written"),
    ):
        said = lab.shell(f"{disk.when_full}; {command}", code=1)
        assert complaint in said
        assert len(said.splitlines()) <= 4, said
    assert lab.status().keys() == {"venice"}
    disk.empty()
    lab.shell(f"{venice} create configmap after && {venice} get configmap before")
