"""The living picture of a lesson: clusters, tasks as lights, goal against now, and buttons.

A widget whose page side is one script without a build (anywidget). It shows a `View`, which is made anew whenever the
clusters, the lights or the step change, from whichever face; where no kernel lives, the still picture beside it in the
file is what is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

import anywidget
import traitlets

from liqolab.atlas.world import World
from liqolab.learn.notices import BusyChanged, CommandEnded, CommandStarted, Notice, OutputArrived
from liqolab.learn.walkthrough import Walkthrough
from liqolab.notebook.following import Follower
from liqolab.notebook.results import Shown
from liqolab.notebook.style import framed, style
from liqolab.notebook.view import View, look
from liqolab.report.html.markup import tag

_SCRIPT = Path(__file__).with_name("picture.js")
_WORDS = ("label", "now", "goal", "tasks", "check", "hint", "solve", "reset", "sure_solve", "sure_reset", "yes", "no")


class Picture(anywidget.AnyWidget):
    """One lesson.

    Attributes:
        view: what is shown.
        said: what the last button had to say, as HTML.
        busy: what is being done; empty for nothing.
        words: of the buttons and headings.
        closed: whether it lives no more.
    """

    _esm = _SCRIPT.read_text(encoding="utf-8")
    _css = style()

    view = traitlets.Dict().tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)
    busy = traitlets.Unicode("").tag(sync=True)
    words = traitlets.Dict().tag(sync=True)

    def __init__(self, walkthrough: Walkthrough, acts: Mapping[str, Callable[[], Shown]]) -> None:
        """Show a walkthrough; `acts` are what its buttons do, by their names in the script."""
        texts = walkthrough.texts
        super().__init__(words={key: texts(f"notebook.picture.{key}") for key in _WORDS})
        self.closed = False
        self._walkthrough, self._acts, self._texts = walkthrough, acts, texts
        self._looking = Lock()
        self._now = look(walkthrough, World())
        self._hand = ThreadPoolExecutor(1, thread_name_prefix="buttons")
        self._unsubscribe = walkthrough.subscribe(self._hear)
        self._follower = Follower(walkthrough.kubeconfigs, self._show)
        self.on_msg(self._asked)
        self._follower.wait()

    def end(self) -> None:
        """Live no more; what it showed last stays."""
        if self.closed:
            return
        self.closed = True
        self._unsubscribe()
        self._hand.shutdown(wait=False, cancel_futures=True)
        self._follower.close()

    def _repr_mimebundle_(self, **given: Any) -> Any:
        """The widget, and beside it the still picture for whoever cannot show widgets."""
        shown = super()._repr_mimebundle_(**given)
        data, more = shown if isinstance(shown, tuple) else (shown, {})
        still = {
            "text/plain": self._now.text(self._texts),
            "text/html": framed(self._now.still(self._texts, datetime.now())),
        }
        return {**(data or {}), **still}, more

    def _show(self, world: World) -> None:
        with self._looking:
            now: View = look(self._walkthrough, world)
            if now != self._now or not self.view:
                self._now = now
                self.view = now.values(self._texts)

    def _hear(self, notice: Notice) -> None:
        """Called by the walkthrough in any thread; must return at once, and sending is quick."""
        if self.closed or isinstance(notice, OutputArrived):
            return
        match notice:
            case BusyChanged(text):
                self.busy = text or ""
            case CommandStarted(command):
                self.busy = f"$ {command.splitlines()[0]}" if command else ""
            case CommandEnded():
                self.busy = ""
        self._show(self._follower.world)

    def _asked(self, _: Any, content: dict[str, Any], buffers: object) -> None:
        if not self.closed and (act := self._acts.get(str(content.get("do")))) is not None:
            self._hand.submit(self._do, act)

    def _do(self, act: Callable[[], Shown]) -> None:
        self.busy = self._texts("notebook.picture.busy")
        try:
            self.said = act().html()
        except Exception as error:
            hint = getattr(error, "hint", "")
            self.said = tag("p", f"{error or type(error).__name__}. {hint}".strip())
        finally:
            self.busy = ""
            self._show(self._follower.world)
