"""A real Chromium without a window, driven over its DevTools protocol, and the terminal of textual-serve in its page.

Nothing is asked again and again: what is waited for is a promise in the page, which looks whenever the terminal has
taken in something new, or a message of the browser's.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
)
_SIZE = {"width": 1280, "height": 1600, "deviceScaleFactor": 1, "mobile": False}
_PATIENCE = 60.0
_LISTENING = b"DevTools listening on "
_CODES = {"Enter": (13, "\r"), "Escape": (27, ""), "Tab": (9, ""), **{f"F{n}": (111 + n, "") for n in range(1, 13)}}

_LOOKING_ON = """
globalThis.built = new Promise(resolve => Object.defineProperty(Object.prototype, "_core", {
  configurable: true,
  set(core) {
    Object.defineProperty(this, "_core", { value: core, writable: true, configurable: true, enumerable: true });
    if ("loadAddon" in this) resolve(this);
  },
}));
globalThis.screenOf = terminal => {
  const buffer = terminal.buffer.active;
  return Array.from({ length: terminal.rows }, (_, row) =>
    buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? "").join("\\n");
};
globalThis.shows = async pattern => {
  const terminal = await built, wanted = new RegExp(pattern, "s");
  return new Promise(resolve => {
    const look = () => { const text = screenOf(terminal); if (wanted.test(text)) { seen.dispose(); resolve(text); } };
    const seen = terminal.onWriteParsed(look);
    look();
  });
};
globalThis.marked = name => new Promise(resolve => {
  const look = () => document.body.classList.contains(name) && (resolve(true), true);
  look() || new MutationObserver(look).observe(document.body, { attributes: true });
});
"""


class Chromium:
    """One browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._pages: dict[str, Page] = {}

    async def ask(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._answers[number] = answer = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": parameters}
        await self._socket.send_json(message if session is None else {**message, "sessionId": session})
        return await answer

    async def page(self) -> Page:
        """A new tab; the cookies are those of the other tabs."""
        target = await self.ask("Target.createTarget", url="about:blank")
        attached = await self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        page = self._pages[attached["sessionId"]] = Page(self, attached["sessionId"])
        for domain in ("Page", "Network", "Runtime", "Log"):
            await page.ask(f"{domain}.enable")
        await page.ask("Emulation.setDeviceMetricsOverride", **_SIZE)
        await page.ask("Page.addScriptToEvaluateOnNewDocument", source=_LOOKING_ON)
        return page

    async def listen(self) -> None:
        """Hand out answers and messages, until the browser is gone."""
        async for message in self._socket:
            told = json.loads(message.data)
            if (answer := self._answers.pop(told.get("id", 0), None)) is not None:
                if "error" in told:
                    answer.set_exception(AssertionError(f"Chromium: {told['error']}"))
                else:
                    answer.set_result(told["result"])
            elif (page := self._pages.get(told.get("sessionId", ""))) is not None:
                page.hear(told["method"], told["params"])


class Page:
    """A tab.

    Attributes:
        requested: the address of everything that was asked for over the network, websockets too.
        statuses: the HTTP status of each address that was answered.
        complaints: what went wrong in scripts, or was forbidden by the page's policy.
    """

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser = browser
        self._session = session
        self.requested: list[str] = []
        self.statuses: dict[str, int] = {}
        self.complaints: list[str] = []
        self._loaded = asyncio.Event()

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return await self._browser.ask(method, self._session, **parameters)

    def hear(self, method: str, told: dict[str, Any]) -> None:
        match method:
            case "Network.requestWillBeSent":
                self.requested.append(told["request"]["url"])
            case "Network.webSocketCreated":
                self.requested.append(told["url"])
            case "Network.responseReceived":
                self.statuses[told["response"]["url"]] = told["response"]["status"]
            case "Page.loadEventFired":
                self._loaded.set()
            case "Runtime.exceptionThrown":
                self.complaints.append(str(told["exceptionDetails"]))
            case "Log.entryAdded" if told["entry"]["source"] == "security":
                self.complaints.append(told["entry"]["text"])

    async def open(self, address: str) -> None:
        self._loaded.clear()
        went = await self.ask("Page.navigate", url=address)
        assert "errorText" not in went, went
        await self._loaded.wait()

    async def answer(self, expression: str) -> Any:
        """The value of a JavaScript expression; of what it promises, where it is a promise."""
        told = await self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def until(self, pattern: str) -> str:
        """The terminal's text as soon as it matches."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return str(await self.answer(f"shows({json.dumps(pattern)})"))
        except TimeoutError:
            shown = await self.answer("built.then(screenOf)")
            raise AssertionError(f"{pattern!r} never came; the terminal shows\n{shown}") from None

    async def press(self, *keys: str) -> None:
        """Type keys: single characters, or names as in `_CODES`."""
        for key in keys:
            code, text = _CODES[key] if key in _CODES else (ord(key.upper()), key)
            shift = 8 if len(key) == 1 and key.isupper() else 0
            event = {"key": key, "windowsVirtualKeyCode": code, "modifiers": shift}
            await self.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **event)
            await self.ask("Input.dispatchKeyEvent", type="keyUp", **event)

    async def close(self) -> None:
        await self.ask("Page.close")


@asynccontextmanager
async def chromium(profile: Path) -> AsyncIterator[Chromium]:
    """A browser with a profile of its own; nothing of it is left."""
    process = await asyncio.create_subprocess_exec(
        "chromium", *_FLAGS, f"--user-data-dir={profile}", stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, process_group=0
    )
    try:
        async with aiohttp.ClientSession() as client:
            address = await _address(process)
            async with client.ws_connect(address, max_msg_size=0, heartbeat=None) as socket:
                browser = Chromium(socket)
                listening = asyncio.create_task(browser.listen())
                # What it goes on to say nobody reads, and it must not wait for that.
                draining = asyncio.create_task(_drain(process))
                try:
                    yield browser
                finally:
                    listening.cancel()
                    draining.cancel()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _address(process: Process) -> str:
    assert process.stderr is not None
    said = []
    async for line in process.stderr:
        if line.startswith(_LISTENING):
            return line.removeprefix(_LISTENING).strip().decode()
        said.append(line.decode(errors="replace"))
    raise AssertionError(f"Chromium did not start:\n{''.join(said)}")


async def _drain(process: Process) -> None:
    assert process.stderr is not None
    while await process.stderr.read(65536):
        pass
