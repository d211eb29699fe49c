"""`liqolab chaos`: what is broken is broken, says so, and is mended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.laboratory import Laboratory, used

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """The lesson's clusters without Liqo: what crosses them is looked at elsewhere."""
    with used(tmp_path_factory.mktemp("chaos")) as laboratory:
        laboratory.liqolab("up", "--without-liqo")
        yield laboratory


def broken(lab: Laboratory) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(lab.liqolab("chaos", "status", "-o", "json"))
    return found


def test_everything_is_broken_and_mended(lab: Laboratory) -> None:
    assert "Nothing is broken." in lab.liqolab("chaos", "status")
    assert "naples is killed" in lab.liqolab("chaos", "kill", "naples")
    assert "florence is paused" in lab.liqolab("chaos", "pause", "florence")
    assert "is cut" in lab.liqolab("chaos", "cut", "naples:venice")
    assert "every round trip takes 1.5s longer" in lab.liqolab("chaos", "slow", "venice-florence", "--by", "1.5s")
    assert {name: entry["state"] for name, entry in lab.status().items()} == {
        "venice": "running",
        "florence": "paused",
        "naples": "stopped",
    }
    assert broken(lab) == [
        {"where": "naples", "what": "killed", "seconds": 0.0},
        {"where": "florence", "what": "paused", "seconds": 0.0},
        {"where": "florence-venice", "what": "slow", "seconds": 1.5},
        {"where": "naples-venice", "what": "cut", "seconds": 0.0},
    ]
    said = lab.liqolab("chaos", "heal")
    assert "naples is healed: it was killed." in said
    assert "florence-venice is healed: it was slow by 1.5s." in said
    assert broken(lab) == []
    for name in ("venice", "florence", "naples"):
        assert lab.kubectl(name, "get --raw /readyz").strip() == "ok"


def test_what_is_cut_stays_cut_through_a_restart_and_up_brings_back_what_was_killed(lab: Laboratory) -> None:
    lab.liqolab("chaos", "cut", "venice-naples")
    lab.liqolab("chaos", "kill", "naples", "venice")
    assert "Starting naples, venice again" in lab.liqolab("up", "--without-liqo")
    assert [(each["where"], each["what"]) for each in broken(lab)] == [("naples-venice", "cut")]
    assert "venice-naples is healed." in lab.liqolab("chaos", "heal", "venice-naples")
    assert broken(lab) == []


def test_a_snapshot_saves_no_fault_and_lets_what_is_paused_stand_still(lab: Laboratory) -> None:
    lab.liqolab("chaos", "cut", "venice-naples")
    lab.liqolab("chaos", "pause", "florence")
    lab.liqolab("snapshot", "save", "calm")
    assert lab.status()["florence"]["state"] == "paused"
    lab.liqolab("snapshot", "restore", "calm")
    assert broken(lab) == []
    lab.liqolab("snapshot", "delete", "calm")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("kill", "rome"), 'there is no cluster "rome" in playground "default"'),
        (("cut", "venice-rome"), "a link is two of them: florence-naples"),
        (("cut", "venice-venice"), 'no link "venice-venice"'),
        (("heal", "rome"), 'there is no cluster and no link "rome"'),
    ],
)
def test_what_is_not_there_is_not_broken(lab: Laboratory, arguments: tuple[str, ...], said: str) -> None:
    assert said in lab.liqolab("chaos", *arguments, code=1)


def test_a_length_that_is_none_is_refused(lab: Laboratory) -> None:
    said = lab.liqolab("chaos", "slow", "venice-naples", "--by", "soon", code=2)
    assert "'soon' is no duration; write 300ms, 2s or 1m30s" in said


def test_a_clock_jumps_and_certificates_and_tokens_end_by_it(lab: Laboratory) -> None:
    token = lab.kubectl("naples", "create token default --duration=1h").strip()
    asks = f"--token={token} auth whoami -o jsonpath={{.status.userInfo.username}}"
    server = lab.status()["naples"]["server"]
    bare = f"kubectl --kubeconfig /dev/null --insecure-skip-tls-verify --server {server} {asks}"
    assert lab.shell(bare) == "system:serviceaccount:default:default"
    assert "naples has another time: +2h" in lab.liqolab("chaos", "clock", "naples", "--by", "2h")
    assert broken(lab) == [{"where": "naples", "what": "clock", "seconds": 7200.0}]
    assert "Unauthorized" in lab.shell(bare, code=1)
    lab.kubectl("naples", "create configmap of-the-future")
    stamp = "get configmap of-the-future -o jsonpath={.metadata.creationTimestamp}"
    made = datetime.fromisoformat(lab.kubectl("naples", stamp))
    assert made - datetime.now(UTC) > timedelta(hours=1)
    lab.liqolab("chaos", "clock", "naples", "--by", "20000h")
    assert "Unauthorized" in lab.shell(f"kubectl --kubeconfig {lab.kubeconfig('naples')} get nodes", code=1)
    assert "naples is healed: it was clock +20000h." in lab.liqolab("chaos", "heal")
    assert lab.shell(bare) == "system:serviceaccount:default:default"


def test_what_does_not_run_is_not_paused(lab: Laboratory) -> None:
    lab.liqolab("chaos", "kill", "naples")
    said = lab.liqolab("chaos", "pause", "naples", code=1)
    assert "naples does not run, so it cannot be paused" in said
    assert "liqolab chaos heal naples" in said
    lab.liqolab("chaos", "heal", "naples")
