"""Judges the goals of a step in the background: after each command, and whenever the clusters change.

The sentences are those of the acceptance run, asked about this moment instead of waiting for it. Whoever waits does so
for the next verdicts: they follow every change of the clusters (see `watching`). One thread does all of it; a cluster
that is gone is a reason like any other.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Thread

from liqolab.learn.reasons import reason_of
from liqolab.learn.texts import Texts
from liqolab.learn.watching import NotingLab, Watches
from liqolab.scenario.outline import Goal
from liqolab.steps.execute import execute, perform
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Failure
from liqolab.steps.failing.harmless import HarmlessFailure, harmless
from liqolab.steps.lab import Lab
from liqolab.steps.registry import AmbiguousStepError, UndefinedStepError
from liqolab.steps.text import StepText
from liqolab.steps.timing import WORDS, TimingError, split_timing
from liqolab.steps.vocabulary import REGISTRY

_SETTLING_SECONDS = 0.05
"""Changes come in flocks; what follows a change this soon is judged with it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a goal is reached; `reason` says why not."""

    goal: str
    holds: bool
    reason: str = ""


Told = Callable[[int, tuple[Verdict, ...]], None]
"""Called in the judge's thread with the number of the order that the verdicts answer."""


class Judge:
    """One thread; `close` ends it."""

    def __init__(self, lab: NotingLab, told: Told, texts: Texts) -> None:
        """`lab` is the judge's own from here on, and closed with it; reasons are in the words of `texts`."""
        self._lab = lab
        self._texts = texts
        self._told = told
        self._goals: tuple[Goal, ...] = ()
        self._order = 0
        self._loop = asyncio.new_event_loop()
        self._wanted = asyncio.Event()
        self._closing = False
        self._thread = Thread(target=self._run, name="judge", daemon=True)
        self._thread.start()

    def look(self, order: int, goals: tuple[Goal, ...]) -> None:
        """Judge these goals from now on, and soon; any thread may call."""
        self._order, self._goals = order, goals
        self.again()

    def again(self) -> None:
        """Judge soon; any thread may call."""
        if not self._closing:
            self._loop.call_soon_threadsafe(self._wanted.set)

    def close(self) -> None:
        """End the thread; a judgement that is under way is waited for."""
        if self._closing:
            return
        self._closing = True
        self._loop.call_soon_threadsafe(self._wanted.set)
        self._thread.join()
        self._loop.close()
        self._lab.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._work())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())

    async def _work(self) -> None:
        async with Watches(self._wanted.set) as watches:
            while True:
                await self._wanted.wait()
                await asyncio.sleep(_SETTLING_SECONDS)
                self._wanted.clear()
                # Asked only now: the wish that has just been taken may have been the one to end.
                if self._closing:
                    return
                order, goals = self._order, self._goals
                self._lab.start()
                verdicts = await asyncio.to_thread(self._judge_all, goals)
                if verdicts is not None:
                    await watches.follow(self._lab.seen)
                    # Where a full disk keeps lights from being noted down, the next judgement tries again.
                    with contextlib.suppress(OSError):
                        await asyncio.to_thread(self._told, order, verdicts)

    def _judge_all(self, goals: tuple[Goal, ...]) -> tuple[Verdict, ...] | None:
        """Verdicts; None when that was broken off because nobody wants them any more."""
        verdicts: list[Verdict] = []
        for goal in goals:
            if self._closing:
                return None
            verdicts.append(self._judge(goal))
        return tuple(verdicts)

    def _judge(self, goal: Goal) -> Verdict:
        for sentence in goal.sentences:
            if reason := judge_now(self._lab, sentence, self._texts):
                return Verdict(goal.id, holds=False, reason=reason)
        return Verdict(goal.id, holds=True)


def judge_now(lab: Lab, sentence: StepText, texts: Texts) -> str:
    """Why a sentence does not hold at this moment, for learners; empty when it does."""
    asked, never = at_this_moment(sentence)
    try:
        perform(lab, asked, REGISTRY)
    except CheckFailedError as error:
        return "" if never else reason_of(error.failure, texts)
    except (UndefinedStepError, AmbiguousStepError) as error:
        return str(error)
    except Exception as error:
        # Nobody foresaw it, and a walkthrough does not end over one light.
        return f"{type(error).__name__}: {error}"
    return sentence.text if never else ""


def goal_failure(lab: Lab, goal: Goal) -> HarmlessFailure | None:
    """All that is known of why a goal is not reached at this moment; None where it is, or where that is not known."""
    for sentence in goal.sentences:
        asked, never = at_this_moment(sentence)
        try:
            execute(lab, asked, REGISTRY)
        except CheckFailedError as error:
            if not never:
                return harmless(error.failure)
        except (UndefinedStepError, AmbiguousStepError):
            return None
        else:
            if never:
                return harmless(Failure(sentence.text, sentence=sentence.sentence, location=sentence.location))
    return None


def at_this_moment(sentence: StepText) -> tuple[StepText, bool]:
    """The sentence with ``immediately`` in the place of its time, and whether it must not hold (``never``)."""
    found, _ = REGISTRY.find(sentence.text)
    if not found.takes_timing:
        return sentence, False
    for language, words in WORDS.items():
        try:
            bare, timing = split_timing(sentence.text, language)
        except TimingError:
            continue
        asked = replace(sentence, text=f"{bare} {words.now}")
        if found.match(asked.text) is not None:
            return asked, timing.kind == "never"
    return sentence, False
