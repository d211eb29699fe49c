"""exec, cp, attach, port-forward and `run -it`, with every kubectl and with the official Python client."""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.request import urlopen
from zlib import crc32

import pexpect
import pytest
from kubernetes import client, config, watch
from kubernetes.stream import portforward, stream

from tests.clusters import ClusterProcess
from tests.kubectls import Kubectl

_WAIT = ("wait", "--for=condition=Ready", "--timeout=20s")


@pytest.fixture(name="space")
def _space(kubectl: Kubectl) -> str:
    """A namespace with a pod of busybox and one of nginx, for all tests with one kubectl."""
    name = f"streams-{crc32(bytes(kubectl.path))}"
    if not kubectl("get", "namespaces", "--ignore-not-found", name):
        kubectl("create", "namespace", name)
        kubectl("-n", name, "run", "box", "--image=busybox", "--", "sh", "-c", "echo hi > /tmp/x; sleep 3600")
        kubectl("-n", name, "run", "web", "--image=nginx")
        kubectl("-n", name, *_WAIT, "pod/box", "pod/web")
    return name


def test_exec(kubectl: Kubectl, space: str) -> None:
    here = ("-n", space, "exec")
    assert kubectl(*here, "box", "--", "cat", "/tmp/x") == "hi\n"
    assert kubectl(*here, "-i", "box", "--", "cat", stdin="piped\n") == "piped\n"
    assert kubectl(*here, "-i", "box", "--", "sh", stdin="cd /tmp\npwd; echo $((1+2))\n") == "/tmp\n3\n"
    script = "read first; echo 1 $first; cat; exit 0"
    assert kubectl(*here, "-i", "box", "--", "sh", "-c", script, stdin="a\nb\n") == "1 a\nb\n"
    assert kubectl(*here, "web", "--", "bash", "-c", "curl -s localhost | grep -c Welcome") == "2\n"
    failed = kubectl(*here, "box", "--", "sh", "-c", "echo out; echo err >&2; exit 3", code=3)
    assert failed == "out\nerr\ncommand terminated with exit code 3\n"
    assert kubectl(*here, "box", "--", "sh", "-c", "nowhere", code=127).startswith("sh: nowhere: not found\n")
    assert 'exec: "bash": executable file not found in $PATH' in kubectl(*here, "box", "--", "bash", code=1)
    assert 'pods "nobody" not found' in kubectl(*here, "nobody", "--", "true", code=1)
    assert "container nope is not valid for pod box" in kubectl(*here, "box", "-c", "nope", "--", "true", code=1)


def test_copies_in_both_directions_are_the_same_to_the_byte(kubectl: Kubectl, space: str, tmp_path: Path) -> None:
    content = bytes(range(256)) * 300
    (tmp_path / "up").write_bytes(content)
    kubectl("-n", space, "cp", str(tmp_path / "up"), "box:/tmp/up")
    kubectl("-n", space, "cp", "box:/tmp/up", str(tmp_path / "down"))
    assert (tmp_path / "down").read_bytes() == content


def test_port_forward(kubectl: Kubectl, space: str) -> None:
    with kubectl.forwarding("-n", space, "port-forward", "pod/web", ":80") as port:
        for _ in range(2):
            assert b"Welcome to nginx" in urlopen(f"http://127.0.0.1:{port}/", timeout=10).read()
    kubectl("-n", space, "expose", "pod", "web", "--name=door", "--port=8080", "--target-port=80")
    with kubectl.forwarding("-n", space, "port-forward", "svc/door", ":8080") as port:
        assert b"Welcome to nginx" in urlopen(f"http://127.0.0.1:{port}/", timeout=10).read()


def test_a_prompt(kubectl: Kubectl, space: str) -> None:
    screen = kubectl.terminal("-n", space, "exec", "-it", "box", "--", "sh")
    screen.expect_exact("/ # ")
    for typed, seen in (
        ("cd /tmp; X=7\r", "/tmp # "),
        ("echo value $X\r", "value 7\r\n"),
        ("ecko\x7f\x7fho fixed\r", "fixed\r\n"),
        ("for i in 1 2\r", "> "),
        ("do echo n$i; done\r", "n1\r\nn2\r\n"),
        ("false\r", "/tmp # "),
        ("echo code $?\r", "code 1\r\n"),
        ("\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A\r", "fixed\r\n"),
        ("echo asleep; sleep 3600\r", "asleep\r\n"),
        ("\x03", "^C"),
        ("echo again $?\r", "again 130\r\n"),
    ):
        screen.send(typed)
        screen.expect_exact(seen)
    screen.send("exit 4\r")
    screen.expect_exact("command terminated with exit code 4")
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 4


