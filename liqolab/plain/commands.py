"""What can be typed at the plain face's prompt: one table, a letter and a word a command.

The letters are the same in every language; the words are the catalogue's, and the English ones always work too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from liqolab.learn.curriculum import curriculum
from liqolab.learn.texts import Texts
from liqolab.learn.walkthrough import WalkthroughError
from liqolab.plain import acceptance, exploring
from liqolab.plain.face import Face, Left
from liqolab.plain.telling import course_lines, deviation_lines, light_lines, progress_lines, world_lines
from liqolab.playground.errors import PlaygroundError

SHELL_MARKS = ("$", "!")

Do = Callable[[Face, list[str]], None]


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `key` names its word and its line of help in the catalogue."""

    letter: str
    key: str
    do: Do


def dispatch(face: Face, line: str) -> None:
    """Do what a line says."""
    try:
        if line[0] in SHELL_MARKS:
            shell(face, face.reader.shell_text(line[1:].lstrip()))
            return
        word, *arguments = line.split()
        command = find(word, face.texts)
        if command is None:
            face.misused("plain.unknown", word=line)
            return
        command.do(face, arguments)
    except (WalkthroughError, PlaygroundError) as error:
        face.printer.line(f"{error}" + (f" ({error.hint})" if error.hint else ""))
        face.judge(well=False)


def find(word: str, texts: Texts) -> Command | None:
    """The command of a letter or word."""
    english = Texts()
    for command in COMMANDS:
        if word in (command.letter, texts(f"plain.words.{command.key}"), english(f"plain.words.{command.key}")):
            return command
    return None


def shell(face: Face, text: str) -> None:
    """Run a command in the learner's bash, and see what it did to the lights."""
    if not text.strip():
        return
    ended = face.work(lambda: face.walkthrough.run(text))
    face.judge(well=ended.code == 0 or face.code == 0)
    face.work(face.walkthrough.settle)


def _next(face: Face, arguments: list[str]) -> None:
    walkthrough = face.walkthrough
    if walkthrough.progress().state != "passed":
        face.work(walkthrough.check)
    if walkthrough.progress().state != "passed":
        face.say("plain.not_done")
        _open_tasks(face)
        face.judge(well=False)
    elif not face.work(walkthrough.next):
        face.say("plain.last")
    else:
        face.judge(well=True)


def _previous(face: Face, arguments: list[str]) -> None:
    order = [view.id for view in face.walkthrough.steps]
    position = order.index(face.walkthrough.current)
    if position == 0:
        face.say("plain.first")
    else:
        _go_back(face, order[position - 1])


def _check(face: Face, arguments: list[str]) -> None:
    lights = face.work(face.walkthrough.check)
    face.tell_lights()
    face.judge(well=all(light.state == "on" for light in lights))


def _hint(face: Face, arguments: list[str]) -> None:
    hint = face.walkthrough.hint()
    face.say("plain.hint", level=hint.level, kind=face.texts(f"plain.kinds.{hint.kind}"), text=hint.text)


def _show(face: Face, arguments: list[str]) -> None:
    command = face.walkthrough.next_command
    face.printer.line(command or face.texts("plain.all_typed"))


def _solve(face: Face, arguments: list[str]) -> None:
    well = face.work(face.walkthrough.solve)
    face.say("plain.solved" if well else "plain.not_solved")
    if not well:
        _open_tasks(face)
    face.judge(well=well)


def _reset(face: Face, arguments: list[str]) -> None:
    if not face.reader.agrees(face.texts("plain.confirm_reset")):
        face.say("plain.kept")
        return
    face.work(face.walkthrough.reset)
    face.say("plain.reset")


def _go(face: Face, arguments: list[str]) -> None:
    order = [view.id for view in face.walkthrough.steps]
    if not arguments:
        face.misused("plain.wants", word="g", usage=" | ".join(order))
        return
    wanted = arguments[0]
    if wanted.isdigit() and 0 < int(wanted) <= len(order):
        wanted = order[int(wanted) - 1]
    if wanted in order and order.index(wanted) < order.index(face.walkthrough.current):
        _go_back(face, wanted)
        return
    reached = face.work(lambda: face.walkthrough.go_to(wanted))
    if not reached:
        face.say("plain.not_solved")
        _open_tasks(face)
    face.judge(well=reached)


