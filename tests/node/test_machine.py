"""What containers do with their command lines: as a real shell does, in an image of that kind."""

from __future__ import annotations

import asyncio
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest

from liqolab.kube.node.machine.machine import NotStartedError
from liqolab.kube.node.machine.userlands import ALPINE, BUSYBOX, CURL, DEBIAN, UNKNOWN, Userland
from tests.node.machines import ENVIRONMENT, machine


async def carried_out(folder: Path, words: list[str], userland: Userland) -> tuple[list[str], int]:
    log: list[str] = []
    code = await machine(folder, log.append, userland).run(words)
    return log, code


def in_bash(script: str, folder: Path) -> tuple[list[str], int]:
    """What the machine's bash prints and ends with."""
    environment = {"PATH": os.environ["PATH"], **ENVIRONMENT}
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env=environment,
        cwd=folder,
        stdout=PIPE,
        stderr=STDOUT,
        text=True,
        check=False,
    )
    return done.stdout.splitlines(), done.returncode


LIKE_BASH = [
    "",
    "echo a 'b  c' \"d  $HOSTNAME\" $LIST\\ x \"$LIST\" '$LIST' e\"f\"'g' '' $EMPTY \"$EMPTY\" z",
    "for i in $(seq 3); do echo $i; done && exit 2",
    'for i in a$LIST"$LIST" \'*\'; do echo "[$i]"; done; echo "$i"',
    "for i in; do echo never; done; echo $?",
    'A=1; B="$A 2"; A=$(echo $B; ) ; echo $A ${B}x; C=$(false); echo $?',
    "echo a > /dev/null; echo $?; echo b 1>&2 2>/dev/null; echo c >&2 2>&1; echo d >/dev/stdout",
    "false || echo a && echo b; true && false || echo c; false && echo never; echo $?",
    "while false; do echo never; done; echo $?; while echo once && false; do :; done",
    "false; exit",
    "exit 300",
    "exec echo last; echo never",
    'echo `echo "x  y"` "`echo "x  y"`" # remark',
    "echo a;\n\n# remark\necho b \\\n c",
    "seq 3; seq 2 4; seq 5 2; seq 1 2 7; seq -w 8 10",
    "sleep 0.01 0.01 && echo woken",
    "set -e; false; echo never",
    "set -euo pipefail; false | true; echo never",
    'X=${Y:-default}; echo $X ${Y:=set} $Y $((1+2*3)) $((7%3)) ${#X} ${X%ault} ${X#de} ${X/fau/FAU} "${X^^}"',
    "x=5; while [ $x -gt 0 ]; do x=$((x-1)); [ $x = 2 ] && continue; [ $x = 1 ] && break; echo $x; done",
    "i=0; until [ $i -ge 3 ]; do i=$((i+1)); done; echo $i",
    'if [ -d /tmp ]; then echo yes; elif true; then echo other; else echo no; fi; test -z "" && echo empty',
    'case "$HOSTNAME" in web-*) echo "ordinal ${HOSTNAME##*-}";; *) echo other;; esac',
    'f() { local n=$1; echo "in $n"; return 4; }; f a; echo $?',
    "cat <<EOF\nsum $((2+3)) $HOSTNAME\nEOF\ncat <<'EOF'\n$HOSTNAME $(date)\nEOF",
    'echo "b a c" | tr " " "\\n" | sort | head -2 | wc -l | tr -d " "',
    "echo k=v=w | cut -d= -f2-; echo abc | sed 's/b/X/'; echo 'a b c' | awk '{print $3, NF}'",
    "printf '%s-%s\\n' a b; printf '%05d|%-6s|%x\\n' 42 ab 255",
    "(echo sub; exit 7); echo $?; { echo out; echo err >&2; } 2>/dev/null",
    "trap 'echo bye' EXIT; echo working; exit 3",
    "sleep 0.05 & wait $!; echo waited $?; kill -0 $$ && echo alive",
    'set -- x y z; echo $# $2 "$@"; shift; echo $1; IFS=,; A=a,b; for w in $A; do echo $w; done',
    "arr=(one two); echo ${arr[1]} ${#arr[@]}; [[ web-12 =~ -([0-9]+)$ ]] && echo ${BASH_REMATCH[1]}",
    "read a b <<< 'first second third'; echo $b; for ((i=0;i<3;i++)); do echo -n \"$i \"; done; echo",
    "export A=1; bash -c 'echo child $A'; unset A; bash -c 'echo gone [$A]'",
    "timeout 0.05 sleep 5; echo $?",
    "nowhere 2>/dev/null; echo $?; ls /nowhere 2>/dev/null; echo $?",
    "basename /a/b.txt .txt; dirname /a/b/c; expr 3 + 4; test 3 -lt 10 -a -n x && echo both",
    "echo aGVsbG8= | base64 -d; printf abc | md5sum | cut -c1-8; date -u -d @0 +%FT%TZ",
    "printf '1\\n2\\n3\\n4\\n' | tail -n 2; printf '1\\n2\\n' | tail -n +2; printf abc | tail -c 2",
]


