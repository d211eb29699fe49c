"""The command palette: everything that has a name, in the person's language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from liqolab_tui import themes
from liqolab_tui.lab import Lab
from liqolab_tui.widgets.top_bar import MODES

Entry = tuple[str, str, Callable[[], Any]]


class LabCommands(Provider):
    """Steps, modes, checks, clusters, themes, languages."""

    async def discover(self) -> Hits:
        for title, note, run in self._entries():
            yield DiscoveryHit(title, run, help=note)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for title, note, run in self._entries():
            if (score := matcher.match(title)) > 0:
                yield Hit(score, matcher.highlight(title), run, help=note)

    def _entries(self) -> Iterator[Entry]:
        lab = cast("Lab", self.app)
        say = lab.say
        yield from self._lesson(lab)
        for mode in MODES:
            yield say("tui.palette.mode", mode=say(f"tui.mode.{mode}")), "", partial(lab.go, mode)
        for view in lab.clusters.world.clusters:
            yield say("tui.palette.cluster", cluster=view.name), "", partial(self._explore, lab, view.name)
        for theme in themes.names():
            yield say("tui.palette.theme", theme=say(f"tui.theme.{theme}")), "", partial(lab.choose_theme, theme)
        for language in ("en", "it"):
            yield (
                say("tui.palette.language", language=say(f"tui.language.{language}")),
                "",
                partial(lab.speak, language),
            )
        yield say("tui.key.app.course"), "", lab.action_course
        yield say("tui.key.app.help"), "", lab.action_explain_keys
        yield say("tui.key.app.shell"), "", lab.action_shell
        yield say("tui.key.app.quit"), say("tui.palette.quit_help"), lab.action_quit

    def _lesson(self, lab: Lab) -> Iterator[Entry]:
        say = lab.say
        for name in ("check", "hint", "solution", "solve", "reset", "next", "previous"):
            yield say(f"tui.key.lesson.{name}"), say("tui.mode.lesson"), partial(self._in_lesson, lab, name)
        for place, step in enumerate(lab.lesson.state.steps, 1):
            title = say("tui.palette.go", number=place, title=step.title)
            yield title, "", partial(self._go, lab, step.id)

    @staticmethod
    async def _in_lesson(lab: Lab, name: str) -> None:
        await lab.go("lesson")
        await lab.screen.run_action(name)

    @staticmethod
    async def _go(lab: Lab, step: str) -> None:
        from liqolab_tui.screens.lesson import LessonScreen

        await lab.go("lesson")
        if isinstance(lab.screen, LessonScreen) and step != lab.lesson.state.current:
            await lab.screen.go_to(step)

    @staticmethod
    async def _explore(lab: Lab, cluster: str) -> None:
        lab.explored = cluster
        # Also from there: coming back to the explorer lists anew.
        await lab.switch_mode("explorer")