def test_folders_are_copied_with_all_that_is_in_them(kubectl: Kubectl, space: str, tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a", "deep/b"):
        (tmp_path / "in" / name).write_text(f"{name}\n")
    kubectl("-n", space, "cp", str(tmp_path / "in"), "box:/tmp/folder")
    kubectl("-n", space, "cp", "box:/tmp/folder", str(tmp_path / "out"))
    for name in ("a", "deep/b"):
        assert (tmp_path / "out" / name).read_text() == f"{name}\n"


def test_logs(kubectl: Kubectl, space: str) -> None:
    script = "echo first; echo second; [ -f /tmp/go ] || sleep 0.5; exit 1"
    kubectl("-n", space, "run", "failing", "--image=busybox", "--", "sh", "-c", script)
    kubectl("-n", space, *_WAIT, "pod/failing")
    until = time.monotonic() + 20
    while not kubectl("-n", space, "get", "pod", "failing", "-o", "jsonpath={..lastState.terminated}"):
        assert time.monotonic() < until
    assert kubectl("-n", space, "logs", "--previous", "failing") == "first\nsecond\n"
    assert kubectl("-n", space, "logs", "--previous", "failing", "--tail=1", "--since=1h") == "second\n"
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z first\n", kubectl("-n", space, "logs", "-p", "failing", "--timestamps"))
    labelled = kubectl("-n", space, "logs", "-l", "run=failing", "--prefix", "--tail=-1")
    assert labelled == "[pod/failing/failing] first\n[pod/failing/failing] second\n"
    kubectl("-n", space, "delete", "pod", "failing", "--now")
    script = "echo begun; until [ -f /tmp/go ]; do sleep 0.1; done; echo over"
    kubectl("-n", space, "run", "followed", "--image=busybox", "--restart=Never", "--", "sh", "-c", script)
    kubectl("-n", space, *_WAIT, "pod/followed")
    screen = kubectl.terminal("-n", space, "logs", "-f", "followed")
    screen.expect_exact("begun\r\n")
    kubectl("-n", space, "exec", "followed", "--", "touch", "/tmp/go")
    screen.expect_exact("over\r\n")
    screen.expect(pexpect.EOF)


def test_debug(kubectl: Kubectl, space: str) -> None:
    """Containers that are added to a pod take kubectl 1.23, as with any server since 1.23; copies work with all."""
    ways: list[tuple[str, ...]] = [("web", "--copy-to=web-copy", "--container=debugger")]
    if not kubectl("version", "--client").count('Minor:"20"'):
        ways.append(("web", "--target=web"))
    for way in ways:
        screen = kubectl.terminal("-n", space, "debug", "-it", "--image=busybox", *way)
        screen.send("\r")
        screen.expect_exact("/ # ")
        screen.send("wget -qO- localhost | grep title\r")
        screen.expect_exact("<title>Welcome to nginx!</title>")
        screen.send("exit\r")
        screen.expect(pexpect.EOF)
    screen = kubectl.terminal("debug", "-it", "--image=busybox", "node/venice-control-plane")
    screen.send("\r")
    screen.expect_exact("/ # ")
    screen.send("\x04")
    screen.expect(pexpect.EOF)
    kubectl("-n", space, "delete", "pod", "web-copy", "--now")


def test_keys_at_a_prompt(kubectl: Kubectl, space: str) -> None:
    screen = kubectl.terminal("-n", space, "exec", "-it", "box", "--", "sh")
    screen.expect_exact("/ # ")
    for typed, seen in (
        ("mkdir -p /tmp/keys/deeper /tmp/keys/dark; echo found > /tmp/keys/deeper/file\r", "/ # "),
        ("cat /tmp/ke\t", "/tmp/keys/"),
        ("de\t", "/tmp/keys/deeper/"),
        ("\t\r", "found\r\n"),
        ("ls /tmp/keys/d\t", "\r\ndark/  deeper/\r\n"),
        ("\x15hostna\t\r", "box\r\n"),
        ("\x12/ke", "': cat /tmp/keys/deeper/file"),
        ("\r", "found\r\n"),
        ("\x12mkd\x03", "^C"),
        ("stty size\r", "24 80\r\n"),
        ("tty\r", "/dev/pts/0\r\n"),
    ):
        screen.send(typed)
        screen.expect_exact(seen)
    screen.setwinsize(40, 120)
    # kubectl tells of the new size when the signal has come.
    while True:
        screen.send("stty size\r")
        if screen.expect_exact(["40 120\r\n", "24 80\r\n"]) == 0:
            break
    screen.close()


def test_a_pod_for_a_moment(kubectl: Kubectl, space: str) -> None:
    moment = ("-n", space, "run", "--rm", "-i", "--restart=Never", "--image=busybox")
    assert "piped in\n" in kubectl(*moment, "reader", "--", "sh", stdin="echo piped in\n")
    kubectl("-n", space, "expose", "pod", "web", "--port=80")
    assert "Welcome to nginx" in kubectl(*moment, "fetcher", "--", "wget", "-qO-", "http://web")
    screen = kubectl.terminal(*moment, "-t", "prompt", "--", "sh")
    screen.send("\r")
    screen.expect_exact("/ # ")
    screen.send("echo I am $HOSTNAME\r")
    screen.expect_exact("I am prompt\r\n")
    screen.send("\x04")
    screen.expect_exact('pod "prompt" deleted')
    screen.expect(pexpect.EOF)


def test_a_commands_own_input_is_what_is_piped_in(kubectl: Kubectl, space: str) -> None:
    run = ("-n", space, "run", "--image=busybox", "--restart=Never", "--attach")
    script = "echo -n read: && cat && echo ' closed'"
    printed = kubectl(*run, "told", "--stdin", "--", "sh", "-c", script, stdin="value\nand more")
    assert "read:value\nand more closed\n" in printed
    assert kubectl("-n", space, "logs", "told") == "read:value\nand more closed\n"
    # Who has nothing more to say leaves, where others may come.
    kubectl(*run, "open", "--stdin", "--leave-stdin-open", "--", "cat", stdin="first\n")
    kubectl("-n", space, "attach", "-i", "open", stdin="second\n")
    screen = kubectl.terminal("-n", space, "logs", "-f", "open")
    screen.expect_exact("first\r\nsecond\r\n")
    screen.close()
    assert kubectl("-n", space, "get", "pod", "open", "-o", "jsonpath={.status.phase}") == "Running"


def test_a_command_may_be_long(kubectl: Kubectl, space: str) -> None:
    word = "a" * 72_000
    assert kubectl("-n", space, "exec", "web", "--", "echo", word) == f"{word}\n"


def test_attach_shows_what_is_printed_from_now_on(kubectl: Kubectl, space: str) -> None:
    script = "until [ -f /tmp/go ]; do echo waiting; sleep 0.1; done; echo last"
    kubectl("-n", space, "run", "talker", "--image=busybox", "--restart=Never", "--", "sh", "-c", script)
    kubectl("-n", space, *_WAIT, "pod/talker")
    screen = kubectl.terminal("-n", space, "attach", "talker")
    screen.expect_exact("waiting\r\n")
    kubectl("-n", space, "exec", "talker", "--", "touch", "/tmp/go")
    screen.expect_exact("last\r\n")
    screen.expect(pexpect.EOF)


def test_the_python_client(cluster: ClusterProcess, namespace: str) -> None:
    core = client.CoreV1Api(config.new_client_from_config(str(cluster.kubeconfig)))
    spec = client.V1PodSpec(containers=[client.V1Container(name="web", image="nginx")])
    core.create_namespaced_pod(namespace, client.V1Pod(metadata=client.V1ObjectMeta(name="web"), spec=spec))
    for event in watch.Watch().stream(core.list_namespaced_pod, namespace, timeout_seconds=20):
        if event["object"].status.phase == "Running":
            break
    run = ["bash", "-c", "echo out; echo err >&2; exit 5"]
    opened = stream(
        core.connect_get_namespaced_pod_exec, "web", namespace, command=run, stdin=False, stdout=True, stderr=True,
        tty=False, _preload_content=False,
    )  # fmt: skip
    opened.run_forever(timeout=10)
    assert (opened.read_stdout(), opened.read_stderr(), opened.returncode) == ("out\n", "err\n", 5)
    socket = portforward(core.connect_get_namespaced_pod_portforward, "web", namespace, ports="80").socket(80)
    socket.sendall(b"GET / HTTP/1.0\r\nHost: web\r\n\r\n")
    answer = b""
    while piece := socket.recv(4096):
        answer += piece
    assert b"Welcome to nginx" in answer