@pytest.mark.parametrize("script", LIKE_BASH)
async def test_a_script_prints_and_ends_as_in_bash(tmp_path: Path, script: str) -> None:
    assert await carried_out(tmp_path, ["bash", "-c", script], DEBIAN) == in_bash(script, tmp_path)


HELLO = ["sh", "-c", "echo hello"]
NO_PAGE = "The requested URL returned error: 404"
REFUSED = "Failed to connect to closed port 80 after 0 ms: Could not connect to server"


@pytest.mark.parametrize(
    ("userland", "words", "log", "code"),
    [
        (BUSYBOX, ["sh"], [], 0),
        (BUSYBOX, ["echo", "$HOME", "*", "a  b"], ["$HOME * a  b"], 0),
        (BUSYBOX, ["sh", "-ec", "echo a; false; echo never"], ["a"], 1),
        (BUSYBOX, ["sh", "-c", "echo $0 $1", "name", "arg"], ["name arg"], 0),
        (BUSYBOX, ["/bin/sh", "-c", "cat /etc/config/greeting; hostname -i"], ["hello", "10.0.0.9"], 0),
        (BUSYBOX, ["sh", "-c", "tail -n 1 /etc/hosts; id; whoami; pwd"],
         ["10.1.2.3\tfoo.local", "uid=0(root) gid=0(root) groups=0(root)", "root", "/"], 0),
        (BUSYBOX, ["cat", "/etc/resolv.conf"],
         ["search default.svc.cluster.local svc.cluster.local cluster.local", "nameserver 10.80.0.10",
          "options ndots:5"], 0),
        (BUSYBOX, ["sh", "-c", "echo $(date -u +%Y)"], [f"{datetime.now(UTC):%Y}"], 0),
        # What only these shells do.
        (BUSYBOX, ["sh", "-c", "nowhere; echo $?"], ["sh: nowhere: not found", "127"], 0),
        (BUSYBOX, ["sh", "-c", "curl x"], ["sh: curl: not found"], 127),
        (BUSYBOX, ["sh", "-c", "timeout 0.05 sleep 5; echo $?; ls /no 2>&- ; echo $?"], ["143", "1"], 0),
        (BUSYBOX, ["sh", "-c", "set -u; echo $NOTHING"], ["sh: NOTHING: unbound variable"], 2),
        (DEBIAN, ["sh", "-c", "curl x"], ["sh: 1: curl: not found"], 127),
        (DEBIAN, ["bash", "-c", "curl x"], ["bash: line 1: curl: command not found"], 127),
        (BUSYBOX, ["sh", "-c", "echo 'unterminated"],
         ["sh: syntax error: unexpected EOF while looking for matching `''"], 2),
        (BUSYBOX, ["sh", "-c", "echo 'conf: line 3: bad'; echo 'bash: line 1: x: command not found'"],
         ["conf: line 3: bad", "bash: line 1: x: command not found"], 0),
        # Files: a volume that is read only is.
        (BUSYBOX, ["sh", "-c", "echo new > /etc/config/x; echo there > /data/y; cat /data/y"],
         ["sh: can't create /etc/config/x: Read-only file system", "there"], 0),
        # The network.
        (BUSYBOX, ["wget", "-q", "-O-", "http://web/x"], ["page"], 0),
        (BUSYBOX, ["sh", "-c", "wget -q http://web/x && cat x; wget -qO /dev/null web"], ["page"], 0),
        (BUSYBOX, ["sh", "-c", "wget --server-response -qO /dev/null http://web 2>&1 | awk '/^  HTTP/{print $2}'"],
         ["200"], 0),
        (BUSYBOX, ["wget", "-qO-", "http://web/no"], ["wget: server returned error: HTTP/1.1 404 Not Found"], 1),
        (BUSYBOX, ["wget", "-qO-", "-T", "1", "closed"],
         ["wget: can't connect to remote host (closed): Connection refused"], 1),
        (BUSYBOX, ["wget", "-q", "nobody"], ["wget: bad address 'nobody'"], 1),
        (BUSYBOX, ["nc", "-zv", "web", "80"], ["web (web:80) open"], 0),
        (BUSYBOX, ["sh", "-c", "nc -z closed 80; echo $?; nslookup -type=a web | tail -n 3"],
         ["1", "Name:\tweb.default.svc.cluster.local", "Address: 10.80.0.5", ""], 0),
        (BUSYBOX, ["sh", "-c", "nslookup nobody > /dev/null || echo waiting"], ["waiting"], 0),
        (BUSYBOX, ["sh", "-c", "ping -c 1 web | grep transmitted; ping -c 1 -W 1 closed > /dev/null; echo $?"],
         ["1 packets transmitted, 1 packets received, 0% packet loss", "1"], 0),
        (CURL, ["curl", "http://web/no?a=b"], ["page"], 0),
        (CURL, ["curl", "-f", "http://web/no"], [f"curl: (22) {NO_PAGE}"], 22),
        (CURL, ["curl", "-sf", "http://web/no"], [], 22),
        (CURL, ["curl", "-fsS", "http://web/no"], [f"curl: (22) {NO_PAGE}"], 22),
        (CURL, ["curl", "http://closed"], [f"curl: (7) {REFUSED}"], 7),
        (CURL, ["curl", "-sS", "nobody"], ["curl: (6) Could not resolve host: nobody"], 6),
        (CURL, ["curl", "-so", "/dev/null", "-w", "%{http_code}\\n", "-m", "9", "web/no"], ["404"], 0),
        (CURL, ["curl", "-sI", "web"], ["HTTP/1.1 200 OK\r", "Content-Length: 5\r", "\r"], 0),
        (CURL, ["curl", "-s", "-X", "POST", "--data", "a=b", "-H", "X-Mine: 1", "web"], ["page"], 0),
        (CURL, ["curl", "--nonsense"], ["curl: option --nonsense: is unknown"], 2),
        (UNKNOWN, ["sh", "-c", "curl -s web | jq -R ."], ['"page"'], 0),
        (UNKNOWN, ["bash", "-c", "echo a; exec echo b"], ["a", "b"], 0),
    ],
)  # fmt: skip
async def test_what_depends_on_the_container_and_its_image(
    tmp_path: Path, userland: Userland, words: list[str], log: list[str], code: int
) -> None:
    assert await carried_out(tmp_path, words, userland) == (log, code)


