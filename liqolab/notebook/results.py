"""What `lab` answers: values that show themselves as text, HTML and Markdown, wherever a notebook is read.

The evidence of a check that fails is drawn by the HTML report, so both say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from liqolab.learn.model import Hint, Light
from liqolab.learn.texts import Texts
from liqolab.notebook.style import framed
from liqolab.report.html.failure import evidence
from liqolab.report.html.markup import Html, tag
from liqolab.steps.failing.harmless import HarmlessFailure
from liqolab.steps.failing.redaction import presentable
from liqolab.steps.failing.text import text_below_sentence

MACHINES = "application/vnd.liqolab.check+json"
"""Under this type a check is in the notebook for programs."""

LIGHT_SIGNS = {"on": "✓", "off": "○", "dark": "✕"}


class Shown:
    """Something that can be shown in three ways."""

    def text(self) -> str:
        raise NotImplementedError

    def markdown(self) -> str:
        raise NotImplementedError

    def html(self) -> Html:
        raise NotImplementedError

    def data(self) -> dict[str, Any]:
        """What it is by further types."""
        return {}

    def __str__(self) -> str:
        return self.text()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {
            "text/plain": self.text(),
            "text/markdown": self.markdown(),
            "text/html": framed(self.html()),
            **self.data(),
        }


@dataclass(frozen=True, slots=True, repr=False)
class Checked(Shown):
    """How the tasks of a step stand.

    Attributes:
        note: said above the tasks; empty for nothing.
        failures: what is known of tasks that are not done, by their ids.
    """

    step: str
    title: str
    lights: tuple[Light, ...]
    texts: Texts
    note: str = ""
    failures: Mapping[str, HarmlessFailure] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether all tasks are."""
        return all(light.state == "on" for light in self.lights)

    @property
    def summary(self) -> str:
        done = sum(1 for light in self.lights if light.state == "on")
        return self.texts("notebook.check.done", done=done, count=len(self.lights))

    def __bool__(self) -> bool:
        return self.done

    def text(self) -> str:
        lines = [f"{self.title}: {self.summary}", *([self.note] if self.note else [])]
        for light in self.lights:
            lines.append(f"{LIGHT_SIGNS[light.state]} {light.task.text}: {self._word(light)}")
            told = self._evidence(light)
            lines += [f"    {line}" for line in told.splitlines()]
        return "\n".join(lines)

    def markdown(self) -> str:
        parts = [f"**{self.title}**: {self.summary}", *([self.note] if self.note else [])]
        parts.append("\n".join(f"- [{'x' if light.state == 'on' else ' '}] {light.task.text}" for light in self.lights))
        for light in self.lights:
            if told := self._evidence(light):
                parts.append(f"{light.task.text}:\n\n```text\n{told}\n```")
        return "\n\n".join(parts)

    def html(self) -> Html:
        head = tag("p", tag("strong", self.title), f": {self.summary}", class_="summary")
        note = tag("p", self.note, class_="quiet") if self.note else None
        rows = [tag("li", self._row(light), class_=f"light {light.state}") for light in self.lights]
        return tag("section", head, note, tag("ul", rows, class_="lights"), class_="checked", aria_label=self.title)

    def data(self) -> dict[str, Any]:
        tasks = [
            {
                "id": light.task.id,
                "state": light.state,
                "reason": presentable(light.reason),
                "told": self._evidence(light),
            }
            for light in self.lights
        ]
        return {MACHINES: {"step": self.step, "done": self.done, "tasks": tasks}}

    def _word(self, light: Light) -> str:
        return self.texts(f"notebook.check.light.{light.state}")

    def _row(self, light: Light) -> Html:
        sign = tag("span", LIGHT_SIGNS[light.state], class_="sign", aria_hidden="true")
        head = tag(
            "span", sign, tag("span", light.task.text, class_="task"), tag("span", self._word(light), class_="word")
        )
        failure = self.failures.get(light.task.id)
        if failure is not None and light.state != "on":
            return tag("details", tag("summary", head), evidence(failure), open=True)
        told = presentable(light.reason) if light.state != "on" else ""
        return tag("div", head, tag("pre", told, class_="verbatim") if told else None)

    def _evidence(self, light: Light) -> str:
        """Why a task is not done; empty where it is, or where nobody knows."""
        if light.state == "on":
            return ""
        failure = self.failures.get(light.task.id)
        return text_below_sentence(failure) if failure is not None else presentable(light.reason)


@dataclass(frozen=True, slots=True, repr=False)
class Hinted(Shown):
    """One rung of the ladder of hints."""

    hint: Hint
    texts: Texts

    def text(self) -> str:
        return f"{self._title}: {self.hint.text}"

    def markdown(self) -> str:
        return f"**{self._title}**: {self.hint.text}"

    def html(self) -> Html:
        return tag("p", tag("strong", f"{self._title}: "), tag("span", self.hint.text, class_="said"), class_="hint")

    @property
    def _title(self) -> str:
        return self.texts("notebook.hint.title", level=self.hint.level)


@dataclass(frozen=True, slots=True, repr=False)
class Said(Shown):
    """One sentence."""

    said: str
    well: bool = True

    def __bool__(self) -> bool:
        return self.well

    def text(self) -> str:
        return self.said

    markdown = text

    def html(self) -> Html:
        return tag("p", self.said)


@dataclass(frozen=True, slots=True, repr=False)
class Reasons(Shown):
    """Why an object is as it is, from what is seen to the root."""

    what: str
    causes: tuple[str, ...]
    texts: Texts

    def text(self) -> str:
        if not self.causes:
            return self.texts("notebook.why.nothing", what=self.what)
        return "\n".join([self.what, *(f"{'  ' * level}↳ {cause}" for level, cause in enumerate(self.causes, 1))])

    def markdown(self) -> str:
        if not self.causes:
            return self.text()
        return "\n".join([f"**{self.what}**", "", *(f"{'  ' * n}- {cause}" for n, cause in enumerate(self.causes))])

    def html(self) -> Html:
        if not self.causes:
            return tag("p", self.text())
        root, *rest = reversed(self.causes)
        chain = tag("ol", [tag("li", cause) for cause in rest], class_="chain") if rest else None
        return tag("div", tag("h4", self.what), tag("p", root, class_="root"), chain, class_="causes")
