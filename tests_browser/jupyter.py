"""A notebook in a tab with JupyterLab, as a person works it: cells by keys, buttons, and the picture that is seen."""

from __future__ import annotations

import asyncio
import json

from tests_browser.chromium import Page

PATIENCE = 300

_SHIFT = 8
_WAITING = """
globalThis.until = test => new Promise(resolve => {
  const look = () => { if (test()) { seen.disconnect(); resolve(true); } };
  const seen = new MutationObserver(look);
  seen.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  look();
});
"""
_CELL = ".jp-Notebook .jp-Cell"
_ACTIVE = f"document.querySelector('{_CELL}.jp-mod-active')?.dataset.windowedListIndex"
# The indicator says "idle" also before there is a kernel; a cell that is run then brings up a dialog that asks for one.
_IDLE = (
    "document.querySelector('.jp-KernelName')?.innerText.includes('Liqo lab')"
    " && document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'"
)
_RUNNING = f"[...document.querySelectorAll('{_CELL} .jp-InputPrompt')].some(prompt => prompt.innerText.includes('*'))"


class Desk:
    """A tab with the notebook in it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def open(self, address: str, width: int = 1280, height: int = 1000) -> None:
        """Load it, and wait until its cells are there and the kernel is ready."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        await self.page.ask("Emulation.setDeviceMetricsOverride", **size)
        # Keys are for what has the focus, and a window that nobody sees has none.
        await self.page.ask("Emulation.setFocusEmulationEnabled", enabled=True)
        await self.page.open(address)
        await self.page.answer(_WAITING + "true")
        await self.until(f"{_IDLE} && document.querySelectorAll('.jp-CodeCell .cm-content').length > 1")

    async def until(self, test: str) -> None:
        """Wait for a JavaScript expression to be true."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.page.answer(f"until(() => Boolean({test}))")
        except TimeoutError:
            shown = await self.page.answer("document.querySelector('.jp-Notebook').innerText")
            raise AssertionError(f"never: {test}; the page shows\n{shown}") from None

    async def run_from_the_top(self, cells: int) -> None:
        """Click the first cell, press Shift+Enter so many times, and wait until all of them have run."""
        await self.page.answer("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0; true")
        await self._click(f"{_CELL}[data-windowed-list-index='0']")
        for number in range(cells):
            await self.until(f"{_ACTIVE} === '{number}'")
            await self._shift_enter()
        await self.until(f"{_ACTIVE} === '{cells}' && !{_RUNNING}")

    async def cells_up_to(self, text: str) -> int:
        """How many cells there are from the top to the one with that text, it included."""
        texts = f"[...document.querySelectorAll('{_CELL}')].map(cell => cell.innerText)"
        return int(await self.page.answer(f"{texts}.findIndex(text => text.includes({json.dumps(text)}))")) + 1

    async def restart(self) -> None:
        """Restart the kernel by the button of the toolbar."""
        await self._click("[data-command='notebook:restart-kernel']")
        await self._click(".jp-Dialog .jp-mod-accept")
        await self.until(f"!document.querySelector('.jp-Dialog') && {_IDLE}")

    async def picture(self, test: str) -> None:
        """Wait until something is true of the picture, which the expression knows as `picture`."""
        await self.until(f"(picture => picture && ({test}))(document.querySelector('section.picture'))")

    async def step(self, name: str) -> None:
        """Wait until the picture is at a step."""
        await self.picture(f"picture.dataset.step === {json.dumps(name)}")

    async def press(self, button: str) -> None:
        """Press a button of the picture by the keyboard."""
        await self.page.answer(f"document.querySelector('section.picture [data-do={button}]').focus(); true")
        await self.page.press("Enter")

    async def _click(self, selector: str) -> None:
        """Click as a hand does: JupyterLab's toolbar answers when the mouse goes down."""
        found = f"document.querySelector({json.dumps(selector)})"
        await self.until(found)
        x, y = await self.page.answer(
            f"(() => {{ const box = {found}.getBoundingClientRect();"
            " return [box.x + Math.min(box.width / 2, 40), box.y + Math.min(box.height / 2, 40)]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.page.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def _shift_enter(self) -> None:
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "modifiers": _SHIFT}
        await self.page.ask("Input.dispatchKeyEvent", type="rawKeyDown", **key)
        await self.page.ask("Input.dispatchKeyEvent", type="keyUp", **key)