@pytest.mark.parametrize(
    ("userland", "program", "why"),
    [
        (BUSYBOX, "bash", 'exec: "bash": executable file not found in $PATH'),
        (ALPINE, "/bin/bash", 'exec: "/bin/bash": stat /bin/bash: no such file or directory'),
        (DEBIAN, "curl", 'exec: "curl": executable file not found in $PATH'),
        (BUSYBOX, "/app/server", 'exec: "/app/server": stat /app/server: no such file or directory'),
    ],
)
async def test_a_command_that_the_image_does_not_have(
    tmp_path: Path, userland: Userland, program: str, why: str
) -> None:
    with pytest.raises(NotStartedError) as caught:
        await carried_out(tmp_path, [program, "-c", "true"], userland)
    assert str(caught.value).endswith(why)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["java", "-jar", "app.jar"], "java -jar app.jar"),
        (["/app/server"], "/app/server"),
        (["sh", "-c", "echo before; until pg_isready -h db; do sleep 1; done"], "pg_isready -h db"),
    ],
)
async def test_what_only_the_image_could_do_is_named_and_goes_on(tmp_path: Path, words: list[str], named: str) -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    unknown = machine(tmp_path, lambda line: None, UNKNOWN, said.put_nowait)
    running = asyncio.create_task(unknown.run(words))
    assert named in await said.get()
    assert not running.done()
    running.cancel()
    await asyncio.wait({running})


async def test_what_is_lost_of_a_flood_is_told(tmp_path: Path) -> None:
    said: list[str] = []
    printed = 0

    def count(line: str) -> None:
        nonlocal printed
        printed += len(line) + 1

    script = "x=$(head -c 1000000 /dev/zero | tr '\\0' a); for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $x; done"
    assert await machine(tmp_path, count, BUSYBOX, said.append).run(["sh", "-c", script]) == 0
    assert printed // 2**20 == 10
    assert said == ["The container's command has printed 10 MiB; what it prints from now on is lost"]


