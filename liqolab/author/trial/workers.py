"""Several stages side by side, a process each: every one plays the good run, then its share of the sabotages.

A process and not a thread, because each has a bash of its own to be interrupted, and a loop and clients that know
nothing of the others. Workers tell the parent what goes on through a pipe each; one that dies closes its end, so the
parent waits for all of them at once and never looks at a clock.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from liqolab.author.trial import explanations
from liqolab.author.trial.outcome import SabotageTrial, Trial
from liqolab.author.trial.run import Listener, Settings, try_lesson
from liqolab.scenario.lesson import open_lesson


class WorkerError(Exception):
    """A worker that could not do its share; the text is what it said."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def try_lesson_side_by_side(name: str, settings: Settings, listener: Listener, workers: int) -> Trial:
    """As `try_lesson`, with the sabotages shared out among `workers` processes.

    Raises:
        WorkerError: one of them failed; all have been ended and have cleaned up.
        LessonError: an explanation is not what it should be.
    """
    known = explanations.load(open_lesson(name).files.parent)
    context = multiprocessing.get_context("spawn")
    processes: list[BaseProcess] = []
    pipes: list[Connection] = []
    try:
        for number in range(workers):
            ours, theirs = context.Pipe(duplex=False)
            mine = replace(settings, share=(number, workers))
            process: BaseProcess = context.Process(target=_work, args=(name, mine, theirs), daemon=False)
            process.start()
            theirs.close()
            processes.append(process)
            pipes.append(ours)
        trials = _listen(pipes, listener)
    except BaseException:
        for process in processes:
            process.terminate()
        raise
    finally:
        for process in processes:
            process.join()
    return _together(trials, known, settings)


def _listen(pipes: Sequence[Connection], listener: Listener) -> list[Trial]:
    """What the workers hand in; the listener hears of everything meanwhile."""
    trials: list[Trial] = []
    open_pipes = list(pipes)
    heard: dict[Connection, Trial] = {}
    count = 0
    while open_pipes:
        for ready in wait(open_pipes):
            assert isinstance(ready, Connection)
            try:
                kind, *content = ready.recv()
            except EOFError:
                open_pipes.remove(ready)
                if ready not in heard:
                    raise WorkerError("a worker ended without a word", "look for its message above") from None
                continue
            if kind == "doing":
                listener.doing(content[0])
            elif kind == "sabotaged":
                count += 1
                listener.sabotaged(content[0], count, content[1])
            elif kind == "failed":
                raise WorkerError(*content)
            else:
                heard[ready] = content[0]
                trials.append(content[0])
    return trials


def _together(trials: list[Trial], known: list[explanations.Explanation], settings: Settings) -> Trial:
    """One trial of all: the steps of one of them (of the one that failed, if one did), the sabotages of all."""
    whole = min(trials, key=lambda trial: all(step.passed for step in trial.steps))
    whole.sabotages = sorted(
        (entry for trial in trials for entry in trial.sabotages),
        key=lambda entry: [step.id for step in whole.steps].index(entry.step),
    )
    whole.leftovers = [entry for trial in trials for entry in trial.leftovers]
    whole.seconds = max(trial.seconds for trial in trials)
    whole.stale = explanations.explain(known, whole.sabotages)
    if settings.count is not None:
        whole.stale = []
    return whole


class _Speaker(Listener):
    """A worker's listener: passes everything on."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def doing(self, text: str) -> None:
        self._pipe.send(("doing", text))

    def sabotaged(self, trial: SabotageTrial, number: int, total: int) -> None:
        self._pipe.send(("sabotaged", trial, total))


def _work(name: str, settings: Settings, pipe: Connection) -> None:
    """A worker process: Ctrl-C is for the parent, which says so with SIGTERM, once."""
    # A handler, because a signal that is ignored stays so in the bash that the worker starts.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, _leave)
    with pipe:
        try:
            pipe.send(("done", try_lesson(open_lesson(name), settings, _Speaker(pipe))))
        except KeyboardInterrupt:
            return
        except Exception as error:
            pipe.send(("failed", str(error) or type(error).__name__, getattr(error, "hint", "")))


def _leave(*_: Any) -> None:
    signal.signal(signal.SIGTERM, lambda *_: None)
    raise KeyboardInterrupt
