"""The scenarios that can be run: each with a mark whether it is chosen, and how it went."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from liqolab_tui.drawing import glyphs
from liqolab_tui.run_state import RunState
from liqolab_tui.wording import Say


class ScenarioList(OptionList):
    """Features as headings, scenarios below them."""

    DEFAULT_CSS = """
    ScenarioList { background: $lab-background; color: $lab-text; }
    ScenarioList > .option-list--option { padding: 0; }
    ScenarioList > .option-list--option-highlighted { background: $lab-panel; color: $lab-text; }
    ScenarioList:focus > .option-list--option-highlighted {
        background: $lab-chosen; color: $lab-text; text-style: bold;
    }
    ScenarioList > .option-list--option-disabled { color: $lab-head; }
    """
    HELP_TOPIC = "acceptance"

    def __init__(self, say: Say) -> None:
        super().__init__(id="choice", classes="pane", markup=False)
        self._words = say

    def show_state(self, state: RunState) -> None:
        """The scenarios as they are now; the cursor stays where it is."""
        at = self.highlighted
        options: list[Option] = []
        for feature in state.features:
            options.append(Option(Content.styled(feature.title, "bold $lab-head"), disabled=True))
            for scenario in feature.scenarios:
                box = "☑" if (feature.lesson, scenario.id) in state.chosen else "☐"
                sign, role = glyphs.RESULTS.get(scenario.status, ("?", "muted"))
                time = f"  {scenario.seconds:.1f} s" if scenario.seconds else ""
                word = "" if scenario.status == "waiting" else self._words(f"tui.acceptance.status.{scenario.status}")
                text = Content.assemble(
                    f"{box} ",
                    (f"{sign} ", f"$lab-{role}"),
                    scenario.name,
                    (f"  {word}", f"$lab-{role}"),
                    (time, "$lab-muted"),
                )
                options.append(Option(text, id=f"{feature.lesson}/{scenario.id}"))
        self.set_options(options)
        self.highlighted = at if at is not None and at < len(options) else (1 if len(options) > 1 else None)
        self.border_title = self._words("tui.acceptance.title")

    @property
    def scenario(self) -> tuple[str, str] | None:
        """Lesson and id of the scenario under the cursor."""
        if self.highlighted is None or (key := self.get_option_at_index(self.highlighted).id) is None:
            return None
        lesson, _, scenario = key.partition("/")
        return lesson, scenario
