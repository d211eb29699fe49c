"""Upstream's Liqo: whose `liqoctl` is taken, and what it is called with.

Upstream's programs are not to be had here: a stand-in takes the place of its `liqoctl`, and what it is called with is
all that these tests can hold. That they are held to a stand-in stands in their names.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from liqolab.liqo.gen05.texts import OFFLOADING, Dialect
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.home import Playground
from liqolab.playground.providers import EXISTING, KIND, Choice, chosen, settle, settled
from liqolab.playground.shell import prepare
from liqolab.playground.upstream import OWN, UPSTREAM, WORDINGS, find_liqoctl
from liqolab.process import run
from liqolab.steps.execute import _reworded
from liqolab.steps.lab import Lab

STAND_IN = """\
#!/bin/sh
[ "$1" = version ] && echo "Client version: {version}" && exit
echo "stand-in: $*"
"""


def stand_in(folder: Path, version: str = "v0.5.4") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "liqoctl"
    program.write_text(STAND_IN.format(version=version))
    program.chmod(0o755)
    return program


def ours(folder: Path) -> Path:
    folder.mkdir(parents=True)
    program = folder / "liqoctl"
    program.write_text("#!/usr/bin/python3\nfrom liqolab.launch import liqoctl\nliqoctl()\n")
    program.chmod(0o755)
    return folder


def test_a_stand_in_for_upstreams_liqoctl_is_found_behind_ours(tmp_path: Path) -> None:
    program = stand_in(tmp_path / "upstream")
    path = f"{ours(tmp_path / 'venv')}:{tmp_path / 'empty'}:{program.parent}:/usr/bin:/bin"
    assert find_liqoctl({"PATH": path}) == str(program)
    named = stand_in(tmp_path / "named", "v0.5.2")
    assert find_liqoctl({"PATH": path, "LIQOLAB_LIQOCTL": str(named)}) == str(named)


@pytest.mark.parametrize(
    ("version", "complaint"),
    [
        ("v1.0.1", "liqoctl is v1.0.1, and the lessons are of Liqo's 0.5 generation"),
        ("dev", "liqoctl is no liqoctl that tells its version, and the lessons are of Liqo's 0.5 generation"),
    ],
)
def test_a_stand_in_of_another_generation_is_refused(tmp_path: Path, version: str, complaint: str) -> None:
    stand_in(tmp_path, version)
    with pytest.raises(PlaygroundError, match=complaint) as refused:
        find_liqoctl({"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert "https://github.com/liqotech/liqo/releases/tag/v0.5.4" in refused.value.hint


def test_without_upstreams_liqoctl_it_is_said_where_to_get_it(tmp_path: Path) -> None:
    path = str(ours(tmp_path / "venv"))
    with pytest.raises(PlaygroundError, match="there is no liqoctl of upstream on the PATH") as missing:
        chosen(KIND, liqo=UPSTREAM, environ={"PATH": path})
    assert missing.value.hint == (
        "get it from https://github.com/liqotech/liqo/releases/tag/v0.5.4, and put it on the PATH or name it by "
        "LIQOLAB_LIQOCTL"
    )
    with pytest.raises(PlaygroundError, match="there is no /nowhere/liqoctl, and upstream's Liqo is installed by it"):
        find_liqoctl({"PATH": path, "LIQOLAB_LIQOCTL": "/nowhere/liqoctl"})


def test_embedded_clusters_cannot_have_upstreams_liqo(tmp_path: Path) -> None:
    environ = {"PATH": f"{stand_in(tmp_path).parent}:/usr/bin:/bin"}
    with pytest.raises(PlaygroundError, match="needs nodes that run containers") as refused:
        chosen(liqo=UPSTREAM, environ=environ)
    assert "--provider kind" in refused.value.hint
    with pytest.raises(PlaygroundError, match=r'there is no Liqo "theirs" \(LIQOLAB_LIQO\)'):
        chosen(environ={**environ, "LIQOLAB_LIQO": "theirs"})
    assert chosen(KIND, environ={**environ, "LIQOLAB_LIQO": UPSTREAM}) == Choice(KIND, "", (), UPSTREAM)


def test_a_playground_keeps_to_the_liqo_that_its_clusters_have(tmp_path: Path) -> None:
    playground = Playground("mine", tmp_path)
    settle(playground, Choice(KIND, "", (), UPSTREAM))
    assert settled(playground).liqo == UPSTREAM
    (playground.clusters / "venice").mkdir(parents=True)
    with pytest.raises(PlaygroundError, match="has upstream's Liqo, not this project's"):
        settle(playground, Choice(KIND, "", (), OWN))


@pytest.mark.parametrize("provider", [KIND, EXISTING])
def test_the_labs_shell_calls_a_stand_in_for_upstreams_liqoctl(tmp_path: Path, provider: str) -> None:
    environ = {"PATH": f"{stand_in(tmp_path / 'upstream').parent}:/usr/bin:/bin", "HOME": str(tmp_path)}
    playground = Playground("mine", tmp_path / "home")
    settle(playground, Choice(provider, "", (), UPSTREAM))
    shell = prepare(playground, "bare", None, environ=environ)
    typed = ["bash", "-c", "liqoctl install kind --cluster-name venice; liqoctl version --client"]
    said = run(typed, environment=shell.environment, folder=shell.folder).output
    assert said == "stand-in: install kind --cluster-name venice\nClient version: v0.5.4\n"


def test_checks_expect_what_the_release_says() -> None:
    """The table stands on this side of a wall; the texts that it is of are on the other one."""
    seed, release = OFFLOADING[Dialect.SEED], OFFLOADING[Dialect.RELEASE]
    pairs = {
        getattr(mine, part): getattr(theirs, part)
        for mine, theirs in zip(_conditions(seed), _conditions(release), strict=True)
        for part in ("reason", "message")
        if getattr(mine, part) != getattr(theirs, part)
    }
    assert pairs == WORDINGS
    lab = Lab.__new__(Lab)
    lab.wordings = WORDINGS
    expected = "message: Namespace correctly offloaded on this cluster\nreason: RemoteNamespaceCreated\n"
    assert _reworded(lab, expected) == (
        "message: Namespace correctly offloaded to the remote cluster\nreason: NamespaceCreated\n"
    )


def _conditions(texts: object) -> list[object]:
    from dataclasses import fields

    found = [getattr(texts, field.name) for field in fields(texts)]  # type: ignore[arg-type]
    return [each for each in found if hasattr(each, "reason")]
