"""The lesson by keyboard alone, on the smallest usual screen."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
from liqolab_tui.screens.dialogs import Confirm
from liqolab_tui.transcript import KEPT_LINES
from liqolab_tui.widgets.command_block import CommandBlock
from liqolab_tui.widgets.lights import TaskLights
from liqolab_tui.widgets.output_log import OutputLog
from textual.events import Paste
from textual.widgets import Input

from liqolab.learn.model import StepProgress
from liqolab.learn.notices import CommandStarted, OutputArrived, StepPassed
from tests.tui.conftest import staged
from tests.tui.fakes import FakeWalkthrough


async def test_a_step_is_done_with_enter_alone_and_n_goes_on() -> None:
    async with staged() as stage:
        await stage.press("enter")
        await stage.until(lambda: stage.walkthrough.lights()[0].state == "on" and not stage.app.lesson.state.running)
        await stage.press("enter")
        await stage.until(lambda: stage.app.lesson.state.progress["deploy"].state == "passed")
        await stage.until(lambda: "n goes on" in stage.text)
        await stage.press("n")
        await stage.until(lambda: "Remove the conflicting affinity" in stage.text)
        assert [asked.split()[0] for asked in stage.walkthrough.asked] == ["run", "run", "go_to"]


async def test_a_command_is_typed_changed_and_run_from_the_prompt() -> None:
    async with staged() as stage:
        await stage.press("t")
        prompt = stage.app.screen.query_one("#prompt", Input)
        # Whatever had the focus before: who asks for the prompt wants to type, and finds nothing in the way.
        assert (prompt.has_focus, prompt.value) == (True, "")
        await stage.press("escape", "e")
        assert prompt.has_focus and stage.walkthrough.asked == []
        await stage.press("space", "x", "enter")
        await stage.until(lambda: stage.walkthrough.asked)
        assert stage.walkthrough.asked == ["run kubectl apply -f ./manifests/deploy.yaml \\\n  --namespace liqo-demo x"]
        await stage.until(lambda: stage.app.lesson.state.running is None)
        await stage.press("up")
        assert prompt.value.endswith("liqo-demo x")
        await stage.press("escape")
        assert isinstance(stage.app.focused, CommandBlock)
        await stage.pilot.press(*"tnq")
        await stage.until(lambda: prompt.value.endswith("nq"))
        assert prompt.has_focus and len(stage.walkthrough.asked) == 1


async def test_what_changes_nothing_is_one_key_away() -> None:
    async with staged() as stage:
        await stage.press("y")
        assert stage.app.clipboard.startswith("kubectl apply") and stage.told == ["Copied."]
        await stage.press("s")
        await stage.until(lambda: "Solution · Deploy applications" in stage.text)
        await stage.press("escape")
        await stage.until(lambda: "Solution" not in stage.text)
        await stage.press("n")
        await stage.until(lambda: "check" in stage.walkthrough.asked)
        await stage.until(lambda: len(stage.told) > 1)
        assert stage.walkthrough.current == "deploy" and stage.told[-1].startswith("Tasks 0/3")


async def test_the_mouse_does_what_the_keys_do() -> None:
    async with staged((120, 40)) as stage:
        await stage.pilot.click(CommandBlock, offset=(4, 2))
        await stage.until(lambda: stage.walkthrough.asked)
        await stage.pilot.click("#tab-map", offset=(2, 0))
        await stage.until(lambda: stage.app.current_mode == "map")
        await stage.pilot.click("#tab-lesson", offset=(2, 0))
        await stage.until(lambda: stage.app.current_mode == "lesson")


async def test_hints_come_one_by_one_and_the_last_is_the_last() -> None:
    async with staged((120, 40)) as stage:
        for number, word in enumerate(("a nudge", "the idea", "the command"), 1):
            await stage.press("h")
            await stage.until_shown(f"Hint {number} · {word}")
        await stage.press("h")
        await stage.until(lambda: stage.told == ["There is no further hint for this step."])


async def test_lights_have_words_and_say_why_they_went_dark() -> None:
    async with staged((120, 40)) as stage:
        stage.walkthrough.light(0, "on")
        await stage.until(lambda: "●" in stage.text and "Tasks 1/3" in stage.text)
        stage.walkthrough.light(0, "dark", "no pod runs on node liqo-naples")
        await stage.until(lambda: "no pod runs on node liqo-naples" in stage.text)
        assert "undone" in stage.text and "since 10:42:07" in stage.text and "Tasks 0/3" in stage.text


async def test_what_loses_something_asks_first() -> None:
    async with staged() as stage:
        for key, asked in (("S", "solve"), ("x", "reset"), ("p", "go_to offload")):
            before = list(stage.walkthrough.asked)
            await stage.press(key)
            await stage.until(lambda: isinstance(stage.app.screen, Confirm))
            await stage.press("enter")
            await stage.until(lambda: not isinstance(stage.app.screen, Confirm))
            assert stage.walkthrough.asked == before
            await stage.press(key)
            await stage.until(lambda: isinstance(stage.app.screen, Confirm))
            await stage.press("y")
            await stage.until(partial(stage.walkthrough.was_asked, asked))
            await stage.until(lambda: stage.app.lesson.state.running is None)


async def test_any_step_can_be_gone_to() -> None:
    async with staged() as stage:
        await stage.press("g")
        await stage.until(lambda: "Go to step" in stage.text)
        assert "done 1:35" in stage.text
        await stage.press("up", "up", "enter")
        await stage.until(lambda: "Go back?" in stage.text)
        await stage.press("y")
        await stage.until(lambda: "Peer the clusters" in stage.text)
        assert stage.walkthrough.asked == ["go_to peer"]


async def test_a_command_is_interrupted_a_second_one_refused_and_a_remark_shown() -> None:
    async with staged((120, 40)) as stage:
        stage.walkthrough.holds = True
        await stage.press("enter")
        await stage.until(lambda: "running…" in stage.text)
        await stage.press("enter")
        assert stage.told == ["One command at a time; Ctrl-C stops the one that runs."]
        await stage.press("ctrl+c")
        await stage.until(lambda: "exit code 130" in stage.text)
        stage.walkthrough.holds = False
        stage.app.lesson.run("kubectl get pods --context florence")
        await stage.until(lambda: "☞ You ran this in florence" in stage.text)


async def test_a_flood_of_output_is_bounded_and_keys_still_work() -> None:
    async with staged() as stage:
        stage.walkthrough.tell(CommandStarted("yes"))
        for _ in range(50):
            stage.walkthrough.tell(OutputArrived("y\n" * 2000))
        stage.walkthrough.tell(OutputArrived("\x1b[31mthe end\x1b[0m\x07"))
        await stage.until(lambda: "the end" in stage.text)
        assert len(stage.app.screen.query_one(OutputLog).lines) <= KEPT_LINES + 1
        await stage.press("t")
        assert stage.app.screen.query_one("#prompt").has_focus


async def test_a_megabyte_is_pasted_and_only_so_much_of_it_kept() -> None:
    async with staged() as stage:
        await stage.press("t")
        prompt = stage.app.screen.query_one("#prompt")
        prompt.value = ""  # type: ignore[attr-defined]
        prompt.post_message(Paste("echo one\necho two\n" * 60_000))
        await stage.until(lambda: stage.told)
        assert prompt.value.startswith("echo one⏎echo two⏎") and len(prompt.value) <= 20_000  # type: ignore[attr-defined]
        assert "20000 of 1080000" in stage.told[-1] and stage.walkthrough.asked == []


async def test_a_key_that_is_held_does_no_harm() -> None:
    async with staged() as stage:
        await stage.press(*["down"] * 20, *["v"] * 10, *["up"] * 20)
        await stage.press("f2")
        await stage.until(lambda: stage.app.current_mode == "lesson" and "Deploy applications" in stage.text)


async def test_an_error_of_the_walkthrough_is_told_and_leaves_the_interface_usable() -> None:
    from liqolab.playground.errors import PlaygroundError

    async with staged(strict=False) as stage:
        stage.walkthrough.fails = PlaygroundError("the disk is full", "free some space")
        await stage.press("enter")
        await stage.until(lambda: stage.told)
        assert stage.told == ["The command could not be run the disk is full\nfree some space"]
        stage.walkthrough.fails = None
        await stage.press("enter")
        await stage.until(lambda: stage.app.lesson.state.ended)


async def test_an_unexpected_error_is_written_down_and_its_file_named(tmp_path: Path) -> None:
    log = tmp_path / "home" / "tui.log"
    async with staged(strict=False, log=log) as stage:
        stage.walkthrough.fails = ZeroDivisionError("division by zero")
        await stage.press("h")
        await stage.until(lambda: stage.told)
        assert str(log) in stage.told[0] and "Traceback" not in stage.told[0]
    assert "Traceback" in log.read_text() and log.stat().st_mode & 0o777 == 0o600


async def test_a_lesson_that_cannot_be_opened_says_so() -> None:
    from liqolab_tui.app import LiqolabApp
    from liqolab_tui.session import Session

    from liqolab.scenario.library import LessonError

    def refuse(_: str) -> FakeWalkthrough:
        raise LessonError('there is no lesson "x"')

    app = LiqolabApp(Session(open=refuse))
    async with app.run_test(notifications=True) as pilot:
        while not app._notifications:
            await pilot.pause(0.01)
        told = next(iter(app._notifications))
        assert told.title == "The lesson cannot be opened" and told.message == 'there is no lesson "x"'
        await pilot.press("q")
    app.close()
    assert app.return_value == 0


async def test_tab_completes_in_the_prompt_and_never_leaves_it() -> None:
    async with staged() as stage:
        await stage.press("t", *"kubec", "tab")
        prompt = stage.app.screen.query_one("#prompt", Input)
        await stage.until(lambda: prompt.value == "kubectl ")
        await stage.press(*"get", "space", "p", "tab")
        await stage.until(lambda: prompt.value == "kubectl get pods")
        await stage.press("tab")
        await stage.until_shown("pods  pods.metrics")
        await stage.press("tab", "tab")
        assert prompt.has_focus
        await stage.press("x")
        await stage.until(lambda: "pods.metrics" not in stage.text)


async def test_how_the_tasks_stand_is_in_sight_and_c_says_it_from_anywhere() -> None:
    for language, tasks in (("en", "Tasks"), ("it", "Compiti")):
        async with staged(language=language) as stage:
            stage.walkthrough.light(0, "on")
            await stage.until_shown(f"{tasks} 1/3")
            stage.app.screen.query_one("#lesson").scroll_end(animate=False)
            await stage.until_shown(f"{tasks} 1/3")
            stage.walkthrough.light(1, "off", "there is none")
            for key in ("c", "f3", "f4"):
                before = len(stage.told)
                await stage.press(key)
                if key != "c":
                    await stage.press("c")
                await stage.until(lambda before=before: len(stage.told) > before)
                assert stage.told[-1].startswith(f"{tasks} 1/3 ○ `app-center`")
                assert "Pending: there is none" in stage.told[-1]
                await stage.until_shown(": there is none")
                assert "liqolab" in stage.text and len(stage.told) == before + 1


async def test_done_is_said_once() -> None:
    async with staged((120, 40)) as stage:
        for place in range(3):
            stage.walkthrough.light(place, "on")
        await stage.until_shown("This step is done.")
        assert "✓ Tasks 3/3" in stage.text and stage.text.lower().count("done") == 1 and stage.told == []
        await stage.press("f3")
        stage.walkthrough.tell(StepPassed("deploy"))
        await stage.until(lambda: stage.told)


async def test_what_changed_flashes_once_and_time_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    flash = TaskLights._flash
    async with staged((120, 40)) as stage:
        stage.app.animation_level = "full"
        flashed: list[object] = []
        monkeypatch.setattr(TaskLights, "_flash", lambda self, row: (flashed.append(row), flash(self, row)))
        stage.walkthrough.light(0, "on")
        await stage.until(lambda: len(flashed) == 1)
        await stage.until(lambda: not stage.app.screen.query(".words.-changed"))
        stage.walkthrough._progress["deploy"] = StepProgress("begun", 154.0)
        await stage.until_shown("2:34 so far")


async def test_what_takes_over_a_second_says_what_it_is_and_for_how_long() -> None:
    async with staged() as stage:
        stage.walkthrough.slow.clear()
        await stage.press("x")
        await stage.until(lambda: isinstance(stage.app.screen, Confirm))
        await stage.press("y")
        await stage.until(lambda: re.search(r"Resetting the step… [1-9]\d* s", stage.text))
        await stage.press("c")
        await stage.until_shown("Checking the tasks…")
        stage.walkthrough.slow.set()
        await stage.until(lambda: "Resetting" not in stage.text and "Checking" not in stage.text)


WIDE = """\
NAME                          READY   STATUS    RESTARTS   AGE   IP            NODE          READINESS GATES
app-center-75cbd9c78c-zc2lq   0/1     Pending   0          1s    <none>        <none>        <none>
app-south-848cb64b4f-xjkv5    1/1     Running   0          1s    10.204.0.12   liqo-naples   <none>
"""


async def test_a_wide_table_is_readable_at_every_size_and_z_gives_it_room() -> None:
    for size, lines in (((80, 24), 8), ((120, 40), 17)):
        async with staged(size) as stage:
            stage.walkthrough.output = {"kubectl get pod -n liqo-demo -o wide": WIDE}
            stage.app.lesson.run("kubectl get pod -n liqo-demo -o wide")
            await stage.until_shown("NODE liqo-naples")
            log = stage.app.screen.query_one(OutputLog)
            assert log.size.height >= lines and not log.show_horizontal_scrollbar
            assert log.max_scroll_x == 0
            await stage.press("z")
            await stage.until(lambda size=size, log=log: log.size.width >= size[0] - 4)
            # Where z has led, z is z: it leads back, and types nothing.
            await stage.press("z")
            await stage.until(lambda size=size: not stage.app.screen.has_class("-zoomed"))
            assert stage.app.screen.query_one("#prompt", Input).value == ""
            await stage.press("z", "t", "z")
            await stage.until(lambda: stage.app.screen.query_one("#prompt", Input).value == "z")
    assert "10.204.0.12   liqo-naples   <none>" in "\n".join(strip.text for strip in log.lines)


async def test_messages_lie_over_nothing() -> None:
    async with staged((120, 40)) as stage:
        await stage.press("y")
        await stage.until_shown("Copied.")
        rack = stage.app.screen.query_one("ToastRack").region
        for name in ("#minimap", "#runner", "#lesson", "Footer"):
            assert not stage.app.screen.query_one(name).region.overlaps(rack), name
