"""Who needs help first, in words, on the desk's screen and in lines."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from liqolab_tui.desk import DeskApp

from liqolab.classroom.chain import origin, seal_all
from liqolab.classroom.lessons import outline_of, version_of
from liqolab.classroom.overview import arrange
from liqolab.classroom.signing import SeatKey, seat_of
from liqolab.classroom.store import Store
from tests.classroom.conftest import School

STEPS = ("provision", "peer")


def entry(event: str, **values: Any) -> dict[str, Any]:
    return {"at": datetime.now(UTC).isoformat(), "event": event, "face": "f", "step": "provision", **values}


def passed_after(minutes: float) -> list[dict[str, Any]]:
    return [entry("entered"), entry("spent", seconds=minutes * 60), entry("passed"), entry("entered", step="peer")]


def at_it(minutes: float) -> list[dict[str, Any]]:
    return [entry("entered"), entry("spent", seconds=minutes * 60)]


def failing() -> list[dict[str, Any]]:
    return [entry("entered"), *(entry("command", text=f"kubectl nonsense {n}", code=1) for n in range(2))]


def test_stuck_is_measured_against_this_class() -> None:
    quick = [("ann", passed_after(3)), ("ben", passed_after(4)), ("cid", passed_after(5))]
    found = arrange("c", STEPS, [*quick, ("dan", at_it(9))])
    assert found.rows[0].nickname == "dan"
    assert found.rows[0].need == "9 min at provision, where the others took 4"
    slow = [("ann", passed_after(8)), ("ben", passed_after(9))]
    assert not any(row.need for row in arrange("c", STEPS, [*slow, ("dan", at_it(9))]).rows)


def test_failing_commands_and_lights_that_went_out_are_told_in_words() -> None:
    dark = entry("light", task="provision.1", state="dark", reason="cluster naples does not answer")
    found = arrange("c", STEPS, [("ann", failing()), ("ben", [entry("entered"), dark]), ("cid", at_it(1))])
    assert {row.nickname: row.need for row in found.rows} == {
        "ann": "commands fail (exit code 1): kubectl nonsense 1",
        "ben": "was done, is so no longer: cluster naples does not answer",
        "cid": "",
    }
    assert found.rows[-1].nickname == "cid"


def fill(store: Store, nickname: str, entries: list[dict[str, Any]]) -> None:
    key = SeatKey()
    store.enrol(seat_of(key.public), key.public, nickname)
    store.add(seat_of(key.public), seal_all(key, entries, 0, origin(store.id, key.public, store.version)))


@pytest.fixture
def store(school: School, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("LIQOLAB_HOME", school.environment["LIQOLAB_HOME"])
    outline = outline_of("offloading-with-policies")
    with contextlib.closing(Store.create("networks-101", outline, version_of(outline))) as store:
        yield store


def shown(app: DeskApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_screen_follows_the_class(store: Store, size: tuple[int, int], tmp_path: Path) -> None:
    fill(store, "zoe", passed_after(3))
    app = DeskApp(store.path)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert "✔ 3m 0×" in shown(app)
        assert "Does not seem to need help." in shown(app)
        fill(store, "[b]ann", failing())
        app.show_class()
        await pilot.pause()
        # Whoever was chosen stays so, though somebody has gone before them.
        assert "zoe, at peer" in shown(app)
        await pilot.press("up")
        await pilot.pause()
        assert re.search(r"\[b\]ann +needs ", shown(app))
        assert "[b]ann, at provision (at it, 0 min, 2 commands)" in shown(app)
        assert "Needs help: commands fail (exit code 1): kubectl nonsense 1" in shown(app)
        assert "   1  kubectl nonsense 0" in shown(app)
        app.save_screenshot(str(tmp_path / "desk.svg"))


def test_the_same_in_lines_and_reports_and_then_it_is_forgotten(store: Store, school: School) -> None:
    fill(store, "=ann", failing())
    said = school.run("desk", "networks-101", "--plain").stdout
    assert "=ann: 0 of 9 steps passed, at provision" in said
    assert "  Needs help: commands fail (exit code 1)" in said
    header, row = school.run("report", "networks-101", "--format", "csv").stdout.splitlines()
    assert header.startswith("assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,")
    assert row.startswith("networks-101,,")
    assert ",'=ann," in row
    assert "| 1 | provision | `kubectl nonsense 0` |" in school.run("report", "networks-101").stdout
    assert 'failures="9"' in school.run("report", "networks-101", "--format", "junit").stdout
    assert school.run("forget", "networks-101", "--yes").returncode == 0
    assert not (school.root / "desk/classes").exists()
    assert 'there is no class "networks-101"' in school.run("report", "networks-101").stderr
