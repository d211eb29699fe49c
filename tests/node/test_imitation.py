"""What simulated containers make of images and command lines."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from socket import socket, socketpair
from subprocess import PIPE, STDOUT
from threading import Thread

import pytest

from liqolab.kube.node.back_off import BackOff, go_duration
from liqolab.kube.node.environment import expand, service_variables
from liqolab.kube.node.images import parse_image
from liqolab.kube.node.shell import NotUnderstoodError, Shell
from liqolab.program import Container


@pytest.mark.parametrize(
    ("image", "repository", "canonical"),
    [
        ("nginx", "nginx", "docker.io/library/nginx:latest"),
        ("docker.io/library/nginx:1.25", "nginx", "docker.io/library/nginx:1.25"),
        ("liqo/auth:v0.5.4", "liqo/auth", "docker.io/liqo/auth:v0.5.4"),
        ("ghcr.io/a/b/c", "ghcr.io/a/b/c", "ghcr.io/a/b/c:latest"),
        ("localhost:5000/x:1", "localhost:5000/x", "localhost:5000/x:1"),
    ],
)
def test_images_are_spelt_out(image: str, repository: str, canonical: str) -> None:
    found = parse_image(image)
    assert (found.repository, found.canonical) == (repository, canonical)


@pytest.mark.parametrize("image", ["", "Nginx", "nginx:", "a b", "http://nginx"])
def test_what_is_no_image(image: str) -> None:
    with pytest.raises(ValueError, match="invalid reference format"):
        parse_image(image)


def container(tmp_path: Path, log: list[str]) -> Container:
    """One that sees one mounted file, and whose network knows one server."""
    (tmp_path / "greeting").write_text("hello\n")
    return Container(
        name="c", image="busybox", args=(), env={"HOSTNAME": "pod", "EMPTY": "", "LIST": " a  b "}, namespace="default",
        pod="pod", pod_uid="1", pod_ip="10.0.0.9", node="n", host_ip="10.0.0.1", service_account="default",
        network=Network(), log=log.append, mounts={"/etc/config": tmp_path},
    )  # fmt: skip


class Network:
    """``http://web`` answers, whatever is asked for under ``/no`` with 404; nobody else is there."""

    async def dial(self, host: str, port: int) -> socket:
        if host != "web":
            raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
        ours, theirs = socketpair()
        theirs.setblocking(False)
        Thread(target=self._answer, args=(ours,), daemon=True).start()
        return theirs

    def _answer(self, connected: socket) -> None:
        with connected:
            status = "404 Not Found" if b"GET /no" in connected.recv(4096) else "200 OK"
            connected.sendall(f"HTTP/1.0 {status}\r\nContent-Length: 5\r\n\r\npage\n".encode())

    listen = add_route = remove_route = forward = None


async def imitated(tmp_path: Path, words: list[str]) -> tuple[list[str], int]:
    log: list[str] = []
    code = await Shell(container(tmp_path, log)).run(words)
    return log, code


def in_bash(script: str) -> tuple[list[str], int]:
    environment = {"PATH": os.environ["PATH"], "HOSTNAME": "pod", "EMPTY": "", "LIST": " a  b "}
    done = subprocess.run(
        ["bash", "--norc", "-c", script], env=environment, stdout=PIPE, stderr=STDOUT, text=True, check=False
    )
    return done.stdout.splitlines(), done.returncode


LIKE_BASH = [
    "",
    "echo a 'b  c' \"d  $HOSTNAME\" $LIST\\ x \"$LIST\" '$LIST' e\"f\"'g' '' $EMPTY \"$EMPTY\" z",
    "for i in $(seq 3); do echo $i; done && exit 2",
    "for i in 1 2 3; do echo line $i; done; exit 3",
    'for i in a$LIST"$LIST" \'*\'; do echo "[$i]"; done; echo "$i"',
    "for i in; do echo never; done; echo $?",
    'A=1; B="$A 2"; A=$(echo $B; ) ; echo $A ${B}x; C=$(false); echo $?',
    "echo a > /dev/null; echo $?; echo b 1>&2 2>/dev/null; echo c >&2 2>&1; echo d >/dev/stdout",
    "false || echo a && echo b; true && false || echo c; false && echo never; echo $?",
    "echo a > /dev/null\nfalse || true",
    "echo -n a; echo b; echo -n c",
    "while false; do echo never; done; echo $?; while echo once && false; do :; done",
    "false; exit",
    "exit 300",
    "exec echo last; echo never",
    'echo `echo "x  y"` "`echo "x  y"`" # remark',
    "echo a;\n\n# remark\necho b \\\n c",
    "printenv HOSTNAME; HOSTNAME=other; printenv HOSTNAME; printenv NOBODY || echo $?; NEW=1; printenv NEW",
    "seq 3; seq 2 4; seq 5 2",
    "sleep 0.01 0.01 && echo woken",
    "trap 'echo bye' TERM; echo here",
    'echo $(echo a; ) > /dev/null; : ignored; echo "q?*"',
]


@pytest.mark.parametrize("script", LIKE_BASH)
async def test_what_is_imitated_prints_and_ends_as_in_bash(tmp_path: Path, script: str) -> None:
    assert await imitated(tmp_path, ["sh", "-c", script]) == in_bash(script)


