"""The walkthrough in a real browser, over clusters that run: as somebody has it who sits down in front of it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from tests_browser.chromium import Page, chromium
from tests_browser.serving import journal, served

LESSON = "offloading-with-policies"
STEPS = 9
ALL_DONE = r"Tasks (\d+)/\1\b"


async def solve(page: Page, step: int) -> None:
    """Have a step solved, and go on to the next, by keys."""
    await page.until(f"Step {step} of {STEPS}")
    await page.press("S")
    await page.until("Solve this step for you")
    await page.press("y")
    await page.until(f"Step {step} of {STEPS}.*{ALL_DONE}")
    await page.press("n")


async def test_the_lesson_is_finished_in_a_browser_that_asks_nobody_else_for_anything(tmp_path: Path) -> None:
    async with (
        served(tmp_path / "home", "learn", LESSON, "--web") as (address, _),
        chromium(tmp_path / "profile") as browser,
    ):
        page = await browser.page()
        own = urlsplit(address).netloc

        await page.open(f"http://{own}/")
        assert "with its token" in await page.answer("document.body.innerText")
        assert page.statuses == {f"http://{own}/": 403}
        await page.open(address)
        assert "Provision the playground" in await page.until(f"Step 1 of {STEPS}")
        assert await page.answer("location.href") == f"http://{own}/"
        assert await page.answer("document.cookie") == ""
        assert await page.answer("document.fonts.check('15px Roboto Mono')") is True

        for step in range(1, STEPS):
            await solve(page, step)
        await page.until(f"Step {STEPS} of {STEPS}.*kind delete cluster --name venice.*○ Venice is gone")
        await page.press("Enter")
        end = await page.until(f"Step {STEPS} of {STEPS}.*{ALL_DONE}")
        for city in ("Venice", "Florence", "Naples"):
            assert f"● {city} is gone" in end
        assert "You have finished the lesson" in end
        passed = [entry["step"] for entry in journal(tmp_path / "home") if entry["event"] == "passed"]
        assert (len(passed), passed[0], passed[-1]) == (STEPS, "provision", "destroy")

        await page.press("q")
        await page.answer("marked('-closed')")
        assert "The lesson is closed here." in await page.answer("document.body.innerText")
        await page.press("Enter")
        await page.until(f"Step {STEPS} of {STEPS}.*✓ {ALL_DONE}")

        second = await browser.page()
        await second.open(f"http://{own}/")
        await second.until("open in another tab")
        await second.press("Enter")
        await second.until(f"Step {STEPS} of {STEPS}")
        await page.answer("marked('-closed')")

        asked = {urlsplit(url).netloc for tab in (page, second) for url in tab.requested if not url.startswith("data:")}
        assert asked == {own}
        assert page.complaints == second.complaints == []
