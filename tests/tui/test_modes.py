"""Map, explorer, acceptance and snapshots, the palette, the help, and other languages."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from liqolab_tui.engine.outlet import Outlet
from liqolab_tui.messages import AppearanceChanged, WorldChanged
from liqolab_tui.reference import Reference
from liqolab_tui.run_state import FeatureView, RunState, ScenarioView, SentenceView
from liqolab_tui.screens.acceptance import AcceptanceScreen
from liqolab_tui.screens.explorer import ExplorerScreen
from liqolab_tui.screens.lesson import LessonScreen
from liqolab_tui.widgets.map_view import MapView
from textual.app import ComposeResult

from liqolab.atlas.goal import Deviation
from liqolab.atlas.world import World
from liqolab.learn.notices import CompanyChanged
from tests.tui.conftest import Stage, staged
from tests.tui.fakes import FakeAtlas, FakeWalkthrough, world


def map_of(stage: Stage) -> MapView:
    return stage.app.screen.query_one("#world", MapView)


async def test_the_map_follows_the_clusters_and_says_which_cannot_be_reached() -> None:
    async with staged() as stage:
        await stage.press("v")
        await stage.until(lambda: "▲" not in stage.text and "tunnel up" in stage.text)
        stage.atlas.show(world(app_south="Failing", naples_error="connection refused"))
        await stage.until(lambda: "▲" in stage.text and "✗ unreachable" in stage.text)
        assert "✗ 2/3" in stage.text
        stage.atlas.show(world(naples_error="it does not answer", waiting=True))
        await stage.until(lambda: "◌ has not answered yet" in stage.text and "◌ 2/3" in stage.text)
        assert "✗" not in stage.text


async def test_a_cluster_that_is_gone_is_told_once_with_what_mends_it() -> None:
    for size, language, gone, mended in (
        ((80, 24), "en", "naples is gone", "Bring it back with: liqolab up"),
        ((120, 40), "it", "naples non c'è più", "Torna con: liqolab up"),
    ):
        async with staged(size, language=language, mend="liqolab up") as stage:
            for _ in range(2):
                stage.atlas.show(world(naples_error="it does not answer", waiting=True))
                stage.atlas.show(world(naples_error="nothing listens"))
                await stage.until_shown(gone)
            assert len(stage.told) == 1 and mended in stage.told[0]
            await stage.press("v")
            await stage.until(lambda: "liqolab up" in stage.app.screen.query_one("#world", MapView).drawing.text)


async def test_another_face_of_the_same_lesson_is_told_of() -> None:
    walkthrough = FakeWalkthrough()
    walkthrough.company = 1
    async with staged(walkthrough=walkthrough) as stage:
        await stage.until_shown("Another face has this lesson open.")
        walkthrough.tell(CompanyChanged(0))
        await stage.until_shown("this one is alone again")


async def test_whatever_is_chosen_is_explained_from_every_side() -> None:
    async with staged((120, 40)) as stage:
        await stage.press("f3")
        # Where there is room, what is in trouble is explained before anybody asks: nothing of the screen is empty.
        await stage.until_shown("no node fits")
        center = Reference("venice", "pod", "app-center-75cbd9c78c-zc2lq", "liqo-demo")
        assert map_of(stage).chosen == center
        await stage.until_shown("REQUIRED region=center   ALLOWED region=south")
        table = [line.strip("│ ").split() for line in stage.text.splitlines() if "yes" in line and "no" in line]
        assert [row for row in table if "✓" in row] == [
            ["liqo-florence", "✓", "yes", "✗", "no"],
            ["liqo-naples", "✗", "no", "✓", "yes"],
            ["venice-control-plane", "✗", "no", "✓", "yes"],
        ]
        await stage.press("down", "up")
        assert map_of(stage).chosen == center
        await stage.press("enter")
        await stage.until(lambda: stage.app.focused is not map_of(stage))
        for wanted in ("Name:       app-center", "kind: pods", "FailedScheduling", "says hello", "no node fits"):
            await stage.press("right")
            await stage.until_shown(wanted)
        assert "→" in stage.text and "the namespace's policy allows" in stage.text
        await stage.press("escape")
        await stage.until(lambda: map_of(stage).has_focus)
        await stage.press("right")
        assert map_of(stage).chosen is not None and map_of(stage).chosen.cluster == "florence"  # type: ignore[union-attr]


async def test_the_mouse_chooses_on_the_map() -> None:
    async with staged() as stage:
        await stage.press("v")
        await stage.until(lambda: map_of(stage).drawing.spots)
        spot = next(spot for spot in map_of(stage).drawing.spots if spot.target.name == "liqo-naples")
        await stage.pilot.click("#world", offset=(spot.x + 2, spot.y))
        await stage.until(lambda: "venice · node liqo-naples" in stage.text)


async def test_goal_and_now_are_compared_with_signs_and_words() -> None:
    async with staged((120, 40)) as stage:
        await stage.press("v")
        await stage.press("G")
        await stage.until(lambda: stage.told == ["This step has no recorded goal."])
        deviations = (
            Deviation("venice", "pod app-east in liqo-demo", "", "there", "", "missing"),
            Deviation("venice", "node liqo-florence", "", "", "there", "extra"),
            Deviation("venice", "pod app-south in liqo-demo", "node", "liqo-florence", "liqo-naples", "different"),
        )
        stage.app.clusters.goal, stage.app.clusters.deviations = world(peered=False), deviations
        stage.app.tell(WorldChanged(world(), world(peered=False), deviations))
        await stage.press("G")
        await stage.until(lambda: "3 differences" in stage.text)
        assert "+ missing venice: pod app-east" in stage.text and "≠ different" in stage.text
        await stage.until(lambda: "− □ liqo-florence" in stage.text and "liqo-naples → liqo-florence" in stage.text)
        await stage.press("G")
        await stage.until(lambda: "The goal of this step" in stage.text and "tunnel up" not in stage.text)


async def test_the_explorer_has_the_hands_of_k9s() -> None:
    async with staged((120, 30)) as stage:
        await stage.press("f4")
        await stage.until(lambda: "pods · 3 " in stage.text and "15 of the system folded (a)" in stage.text)
        assert "CLUSTER" in stage.text and "NAMESPACE" in stage.text and "IP" in stage.text
        await stage.press("a")
        await stage.until(lambda: "pods · 18" in stage.text and "folded" not in stage.text)
        rows = [line for line in stage.text.splitlines() if "Running" in line or "Unschedulable" in line]
        assert ["liqo-demo" in row for row in rows[:4]] == [True, True, True, False]
        await stage.press("a")
        await stage.press("slash", *"app-center", "enter")
        await stage.until(lambda: "pods · 1 " in stage.text and "/app-center" in stage.text)
        await stage.press("w")
        await stage.until(lambda: "no node fits" in stage.text)
        await stage.press("escape", "escape")
        await stage.until(lambda: "pods · 3 " in stage.text)
        await stage.press("3")
        await stage.until(lambda: "pods · 1 " in stage.text and "CLUSTER" not in stage.text)
        await stage.press("colon", *"nod", "right", "enter")
        await stage.until(lambda: "nodes · 1" in stage.text)
        await stage.press("colon", *"unicorns", "enter")
        await stage.until(lambda: "naples knows no unicorns" in stage.text)


async def test_one_dead_cluster_does_not_hide_the_others() -> None:
    async with staged((120, 30), atlas=FakeAtlas(world(naples_error="connection refused"))) as stage:
        await stage.press("f4")
        await stage.until(lambda: "pods · 2 " in stage.text)
        assert "✗ naples cannot be reached: connection refused" in stage.text


async def test_an_answer_that_comes_while_the_explorer_is_drawn_anew_breaks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with staged((120, 30)) as stage:
        await stage.press("f4")
        await stage.until(lambda: "pods · 3 " in stage.text)
        explorer = stage.app.screen
        assert isinstance(explorer, ExplorerScreen)
        answer, faults = asyncio.Event(), []

        async def late(cluster: str) -> str:
            await answer.wait()
            return f"{cluster} is late"

        async def mount_all(*arguments: Any, **options: Any) -> None:
            # The old widgets are gone, the new ones not yet there: this is when the answer comes.
            answer.set()
            await asyncio.sleep(0.05)
            await mounted(*arguments, **options)

        mounted = explorer.mount_all
        monkeypatch.setattr(explorer, "_fetch", late)
        monkeypatch.setattr(explorer, "mount_all", mount_all)
        monkeypatch.setattr(Outlet, "fault", lambda _, error, *__, **___: faults.append(error))
        explorer.settle()
        stage.app.tell(AppearanceChanged())
        await stage.until(lambda: faults or "naples is late" in stage.text)
        assert not faults


async def test_an_atlas_that_breaks_is_told() -> None:
    async with staged(atlas=FakeAtlas(World(), fails=True), strict=False) as stage:
        await stage.until(lambda: stage.told)
        assert "The clusters are not watched any more RuntimeError: the watch broke" in stage.told[0]


async def test_snapshots_are_saved_restored_and_deleted() -> None:
    async with staged() as stage:
        await stage.press("f7", "s")
        await stage.until(lambda: "Save this state as" in stage.text)
        await stage.press("enter")
        await stage.until(lambda: "deploy-1" in stage.text and "4.8 MB" in stage.text)
        await stage.press("enter")
        await stage.until(lambda: "Restore “deploy-1”?" in stage.text)
        await stage.press("y")
        await stage.until(lambda: "restore deploy-1" in stage.walkthrough.asked)
        await stage.press("delete")
        await stage.until(lambda: "Delete “deploy-1”?" in stage.text)
        await stage.press("y")
        await stage.until(lambda: "delete deploy-1" in stage.walkthrough.asked)


def run_state(*statuses: str) -> RunState:
    """One feature of one scenario, with sentences that went as given."""
    words = ('When I run "kubectl apply"', 'Then pod "app-south" runs', 'And pod "app-center" is Pending')
    sentences = [SentenceView(text, status, 0.2) for text, status in zip(words, statuses, strict=True)]
    for sentence in sentences:
        if sentence.status == "failed":
            sentence.error = "app-south is Pending: no node fits\n  because region=south is asked for"
    worst = "failed" if "failed" in statuses else "running" if "running" in statuses else "waiting"
    scenario = ScenarioView("deploy", "Deploy applications", sentences, worst, 0.6)
    return RunState([FeatureView("offloading", "Offloading with policies", [scenario])])


async def test_features_are_chosen_and_watched_and_say_why_they_failed() -> None:
    async with staged((120, 30)) as stage:
        stage.app.acceptance.state = run_state("passed", "failed", "skipped")
        await stage.press("f5")
        await stage.until(lambda: isinstance(stage.app.screen, AcceptanceScreen))
        await stage.until(lambda: "✗ Deploy applications  failed" in stage.text)
        assert "app-south is Pending: no node fits" in stage.text and "– And pod" in stage.text
        await stage.press("r")
        assert stage.told == ["Nothing is chosen."]
        await stage.press("space")
        assert stage.app.acceptance.state.chosen == {("offloading", "deploy")}
        await stage.press("a", "o")
        assert stage.app.acceptance.state.chosen == set() and stage.told[-1] == "Nothing was run yet."


async def test_the_palette_knows_steps_themes_languages_and_clusters() -> None:
    async with staged((100, 30)) as stage:
        for words, done in (
            ("Theme: light", lambda: stage.app.theme == "liqolab-light"),
            ("cluster naples", lambda: stage.app.current_mode == "explorer" and stage.app.explored == "naples"),
            ("check", lambda: "check" in stage.walkthrough.asked),
        ):
            await stage.press("ctrl+p")
            await stage.until(lambda: len(stage.app.screen_stack) > 1)
            await stage.press(*({" ": "space", ":": "colon"}.get(letter, letter) for letter in words))
            await stage.until_shown(words.split()[-1])
            await stage.pilot.pause(0.3)
            await stage.press("enter")
            await stage.until(done)


async def test_the_palette_speaks_the_persons_language() -> None:
    async with staged((100, 30), language="it") as stage:
        await stage.press("ctrl+p")
        await stage.until_shown("Scrivi che cosa cerchi")
        await stage.press(*"zzz")
        await stage.until_shown("Non c'è nulla che si chiami così")
        await stage.press("escape", "ctrl+p", *"Tema")
        await stage.until_shown("Tema: chiaro")


async def test_everything_is_said_in_another_language_at_once() -> None:
    async with staged((120, 40)) as stage:
        stage.app.speak("it")
        await stage.until(lambda: "Lezione" in stage.text and "Compiti" in stage.text and "aiutino" in stage.text)
        assert not any(word in stage.text for word in ("Lesson", "Tasks", "hint", "edit first"))


async def test_a_second_may_pass_while_the_screen_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    async with staged((100, 30)) as stage:
        compose = LessonScreen.compose
        passed = []

        def slowly(screen: LessonScreen) -> ComposeResult:
            screen._tick()
            passed.append(screen)
            yield from compose(screen)

        monkeypatch.setattr(LessonScreen, "compose", slowly)
        stage.app.speak("it")
        await stage.until(lambda: "Lezione" in stage.text and "Compiti" in stage.text)
        assert passed


async def test_every_pane_explains_its_keys() -> None:
    async with staged((100, 40)) as stage:
        for key in ("f2", "f3", "f4", "f5", "f7"):
            await stage.press(key) if key != "f2" else None
            await stage.press("f1")
            await stage.until(lambda: "Esc leaves" in stage.text)
            await stage.press("end", "escape")
            await stage.until(lambda: "Esc leaves" not in stage.text)


async def test_panes_are_where_there_is_room_and_too_little_of_it_is_told() -> None:
    async with staged((80, 24)) as stage:
        assert not stage.app.screen.query_one("#minimap").display
        await stage.pilot.resize_terminal(50, 24)
        await stage.until(lambda: "This window is too small" in stage.text)
        await stage.pilot.resize_terminal(20, 4)
        await stage.pilot.resize_terminal(120, 40)
        await stage.until(lambda: "tunnel up" in stage.text and "too small" not in stage.text)
        regions = [stage.app.screen.query_one(name).region for name in ("#left", "#runner", "#minimap")]
        assert regions[0].right <= regions[1].x and regions[1].bottom <= regions[2].y
        await stage.pilot.resize_terminal(180, 50)
        await stage.until(lambda: stage.app.screen.query_one("#minimap").region.y == regions[1].y)


async def test_words_that_are_half_as_long_again_still_fit() -> None:
    async with staged(language="xx") as stage:
        await stage.until(lambda: "[Štép" in stage.text)
        for key in ("f3", "f4", "f5", "f7", "f2"):
            await stage.press(key)
            await stage.until(lambda: "liqolab" in stage.text)
            assert all(len(line.rstrip()) <= 80 for line in stage.text.splitlines())


async def test_the_users_keys_hold_and_a_bad_file_is_told() -> None:
    from liqolab_tui.keymap import UserKeys

    async with staged(keys=UserKeys({"lesson.hint": "ctrl+h,f8"})) as stage:
        await stage.press("h")
        await stage.press("f8")
        await stage.until(lambda: stage.walkthrough.asked == ["hint"])
    async with staged(keys=UserKeys({}, "no such key"), keys_file="/keys.toml") as stage:
        await stage.until(lambda: stage.told or stage.app._notifications)
        assert any("/keys.toml is not used" in str(told.title) for told in stage.app._notifications)