@pytest.mark.parametrize(
    ("words", "log", "code"),
    [
        (["sh"], [], 0),
        (["echo", "$HOME", "*", "a  b"], ["$HOME * a  b"], 0),
        (["/bin/sh", "-c", "cat /etc/config/greeting; hostname -i; hostname"], ["hello", "10.0.0.9", "pod"], 0),
        (["sh", "-c", "env"], ["EMPTY=", "HOSTNAME=pod", "LIST= a  b "], 0),
        (["sh", "-c", "echo $(date -u +%Y)"], [f"{datetime.now(UTC):%Y}"], 0),
        (["wget", "-q", "-O-", "http://web/x"], ["page"], 0),
        (["wget", "-qO", "/dev/null", "http://web/x"], [], 0),
        (["wget", "-qO-", "http://web/no"], ["wget: server returned error: HTTP/1.1 404"], 1),
        (["wget", "-O-", "-T", "1", "nobody"], ["wget: Connection refused"], 1),
        (["curl", "http://web/no?a=b"], ["page"], 0),
        (["curl", "http://nobody"], ["curl: (7) Connection refused"], 7),
        (["sh", "-c", "curl -s -o /dev/null -m 9 web && echo reached"], ["reached"], 0),
        (["sh", "-c", "curl -s http://nobody || echo lost $?"], ["lost 7"], 0),
    ],
)
async def test_what_depends_on_the_container(tmp_path: Path, words: list[str], log: list[str], code: int) -> None:
    assert await imitated(tmp_path, words) == (log, code)


@pytest.mark.parametrize("words", [["sleep", "3600"], ["tail", "-f", "/dev/null"], ["sleep", "infinity"]])
async def test_what_waits_goes_on(tmp_path: Path, words: list[str]) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(imitated(tmp_path, words), 0.05)


async def test_a_loop_without_end_prints_until_it_is_stopped(tmp_path: Path) -> None:
    log, printed = [], asyncio.Semaphore(0)
    shell = Shell(replace(container(tmp_path, []), log=lambda line: (log.append(line), printed.release())))
    running = asyncio.create_task(shell.run(["sh", "-c", "while true; do echo hello; sleep 0.01; done"]))
    for _ in range(3):
        await printed.acquire()
    running.cancel()
    assert log == ["hello"] * 3


@pytest.mark.parametrize(
    "script",
    [
        *("cat x | grep y", "rm -rf /", "echo x > /etc/passwd", "while true; do echo x", "echo 'unterminated"),
        *("echo x &", "! true", "if true; then echo x; fi", "(echo x)", "{ echo x; }", "f() { echo x; }", "echo )"),
        *("echo *", "echo a?", "echo {a,b}", "echo ~", "A=* && echo $A", "echo ${A:-b}", "echo $((1 + 1))", "echo $1"),
        *("echo $(echo a; echo b)", "echo $(A=1)", "echo $(exit 3)", "echo $(cat x | sort)", "echo $$", "X=1 env"),
        *("echo -e 'a\\n'", "echo 'a\\n'", "printf a", "set -e; false", "export A=b", "A=(1 2)", "A+=x", "$A x"),
        *("while true; do true; done > /dev/null", "for x; do done", "sleep x", "exit x", "seq a", "date -R"),
        *("trap x 0", "trap x TERM EXIT", "exec", "exec $HOSTNAME", "seq $LIST", "$(echo true)"),
        *("curl -X POST http://web", "curl -f http://web", "curl http://web http://web", "wget --spider http://web"),
        *("cat /etc/hosts", "cat < /etc/config/greeting", "hostname -f", "tail /etc/config/greeting", "env A=b"),
    ],
)
async def test_scripts_that_are_not_understood(tmp_path: Path, script: str) -> None:
    with pytest.raises(NotUnderstoodError):
        await imitated(tmp_path, ["sh", "-c", script])


@pytest.mark.parametrize("words", [["perl", "-e", "1"], ["sh", "script.sh"], ["sh", "-ec", "true"], ["bash", "-x"]])
async def test_command_lines_that_are_not_understood(tmp_path: Path, words: list[str]) -> None:
    with pytest.raises(NotUnderstoodError):
        await imitated(tmp_path, words)


def test_references_in_commands() -> None:
    assert expand("$(A)-$(B)-$$(A)-$A", {"A": "1"}) == "1-$(B)-$(A)-$A"


def test_service_variables() -> None:
    port = {"name": "https", "port": 443}
    service = {"metadata": {"name": "my-svc"}, "spec": {"clusterIP": "10.0.0.1", "ports": [port]}}
    headless = {"metadata": {"name": "none"}, "spec": {"clusterIP": "None", "ports": [port]}}
    assert service_variables([service, headless]) == {
        "MY_SVC_SERVICE_HOST": "10.0.0.1",
        "MY_SVC_SERVICE_PORT": "443",
        "MY_SVC_SERVICE_PORT_HTTPS": "443",
        "MY_SVC_PORT": "tcp://10.0.0.1:443",
        "MY_SVC_PORT_443_TCP": "tcp://10.0.0.1:443",
        "MY_SVC_PORT_443_TCP_PROTO": "tcp",
        "MY_SVC_PORT_443_TCP_PORT": "443",
        "MY_SVC_PORT_443_TCP_ADDR": "10.0.0.1",
    }


def test_back_off_doubles_up_to_five_minutes_and_forgives() -> None:
    back_off = BackOff(free=True)
    assert [go_duration(back_off.failed(1)) for _ in range(7)] == ["0s", "10s", "20s", "40s", "1m20s", "2m40s", "5m0s"]
    assert back_off.failed(601) == 0
