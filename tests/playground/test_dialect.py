"""Whose texts the Liqo of a playground uses: who decides, who remembers, who is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from liqolab.liqo.gen05.texts import DIALECT_ENV, Dialect
from liqolab.playground import dialect as dialects
from liqolab.playground.dialect import DIALECT_VARIABLE, DIALECTS, RELEASE, SEED, resolve
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.home import Playground
from liqolab.playground.providers import KIND, Choice, chosen, settle, settle_for, settled, speak
from liqolab.playground.shell import prepare
from liqolab.playground.upstream import OWN, UPSTREAM
from liqolab.testing.topology import load_topology


def test_a_playground_and_its_liqo_mean_the_same() -> None:
    assert tuple(each.value for each in Dialect) == DIALECTS
    assert DIALECT_VARIABLE == DIALECT_ENV


@pytest.mark.parametrize(
    ("named", "liqo", "environ", "expected"),
    [
        (None, OWN, {}, SEED),
        ("release", OWN, {}, RELEASE),
        (None, OWN, {"LIQO_DIALECT": "release"}, RELEASE),
        ("seed", OWN, {"LIQO_DIALECT": "release"}, SEED),
        (None, UPSTREAM, {}, RELEASE),
        (None, OWN, {"LIQOLAB_LIQOCTL": "/opt/liqoctl"}, RELEASE),
        ("seed", OWN, {"LIQOLAB_LIQOCTL": "/opt/liqoctl"}, SEED),
    ],
)
def test_who_says_it_first_decides(named: str | None, liqo: str, environ: dict[str, str], expected: str) -> None:
    assert resolve(named, liqo, environ) == expected


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(PlaygroundError, match='there is no dialect "latin"') as refused:
        chosen(dialect="latin", environ={})
    assert refused.value.hint == "known: seed, release"
    with pytest.raises(PlaygroundError, match=r'there is no dialect "latin" \(LIQO_DIALECT\)'):
        chosen(environ={"LIQO_DIALECT": "latin"})
    with pytest.raises(PlaygroundError, match="upstream's Liqo speaks the dialect release, not seed"):
        resolve("seed", UPSTREAM, {})
    assert Choice(KIND, liqo=UPSTREAM).dialect == RELEASE


def test_a_playground_keeps_to_its_dialect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIQO_DIALECT", raising=False)
    monkeypatch.delenv("LIQOLAB_LIQOCTL", raising=False)
    playground = Playground("mine", tmp_path)
    assert settle_for(playground, None, None, dialect="release").dialect == RELEASE
    assert settle_for(playground, None, None).dialect == settled(playground).dialect == RELEASE
    assert settle_for(playground, None, "kindest/node:v1.30.0").dialect == RELEASE
    (playground.clusters / "venice").mkdir(parents=True)
    with pytest.raises(PlaygroundError, match='"mine" speaks the dialect release, not seed') as refused:
        settle_for(playground, None, None, dialect="seed")
    assert "take it down first" in refused.value.hint
    # Its clusters are replaced by those of a snapshot.
    speak(playground, SEED)
    assert settle_for(playground, None, None, dialect="seed").dialect == SEED


def test_who_installs_liqo_in_the_labs_shell_is_told(tmp_path: Path) -> None:
    playground = Playground("mine", tmp_path)
    for dialect in DIALECTS:
        settle(playground, Choice(dialect=dialect))
        shell = prepare(playground, "bare", None, environ={"PATH": "/usr/bin:/bin", "LIQO_DIALECT": "latin"})
        assert shell.environment["LIQO_DIALECT"] == dialect


def test_checks_expect_what_is_spoken() -> None:
    assert Choice().wordings(()) == {}
    assert Choice(dialect=RELEASE).wordings(())["RemoteNamespaceCreated"] == "NamespaceCreated"
    assert Choice(KIND, liqo=UPSTREAM).wordings(()) == dialects.wordings(RELEASE)


def test_a_topology_may_say_it(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("dialect: release\nclusters: [{name: venice}]\n")
    (tmp_path / "bad.yaml").write_text("dialect: latin\nclusters: [{name: venice}]\n")
    assert load_topology("good.yaml", tmp_path).dialect == RELEASE
    with pytest.raises(PlaygroundError, match="dialect is not one of seed, release"):
        load_topology("bad.yaml", tmp_path)
