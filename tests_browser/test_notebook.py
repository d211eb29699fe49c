"""A lesson in JupyterLab, over clusters that run: open, run cells, see the picture change, restart, come back."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from tests_browser.chromium import chromium
from tests_browser.jupyter import Desk
from tests_browser.serving import journal, served

LESSON = "offloading-with-policies"


async def test_a_lesson_is_run_in_jupyterlab_and_come_back_to(tmp_path: Path) -> None:
    home = tmp_path / "home"
    serving = served(home, "notebook", "open", LESSON, "--solution", "--no-browser")
    async with serving as (address, _), chromium(tmp_path / "profile") as browser:
        page = await browser.page()
        desk = Desk(page)
        await desk.open(address)
        await desk.run_from_the_top(2)
        await desk.step("provision")
        await desk.picture("picture.innerText.includes('There are no clusters yet.')")

        await desk.run_from_the_top(await desk.cells_up_to("%lab check provision"))
        await desk.step("peer")
        await desk.picture("/venice: 1 nodes/.test(picture.querySelector('svg.world')?.getAttribute('aria-label'))")
        await desk.press("check")
        await desk.picture("picture.querySelector('.told .light.off')")

        await desk.restart()
        await desk.run_from_the_top(2)
        await desk.until("document.querySelector('.jp-Notebook').innerText.includes('You are back where you left off')")
        await desk.step("peer")
        await desk.press("solve")
        await desk.picture("picture.querySelector('.question')")
        await page.answer("document.querySelector('section.picture .question .strong').focus(); true")
        await page.press("Enter")
        await desk.picture("/venice: 3 nodes/.test(picture.querySelector('svg.world')?.getAttribute('aria-label'))")
        await desk.picture("picture.dataset.step === 'offload' || !picture.querySelector('.lights .light:not(.on)')")

        asked = {urlsplit(url).netloc for url in page.requested if url.startswith(("http", "ws"))}
        assert asked == {urlsplit(address).netloc}
        assert page.complaints == []
        assert "provision" in [entry["step"] for entry in journal(home) if entry["event"] == "passed"]