def _go_back(face: Face, step: str) -> None:
    title = face.walkthrough.step(step).title
    if not face.reader.agrees(face.texts("plain.confirm_back", title=title)):
        face.say("plain.kept")
        return
    face.judge(well=face.work(lambda: face.walkthrough.go_to(step)))


def _list(face: Face, arguments: list[str]) -> None:
    face.printer.lines(progress_lines(face.walkthrough))


def _text(face: Face, arguments: list[str]) -> None:
    known = [view.id for view in face.walkthrough.steps]
    if arguments and arguments[0] not in known:
        face.misused("plain.wants", word="t", usage=" | ".join(known))
        return
    step = arguments[0] if arguments else face.walkthrough.current
    face.tell_step(step)
    face.printer.lines(light_lines(face.walkthrough.lights(step), face.texts))


def _run(face: Face, arguments: list[str]) -> None:
    commands = face.walkthrough.step().commands
    if not arguments:
        text = face.walkthrough.next_command
        if not text:
            face.say("plain.all_typed")
            return
    elif arguments[0].isdigit() and 0 < int(arguments[0]) <= len(commands):
        text = commands[int(arguments[0]) - 1].text
    else:
        face.misused("plain.no_block", number=arguments[0], count=len(commands))
        return
    face.printer.lines(f"$ {line}" for line in text.split("\n"))
    shell(face, text)


def _map(face: Face, arguments: list[str]) -> None:
    world = face.work(face.walkthrough.world)
    face.printer.lines(world_lines(world, face.texts))
    deviations = face.walkthrough.deviations(world)
    if deviations is None:
        face.say("plain.map.no_goal")
        return
    face.say("plain.map.goal")
    face.printer.lines(deviation_lines(deviations, face.texts))


def _snapshots(face: Face, arguments: list[str]) -> None:
    walkthrough = face.walkthrough
    meant = {face.texts(f"plain.snapshots.words.{word}"): word for word in ("save", "restore", "delete")}
    match [meant.get(word, word) for word in arguments[:1]] + arguments[1:]:
        case []:
            found = walkthrough.snapshots()
            if not found:
                face.say("plain.snapshots.none")
            for saved in found:
                moment, clusters = saved.saved.strftime("%Y-%m-%d %H:%M:%S"), ", ".join(saved.clusters)
                face.say("plain.snapshots.saved", name=saved.name, time=moment, clusters=clusters)
        case ["save", name]:
            face.work(lambda: walkthrough.save_snapshot(name))
            face.say("plain.snapshots.made", name=name)
        case ["restore", name]:
            if not face.reader.agrees(face.texts("plain.confirm_restore", name=name)):
                face.say("plain.kept")
                return
            face.work(lambda: walkthrough.restore_snapshot(name))
            face.say("plain.snapshots.restored", name=name)
        case ["delete", name]:
            walkthrough.delete_snapshot(name)
            face.say("plain.snapshots.deleted", name=name)
        case _:
            face.misused("plain.wants", word="v", usage=face.texts("plain.snapshots.usage"))


def _course(face: Face, arguments: list[str]) -> None:
    face.printer.lines(course_lines(curriculum(face.walkthrough.language), face.texts))


def _help(face: Face, arguments: list[str]) -> None:
    for command in COMMANDS:
        word, text = face.texts(f"plain.words.{command.key}"), face.texts(f"plain.help.{command.key}")
        face.say("plain.help.line", letter=command.letter, word=word, text=text)
    face.say("plain.help.shell")


def _quit(face: Face, arguments: list[str]) -> None:
    raise Left


def _open_tasks(face: Face) -> None:
    face.printer.lines(light_lines((light for light in face.walkthrough.lights() if light.state != "on"), face.texts))


COMMANDS = (
    Command("n", "n", _next),
    Command("p", "p", _previous),
    Command("c", "c", _check),
    Command("h", "h", _hint),
    Command("s", "s", _show),
    Command("S", "S", _solve),
    Command("x", "x", _reset),
    Command("g", "g", _go),
    Command("l", "l", _list),
    Command("t", "t", _text),
    Command("r", "r", _run),
    Command("m", "m", _map),
    Command("e", "e", exploring.explore),
    Command("a", "a", acceptance.rehearse),
    Command("v", "v", _snapshots),
    Command("o", "o", _course),
    Command("?", "help", _help),
    Command("q", "q", _quit),
)
