"""``liqolab class``."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import signal
import socket
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from liqolab import installed
from liqolab.cli.completion import lessons
from liqolab.scenario import DEFAULT_LESSON

if TYPE_CHECKING:
    from liqolab.classroom.chain import Sealed
    from liqolab.classroom.store import Store

_LOOPBACK = "127.0.0.1"


@click.group("class")
def class_() -> None:
    """Hold a class: learners on their own laptops, and grades that can be checked.

    \b
    Examples:
      liqolab class open networks-101 --listen 192.168.1.5
      liqolab learn --class CODE --nickname ada            what a learner types
      liqolab class desk networks-101
      liqolab class report networks-101
      liqolab class bundle networks-101 -o networks-101.json
      liqolab class grade networks-101.json
      liqolab class forget networks-101
    """


@class_.command("open")
@click.argument("name")
@click.option("--lesson", default=DEFAULT_LESSON, show_default=True, metavar="NAME", shell_complete=lessons)
@click.option("--listen", default=_LOOPBACK, show_default=True, metavar="ADDR", help="An address of this machine.")
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="Default: that of the last time, or any free.")
@click.option("--drop", type=click.Path(path_type=Path), metavar="DIR", help="Read a shared folder as well.")
def open_(name: str, lesson: str, listen: str, port: int | None, drop: Path | None) -> None:
    """Open the class NAME, and stay open until Ctrl-C; what was kept of it is kept on.

    Learners' laptops reach a class that listens on an address of the network; without --listen only this machine does.

    \b
    Examples:
      liqolab class open networks-101 --listen 192.168.1.5
      liqolab class open networks-101 --drop /mnt/share
    """
    from liqolab.classroom.lessons import outline_of, version_of
    from liqolab.classroom.store import open_or_create

    outline = outline_of(lesson)
    store = open_or_create(name, outline, version_of(outline))
    try:
        asyncio.run(_hold(store, listen, store.port if port is None else port, drop))
    finally:
        store.close()


async def _hold(store: Store, listen: str, port: int, drop: Path | None) -> None:
    from liqolab.classroom.codes import Code
    from liqolab.classroom.desk import Desk
    from liqolab.classroom.serving import collect, serve
    from liqolab.classroom.signing import fingerprint_of_pem

    desk = Desk(store, _heard)
    async with serve(desk, listen, port) as bound:
        store.remember_port(bound)
        prints = fingerprint_of_pem(store.certificate)
        code = Code(store.name, _reachable(listen), bound, store.outline["name"], store.id, store.secret, prints)
        # What is being written down is written to its end before the class closes.
        over = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, over.set)
        collecting = asyncio.create_task(collect(desk, drop)) if drop else None
        _show(str(code), listen, drop)
        await over.wait()
        if collecting is not None:
            collecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await collecting
    click.echo("The class is closed.")


def _heard(nickname: str, sealed: list[Sealed]) -> None:
    """One line for what an instructor would like to know at once."""
    if not sealed:
        click.echo(f"{nickname} has taken a seat.")
    for item in sealed:
        event, step = item.entry.get("event"), item.entry.get("step")
        if event == "passed":
            click.echo(f"{nickname} has passed {step}.")
        elif event == "solved":
            click.echo(f"{nickname} had {step} solved.")


def _show(code: str, listen: str, drop: Path | None) -> None:
    folder = f" --drop {drop}" if drop else ""
    click.echo(f"The class is open. Learners type:\n\n  liqolab learn --class {code}{folder}\n")
    if find_spec("segno") is None:
        click.echo(f"For the same as a QR code: {installed.install('classroom')}")
    else:
        import segno

        segno.make(code, error="l").terminal(compact=True)
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(listen).is_loopback:
            click.echo("Only this machine reaches it; for others, add --listen with an address of the network.")
    click.echo("Ctrl-C closes it; what was sent is kept.")


def _reachable(listen: str) -> str:
    """What learners connect to: of all addresses, the one that a route leads out from."""
    if listen not in ("0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
        return listen
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: a datagram socket that is connected knows its own address.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return _LOOPBACK
        return str(probe.getsockname()[0])


@class_.command()
@click.argument("name")
@click.option("--plain", is_flag=True, help="Once, in lines: for screen readers, pipes and logs.")
@click.option("--web", is_flag=True, help="Serve it to a browser on this machine.")
def desk(name: str, plain: bool, web: bool) -> None:
    """Show learners and steps, with who needs help first; beside `open`, in another terminal of the same machine."""
    from liqolab.classroom.overview import overview
    from liqolab.classroom.store import Store, path_of

    with contextlib.closing(Store(path_of(name))) as store:
        found = overview(store)
    screens = entry_points(group="liqolab.desks", name="web" if web else "tui")
    is_there = bool(screens) and find_spec("textual_serve" if web else "textual") is not None
    if web and not is_there:
        raise click.ClickException(f"the browser needs packages that are not there: {installed.install('web')}")
    if is_there and not plain and (web or (sys.stdin.isatty() and sys.stdout.isatty())):
        raise click.exceptions.Exit(next(iter(screens)).load()(path_of(name)))
    for row in found.rows:
        passed = sum(cell.state == "passed" for cell in row.cells)
        where = f"at {row.current}" if row.current else "has not begun"
        click.echo(f"{row.nickname}: {passed} of {len(row.cells)} steps passed, {where}")
        if row.need:
            click.echo(f"  Needs help: {row.need}")
    if not found.rows:
        click.echo("Nobody has taken a seat yet.")


@class_.command()
@click.argument("name")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE")
def bundle(name: str, output: Path) -> None:
    """Write all of a class into one signed file, which `grade` judges anywhere."""
    from liqolab.classroom.bundles import bundle_of
    from liqolab.classroom.store import Store, path_of

    with contextlib.closing(Store(path_of(name))) as store:
        output.write_text(json.dumps(bundle_of(store), indent=1) + "\n")
    click.echo(f"Wrote {output}.")


@class_.command()
@click.argument("file", metavar="BUNDLE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--fingerprint", metavar="HEX", help="Of the desk, the end of the class's code; default: as kept here.")
def grade(file: Path, fingerprint: str | None) -> None:
    """Judge a bundle anew, offline: the same score from the same events, and whatever has been tampered with.

    Exit code 1 when something of it is not as the desk saw it.
    """
    from liqolab.classroom.bundles import fingerprint_kept
    from liqolab.classroom.grading import grade_class

    document = _json(file)
    expected = fingerprint or fingerprint_kept(document)
    if expected is None:
        raise click.UsageError("this machine does not know the class: give --fingerprint, the end of the class's code")
    graded = grade_class(document, expected)
    for problem in graded.findings:
        click.echo(f"Forged: {problem}")
    for result in graded.results:
        click.echo(f"{result.nickname}: {result.score} of {result.most}")
        for reason in result.reasons:
            click.echo(f"  - {reason}")
        for problem in result.findings:
            click.echo(f"  Forged: {problem}")
    if graded.is_forged:
        raise click.exceptions.Exit(1)


@class_.command()
@click.argument("name")
@click.option("--format", "format_", type=click.Choice(["markdown", "csv", "junit"]), default="markdown")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
def report(name: str, format_: str, output: Path | None) -> None:
    """Say how the class went: time per step, commonest mistakes, grades (CSV has nbgrader's columns)."""
    from liqolab.classroom.bundles import bundle_of
    from liqolab.classroom.exporting import FORMATS
    from liqolab.classroom.store import Store, path_of

    with contextlib.closing(Store(path_of(name))) as store:
        text = FORMATS[format_](bundle_of(store))
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text)


@class_.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(name: str, yes: bool) -> None:
    """Delete a class with all that was kept of its learners."""
    from liqolab.classroom import store

    if not yes:
        click.confirm(f"Delete class {name} with everything that learners sent?", abort=True)
    store.forget(name)
    click.echo(f"Forgot {name}.")


def _json(file: Path) -> object:
    try:
        return json.loads(file.read_text())
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise click.UsageError(f"{file} is no bundle: {error}") from error
