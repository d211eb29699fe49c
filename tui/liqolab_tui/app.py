"""The application: wires screens, controllers, keys, themes and words together, and keeps what they share.

Nothing is decided here that a screen or a controller could decide, and nothing is imported here that the first frame
does not need: modes come as functions, the walkthrough and the atlas are opened by their controllers in threads.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import RenderableType
from textual import work
from textual.app import App, SuspendNotSupported, SystemCommand
from textual.binding import BindingType
from textual.command import Provider
from textual.driver import Driver
from textual.screen import ModalScreen, Screen
from textual.signal import Signal
from textual.theme import Theme

from liqolab.atlas.world import World
from liqolab.learn.notices import CompanyChanged, StepEntered
from liqolab.learn.texts import Texts
from liqolab_tui import themes
from liqolab_tui.engine.clusters import ClusterController
from liqolab_tui.engine.lesson import LessonController
from liqolab_tui.engine.outlet import Outlet
from liqolab_tui.keymap import KEYS, bound
from liqolab_tui.messages import AppearanceChanged, Faulted, LessonOpened, News, Told, WorldChanged
from liqolab_tui.modes import SCREENS
from liqolab_tui.reference import Reference
from liqolab_tui.screens.lesson import LessonScreen
from liqolab_tui.session import Session

if TYPE_CHECKING:
    from liqolab_tui.engine.acceptance import AcceptanceController
    from liqolab_tui.lab import Lab

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
_TOO_MANY_MISTAKES = 5


def _commands() -> type[Provider]:
    from liqolab_tui.commands import LabCommands

    return LabCommands


class LiqolabApp(App[int]):
    """The face."""

    TITLE = "liqolab"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = KEYS["app.palette"]
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = dict(SCREENS)
    DEFAULT_MODE = "lesson"
    NOTIFICATION_TIMEOUT = 6
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("app.lesson", "mode('lesson')"),
        bound("app.map", "mode('map')"),
        bound("app.explorer", "mode('explorer')"),
        bound("app.acceptance", "mode('acceptance')"),
        bound("app.snapshots", "mode('snapshots')"),
        bound("app.terminal", "terminal", priority=True, display="F6"),
        bound("app.course", "course"),
        bound("app.shell", "shell"),
        bound("app.help", "explain_keys", show=True, display="?"),
        bound("app.leave", "quit", show=True),
        bound("app.quit", "quit", priority=True),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.say = Texts(session.language)
        self.news: Signal[object] = Signal(self, "news")
        self.history: list[str] = []
        self.broken: Faulted | None = None
        self._mistakes = 0
        self._lost: set[str] = set()
        self.target: Reference | None = None
        self.explored: str | None = None
        self.onward: str | None = None
        """The lesson to go on with when this one is left for another."""
        self.kinds: list[str] = []
        self.outlet = Outlet(self.tell, lambda: self.say, session.log)
        self.lesson = LessonController(lambda: session.open(session.language), self.outlet)
        self.clusters = ClusterController(self._kubeconfigs, self.outlet, session.atlas)
        self._acceptance: AcceptanceController | None = None
        for theme in themes.themes():
            self.register_theme(theme)
        # Without its watcher, which would read all styles anew before there is anything to be styled.
        self.set_reactive(App.theme, session.theme if session.theme in themes.names() else themes.DEFAULT)

    @property
    def acceptance(self) -> AcceptanceController:
        """What runs features; made when it is first asked for."""
        if self._acceptance is None:
            from liqolab_tui.engine.acceptance import AcceptanceController

            log = self.session.log
            reports = log.parent if log else None
            self._acceptance = AcceptanceController(self.outlet, lambda: self.session.language, reports)
        return self._acceptance

    # Wiring -----------------------------------------------------------------------------------------------------

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Our own only: screens are drawn in roles that other themes do not have."""
        known = super().available_themes
        return {name: known[name] for name in themes.names() if name in known} or known

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The roles' colours before a theme is set."""
        return {f"lab-{role}": colour for role, colour in themes.palette(themes.DEFAULT).items()}

    def on_mount(self) -> None:
        keys = self.session.keys
        if keys is not None and keys.problem:
            told = self.say("tui.fault.keys", file=self.session.keys_file)
            self.tell(Faulted(told, keys.problem, self.say("tui.fault.keys_next")))
        elif keys is not None and keys.keys:
            self.set_keymap(dict(keys.keys))
        self._heed_signals()
        self.call_after_refresh(self.lesson.start)

    def _heed_signals(self) -> None:
        """A terminal that goes away, or somebody who ends the process, ends it as `quit` does."""
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            loop.add_signal_handler(signal.SIGTERM, self.exit, 128 + signal.SIGTERM)
            loop.add_signal_handler(signal.SIGHUP, threading.Thread(target=self._hang_up, name="hang-up").start)

    def _hang_up(self) -> None:
        """The terminal is gone: end what runs and the process; leaving as usual would wait to write to it."""
        try:
            self.close()
        finally:
            os._exit(128 + signal.SIGHUP)

    def _handle_exception(self, error: Exception) -> None:
        """A mistake in the interface itself: it is told and written down; only one that keeps coming ends it."""
        self._mistakes += 1
        told = self.outlet.fault(error, "tui.fault.worker")
        if self._mistakes > _TOO_MANY_MISTAKES or not self.is_running or self.session.strict:
            self.broken = told
            if self.session.strict:
                super()._handle_exception(error)
            else:
                self.exit(1)
        else:
            self.tell(told)

    def get_driver_class(self) -> type[Driver]:
        """Textual's choice; a terminal's with an input that takes any bytes."""
        chosen = super().get_driver_class()
        if chosen.__name__ != "LinuxDriver":
            return chosen
        from liqolab_tui.terminal import LenientDriver

        return LenientDriver

    def panic(self, *renderables: RenderableType) -> None:
        """What Textual itself cannot go on after, such as an input that is gone: told in a sentence, and a failure."""
        if self.session.strict:
            super().panic(*renderables)
            return
        with self.console.capture() as captured:
            self.console.print(*renderables)
        lines = captured.get().strip().splitlines()
        error = RuntimeError(lines[-1] if lines else "")
        error.add_note("\n".join(lines))
        self.broken = self.outlet.fault(error, "tui.fault.worker")
        self.exit(1)

    def tell(self, value: object) -> None:
        """Bring news into the interface's loop; from any thread."""
        self.post_message(News(value))

    def on_news(self, message: News) -> None:
        value = message.value
        self.lesson.take(value)
        match value:
            case LessonOpened():
                self.clusters.start()
                self._aim()
                if (step := self.session.step) and step != self.lesson.state.current:
                    self.session.step = None
                    self.lesson.go_to(step)
                self._tell_company(self.lesson.walkthrough.company if self.lesson.walkthrough else 0)
            case StepEntered():
                self._aim()
            case CompanyChanged(faces=faces):
                self._tell_company(faces, left=not faces)
            case WorldChanged(world=world):
                self.lesson.clusters_changed()
                self._tell_lost(world)
            case Faulted():
                self._show_fault(value)
            case Told(text=text):
                self.notify(text)
        self.news.publish(value)

    def _tell_company(self, faces: int, *, left: bool = False) -> None:
        """Somebody else has this lesson open, too, or not any more."""
        if faces or left:
            self.notify(self.say("tui.company.left" if left else "tui.company.here"), timeout=12)

    def _tell_lost(self, world: World) -> None:
        """A cluster that was there and is gone, and what brings it back; said once each time."""
        gone = {view.name: view for view in world.clusters if not view.reachable and not view.waiting}
        for name in gone.keys() - self._lost:
            if self.session.mend:
                told = self.say("tui.map.lost_next", error=gone[name].error, command=self.session.mend)
                self.notify(told, title=f"✗ {self.say('tui.map.lost', cluster=name)}", severity="warning", timeout=15)
        self._lost = set(gone)

    def _show_fault(self, value: Faulted) -> None:
        lines = [value.why, value.next]
        self.notify(
            "\n".join(line for line in lines if line), title=value.what, severity="error", timeout=15, markup=False
        )

    def _aim(self) -> None:
        if (walkthrough := self.lesson.walkthrough) is not None:
            self.clusters.aim(walkthrough.lesson.name, self.lesson.state.current)

    def _kubeconfigs(self) -> Mapping[str, Path]:
        walkthrough = self.lesson.walkthrough
        return walkthrough.kubeconfigs() if walkthrough is not None else {}

    # What a person asks for -------------------------------------------------------------------------------------

    def action_mode(self, mode: str) -> None:
        """Go to a mode; going to where one is leads back to the lesson."""
        if isinstance(self.screen, ModalScreen):
            return
        self.switch_mode("lesson" if mode == self.current_mode else mode)

    async def go(self, mode: str) -> None:
        """Be in a mode."""
        if self.current_mode != mode:
            await self.switch_mode(mode)

    def look_at(self, target: Reference) -> None:
        """Show an object on the map, with what is known of it."""
        self.target = target
        if self.current_mode != "map":
            self.switch_mode("map")

    def open_page(self, page: Path) -> None:
        """Show a page in a browser, where there is one that has a window of its own: not on this terminal."""
        if self.is_web or sys.platform == "darwin" or any(os.environ.get(name) for name in _DISPLAYS):
            self.open_url(page.as_uri())

    def action_command_palette(self) -> None:
        """Everything that has a name, to be found by typing."""
        from liqolab_tui.screens.palette import LabPalette

        if not isinstance(self.screen, ModalScreen):
            self.push_screen(LabPalette(self.say))

    def action_explain_keys(self) -> None:
        """The keys of the pane that has the focus."""
        if not isinstance(self.screen, ModalScreen):
            from liqolab_tui.screens.keys import KeysScreen

            self.push_screen(KeysScreen(self.say, self.screen.active_bindings, _topics(self)))

    async def action_terminal(self) -> None:
        """The full terminal where it is installed, the prompt where it is not."""
        if isinstance(self.screen, ModalScreen):
            return
        await self.go("lesson")
        if isinstance(self.screen, LessonScreen):
            await self.screen.toggle_terminal()

    @work(exit_on_error=False)
    async def action_course(self) -> None:
        """The lessons of the course; choosing another one leaves this one for it."""
        walkthrough = self.lesson.walkthrough
        if walkthrough is None or isinstance(self.screen, ModalScreen):
            return
        from liqolab.learn.curriculum import curriculum
        from liqolab_tui.screens.course import CourseScreen
        from liqolab_tui.screens.dialogs import Confirm, ask

        course = await asyncio.to_thread(curriculum, self.session.language)
        here = walkthrough.lesson.name
        chosen = await ask(self, CourseScreen(self.say, course, here))
        titles = {standing.lesson.name: standing.lesson.title for standing in course}
        if chosen is None or chosen == here:
            return
        question = self.say("course.chosen", title=titles[chosen])
        if await ask(self, Confirm(self.say, question, "", self.say("course.go"))):
            self.onward = chosen
            self.exit(0)

    def action_shell(self) -> None:
        """Give the terminal to a shell until it ends."""
        if (walkthrough := self.lesson.walkthrough) is None:
            return
        from liqolab_tui.engine.shell import interactive_shell

        try:
            with self.suspend():
                interactive_shell(walkthrough.environment, walkthrough.folder, self.say("tui.shell.hello"))
        except SuspendNotSupported:
            self.notify(self.say("tui.shell.not_here"), severity="warning")
            return
        self.refresh()
        self.lesson.check()

    def choose_theme(self, theme: str) -> None:
        """Show everything in other colours from now on."""
        self.theme = theme
        # Lines of output and cells of tables were written in the colours of their moment.
        self.tell(AppearanceChanged())

    def speak(self, language: str) -> None:
        """Say everything in another language from now on."""
        self.session.language = language
        self.say = Texts(language)
        self.lesson.reopen()
        if self._acceptance is not None:
            self._acceptance.load()
        self.tell(AppearanceChanged())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """None of Textual's own: ours are in `LabCommands`, in the person's language."""
        return ()

    async def action_quit(self) -> None:
        self.exit(0)

    def on_key(self) -> None:
        self.lesson.touch()

    def on_click(self) -> None:
        self.lesson.touch()

    def close(self) -> None:
        """End threads and the bash; the clusters stay. Call it when the application is over."""
        self.clusters.close()
        self.lesson.close()
        if self._acceptance is not None:
            self._acceptance.close()


if TYPE_CHECKING:
    _FULFILS: type[Lab] = LiqolabApp


def _topics(app: LiqolabApp) -> list[str]:
    """What there is help about: the focused widget, what it is in, the screen."""
    focused = app.screen.focused
    chain = [*focused.ancestors_with_self] if focused is not None else [app.screen]
    # A screen is about its mode; panes say what they are about.
    topics = [topic for node in chain if (topic := getattr(node, "HELP_TOPIC", getattr(node, "MODE", "")))]
    return list(dict.fromkeys(topics))