@pytest.mark.parametrize("words", [["sleep", "3600"], ["tail", "-f", "/dev/null"], ["sh", "-c", "sleep infinity"]])
async def test_what_waits_goes_on(tmp_path: Path, words: list[str]) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(carried_out(tmp_path, words, BUSYBOX), 0.2)


async def started(folder: Path, script: str) -> tuple[asyncio.Task[int], list[str]]:
    """A script that has printed a line, and what it has printed."""
    log: list[str] = []
    printed = asyncio.Event()

    def write(line: str) -> None:
        log.append(line)
        printed.set()

    running = asyncio.create_task(machine(folder, write).run(["sh", "-c", script]))
    await printed.wait()
    return running, log


@pytest.mark.parametrize("script", ["while true; do echo hello; done", "yes", "f() { f | f & }; echo hello; f"])
async def test_a_script_without_end_is_stopped(tmp_path: Path, script: str) -> None:
    running, log = await started(tmp_path, script)
    running.cancel()
    await asyncio.wait({running})
    before = len(log)
    await asyncio.sleep(0.1)
    assert len(log) == before


async def test_a_trap_says_goodbye(tmp_path: Path) -> None:
    running, log = await started(tmp_path, "trap 'echo bye; exit 5' TERM; echo up; while true; do sleep 60; done")
    running.cancel()
    assert (await running, log) == (5, ["up", "bye"])


async def test_commands_beside_a_script_see_its_files(tmp_path: Path) -> None:
    printed = asyncio.Event()
    container = machine(tmp_path, lambda line: printed.set())
    running = asyncio.create_task(container.run(["sh", "-c", "echo healthy > /tmp/state; echo up; sleep 60"]))
    await printed.wait()
    assert await container.execute(["cat", "/tmp/state"]) == (0, "healthy\n")
    code, said = await container.execute(["sh", "-c", "rm /tmp/state; cat /tmp/state"])
    assert (code, said.strip()) == (1, "cat: /tmp/state: No such file or directory")
    running.cancel()
    await asyncio.wait({running})


async def test_nothing_of_the_machine_is_reached(tmp_path: Path) -> None:
    """Not by a path, nor by a link in a volume that leads out of it, whoever made it."""
    secret = tmp_path / "secret"
    secret.write_text("of the machine")
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    (mounted / "planted").symlink_to(secret)
    attempts = [
        f"cat {secret}", "cat /data/planted", f"ln -s {secret} /data/link; cat /data/link", "cat /data/../secret",
        "ln -s ../secret /data/up; cat /data/up", f"cd /data; cat ../../../..{secret}", f"echo x > /data/../{secret}",
        "echo x > /data/planted", f"cp /etc/hosts {secret}", f"python3 -c 'print(open(\"{secret}\").read())'",
    ]  # fmt: skip
    for attempt in attempts:
        log, _ = await carried_out(mounted, ["sh", "-c", attempt], BUSYBOX)
        assert "of the machine" not in "".join(log), attempt
    assert secret.read_text() == "of the machine"


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_shell_that_has_ended_keeps_nothing_open(tmp_path: Path) -> None:
    """Every exec and every probe is a shell of its own."""
    here = machine(tmp_path, print)
    for commands in (2, 20):
        before = descriptors()
        for _ in range(commands):
            assert await here.execute(["sh", "-c", "sleep 0.01; echo x | cat"]) == (0, "x\n")
    assert descriptors() < before + 10


@pytest.mark.parametrize(
    ("script", "servers"),
    [
        ("netstat -tlnp | tail -n +3 | tr -s ' '", ["tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN -"]),
        ("netstat --all --numeric | awk '$6 == \"LISTEN\" { print $4 }'", ["0.0.0.0:80", "0.0.0.0:8080"]),
        ("ss -ltn | awk 'NR > 1 { print $1, $4 }'", ["LISTEN 0.0.0.0:80", "LISTEN 0.0.0.0:8080"]),
        ("netstat | wc -l; netstat -ul | wc -l; ss | wc -l", ["2", "2", "1"]),
        ("netstat --nothing; echo $?", ["netstat: unrecognized option: nothing", "1"]),
    ],
)
async def test_who_listens(script: str, servers: list[str], tmp_path: Path) -> None:
    lines, code = await carried_out(tmp_path, ["sh", "-c", script], BUSYBOX)
    assert (lines[: len(servers)], code) == (servers, 0)
