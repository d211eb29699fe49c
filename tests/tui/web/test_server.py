"""Who is let in, who has the lesson, and that nothing is left: `liqolab learn --web` without a browser."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.laboratory import LIQOLAB
from tests.tui.web.conftest import Served, environment

PATHS = ("/", "/?token=wrong", "/ws", "/static/js/textual.js", "/page/page.js", "/file/x", "/nowhere")


async def test_nothing_is_served_without_the_token_to_other_hosts_or_to_other_sites(served: Served) -> None:
    async with served.client(known=False) as stranger:
        for path in PATHS:
            async with stranger.get(served.origin + path) as answer:
                text = await answer.text()
                assert answer.status == 403 and "<p>" in text, path
        async with stranger.get(served.address, allow_redirects=False) as answer:
            cookie = next(iter(SimpleCookie(answer.headers["Set-Cookie"]).values()))
            assert (answer.status, answer.headers["Location"]) == (303, "/")
            assert cookie["httponly"] and cookie["samesite"] == "Strict" and cookie.value not in served.address
    port = urlsplit(served.origin).port
    async with served.client() as known:
        for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.2:{port}"):
            async with known.get(served.address, headers={"Host": host}, allow_redirects=False) as answer:
                assert answer.status == 403 and "localhost only" in await answer.text(), host
        for origin in ("http://evil.example", f"http://localhost:{port}", "null", f"https://127.0.0.1:{port}"):
            async with known.get(f"{served.origin}/", headers={"Origin": origin}) as answer:
                assert answer.status == 403 and "Another site" in await answer.text(), origin
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await served.visit(known, Origin=origin)
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await known.ws_connect(f"{served.origin}/ws")
        async with known.get(f"{served.origin}/") as answer:
            page = await answer.text()
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
            assert "//" not in page.replace(f"ws://127.0.0.1:{port}/ws", "")
        async with known.get(f"{served.origin}/static/") as answer:
            assert answer.status == 403
    assert await served.end() == (0, _farewell())


@pytest.mark.journey
async def test_one_tab_has_the_lesson_and_the_other_is_told_and_may_take_over(served: Served) -> None:
    async with served.client() as known:
        first = await served.visit(known)
        await first.until("Provision the playground")
        for nonsense in ("[]", "{", '["resize"]', '["resize", {"width": "x", "height": []}]', "7", '["stdin"]'):
            await first.socket.send_str(nonsense)
        await first.type("?")
        await first.until("Read, run the commands")
        second = await served.visit(known)
        await second.until("open in another tab")
        assert len([line for line in served.processes().values() if "liqolab_tui.web.served" in line]) == 1
        await second.type("\r")
        await first.closed()
        await second.until("Provision the playground")
        third = await served.visit(known)
        await second.socket.close()
        assert "Step 1" in await third.until("Provision the playground")
        await third.type("q")
        await third.closed()
    code, said = await served.end()
    assert (code, said) == (0, _farewell())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
async def test_the_application_ends_with_its_server_however_that_ends(served: Served, number: int, code: int) -> None:
    async with served.client() as known:
        visitor = await served.visit(known)
        await visitor.until("Provision the playground")
        running = [os.pidfd_open(process) for process in served.processes() if process != served.process.pid]
        assert running
        assert (await served.end(number))[0] == code
        for descriptor in running:
            await _gone(descriptor)


def test_what_is_wrong_with_the_command_is_said_and_told_by_the_exit_code(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert _fails(tmp_path, 1, "learn", "--web", "--port", port).startswith(f"Port {port} cannot be had: ")
    assert "goes with --web" in _fails(tmp_path, 2, "learn", "--port", "8000")
    assert "no-such-lesson" in _fails(tmp_path, 1, "learn", "no-such-lesson", "--web")


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'textual_serve' else find(name, *more)\n"
    )
    said = _fails(tmp_path, 1, "learn", "--web", PYTHONPATH=str(tmp_path))
    assert "-m pip install" in said and "[web]" in said


def _fails(home: Path, code: int, *arguments: str, **more: str) -> str:
    done = subprocess.run(
        [*LIQOLAB, *arguments], env=environment(home, **more), cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    return done.stderr


def _farewell() -> str:
    return (
        "\nKeep the address to yourself: whoever has it types in your bash. Ctrl-C ends it.\nEnding the lesson…\n"
        "Your progress is kept. Go on with: liqolab learn --web\n"
    )


async def _gone(descriptor: int) -> None:
    """Wait for the end of a process that is nobody's child any more."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()

    def end() -> None:
        if not over.done():
            over.set_result(None)

    loop.add_reader(descriptor, end)
    try:
        async with asyncio.timeout(30):
            await over
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
