"""Acceptance: choose scenarios, watch them run sentence by sentence, read why one failed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import OptionList, Static

from liqolab_tui.drawing import glyphs
from liqolab_tui.keymap import bound
from liqolab_tui.messages import RunAdvanced
from liqolab_tui.run_state import RunState, ScenarioView, SentenceView
from liqolab_tui.screens.base import LabScreen
from liqolab_tui.widgets.scenario_list import ScenarioList


class AcceptanceScreen(LabScreen):
    """The fourth mode."""

    MODE = "acceptance"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("acceptance.run", "run", show=True),
        bound("acceptance.all", "all", show=True),
        bound("acceptance.stop", "stop", show=True, priority=True),
        bound("acceptance.report", "report", show=True),
        bound("app.back", "app.mode('lesson')"),
        Binding("space", "choose", show=False),
    ]

    def body(self) -> Iterable[Widget]:
        yield Static(id="run-line", classes="hint-line")
        yield Container(
            ScenarioList(self.say),
            VerticalScroll(Static(id="sentences"), id="live", classes="pane"),
            id="run-body",
        )

    def on_mount(self) -> None:
        if not self.state.features:
            self.lab.acceptance.load()

    def settle(self) -> None:
        self._show()
        self.list.focus()

    @property
    def state(self) -> RunState:
        return self.lab.acceptance.state

    @property
    def list(self) -> ScenarioList:
        return self.query_one(ScenarioList)

    async def take(self, value: object) -> None:
        if isinstance(value, RunAdvanced):
            self._show()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        self._show_sentences()

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_choose()

    def action_choose(self) -> None:
        if (scenario := self.list.scenario) is not None and not self.state.running:
            self.state.chosen ^= {scenario}
            self._show()

    def action_all(self) -> None:
        if not self.state.running:
            everything = {(feature.lesson, scenario.id) for feature, scenario in self.state.all()}
            self.state.chosen = set() if self.state.chosen == everything else everything
            self._show()

    def action_run(self) -> None:
        if self.state.running:
            self.notify(self.say("tui.acceptance.busy"), severity="warning")
        elif not self.lab.acceptance.run():
            self.notify(self.say("tui.acceptance.nothing"), severity="warning")
        self._show()

    def action_stop(self) -> None:
        if self.state.running:
            self.lab.acceptance.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what runs can be stopped."""
        return action != "stop" or self.state.running

    def action_report(self) -> None:
        if not self.state.report:
            self.notify(self.say("tui.acceptance.no_report"))
            return
        self.lab.open_page(Path(self.state.report))
        self.notify(self.say("tui.acceptance.report", file=self.state.report), timeout=15)

    def _show(self) -> None:
        self.list.show_state(self.state)
        self.query_one("#run-line", Static).update(self._line())
        self.refresh_bindings()
        self._show_sentences()

    def _line(self) -> str:
        state = self.state
        if state.running:
            return self.say("tui.acceptance.running", playground=state.playground)
        if state.ran:
            passed = sum(scenario.status == "passed" for scenario in state.ran)
            seconds = f"{state.seconds:.1f}"
            return self.say("tui.acceptance.summary", passed=passed, count=len(state.ran), seconds=seconds)
        if state.chosen:
            count = sum(1 for _ in state.all())
            return self.say("tui.acceptance.scenarios", chosen=len(state.chosen), count=count)
        return self.say("tui.acceptance.intro")

    def _current(self) -> ScenarioView | None:
        """What runs while something does, else what is under the cursor."""
        if self.state.running:
            running = next((scenario for _, scenario in self.state.all() if scenario.status == "running"), None)
            if running is not None:
                return running
        at = self.list.scenario
        return next((scenario for feature, scenario in self.state.all() if (feature.lesson, scenario.id) == at), None)

    def _show_sentences(self) -> None:
        scenario = self._current()
        pane = self.query_one("#live", VerticalScroll)
        if scenario is None:
            return
        pane.border_title = scenario.name
        self.query_one("#sentences", Static).update(Content("\n").join(map(self._sentence, scenario.sentences)))
        if scenario.status == "running":
            done = sum(sentence.status not in ("waiting", "running") for sentence in scenario.sentences)
            pane.scroll_to(y=max(done - pane.size.height // 2, 0), animate=False)

    def _sentence(self, sentence: SentenceView) -> Content:
        sign, role = glyphs.RESULTS.get(sentence.status, ("?", "muted"))
        quiet = "$lab-muted" if sentence.status in ("waiting", "skipped") else "$lab-text"
        word = self.say(f"tui.acceptance.status.{sentence.status}") if sentence.status != "waiting" else ""
        time = f" {sentence.seconds:.2f} s" if sentence.seconds else ""
        line = Content.assemble(
            (f"{sign} ", f"$lab-{role}"), (sentence.text, quiet), (f"  {word}{time}", f"$lab-{role}")
        )
        if not sentence.error:
            return line
        return Content.assemble(line, Content.styled(f"\n\n{sentence.error.rstrip()}\n", "$lab-bad"))
