"""A bash that is like another one, whatever was set in that."""

from __future__ import annotations

import os
from pathlib import Path

from liqolab.process import Session
from liqolab.scenario.bash_state import BashState, load_state, read_state, save_state

SETTINGS = r"""
export KUBECONFIG="$PWD/liqo_kubeconf_venice"
plain='two words'
nasty=$'line one\nline "two" $HOME `no`\ttab'
empty=
list=(a 'b c' d)
declare -A map=([x]=1 [y]='2 3')
declare -r fixed=forever
greet() { echo "hello $1"; }
alias ll='ls -l'
set -o pipefail
shopt -s nullglob
unset LANG
mkdir -p 'a folder'; cd 'a folder'
"""
QUESTIONS = (
    'printf "%s|" "$KUBECONFIG" "$plain" "$nasty" "${empty-unset}" "${list[@]}" "${map[y]}" "$fixed" "${LANG-unset}"; '
    'greet you; alias ll; set -o | grep pipefail; shopt nullglob; echo "$PWD"; bash -c "echo \\$KUBECONFIG:\\$plain"'
)


def test_a_new_bash_answers_like_the_old_one(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    with Session(environment, tmp_path) as old:
        fresh = read_state(old, tmp_path)
        old.run(SETTINGS)
        state = read_state(old, tmp_path, fresh)
        expected = old.run(QUESTIONS)
    save_state(state, tmp_path / "states" / "one")
    assert (tmp_path / "states" / "one").stat().st_mode & 0o077 == 0
    with Session(environment, tmp_path) as new:
        loaded = load_state(tmp_path / "states" / "one")
        assert loaded == state
        assert new.run(loaded.commands()).output == ""
        assert new.run(QUESTIONS) == expected
    assert "forever" in expected.output
    assert "PATH" not in state.variables
    assert state.value("KUBECONFIG") == f"{tmp_path}/liqo_kubeconf_venice"
    assert (state.value("plain"), state.value("empty"), state.value("none")) == ("two words", "", None)
    assert state.folder == f"{tmp_path}/a folder"


def test_a_state_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "torn").write_text('{"variables": {')
    assert load_state(tmp_path / "torn") is None
    assert load_state(tmp_path / "missing") is None


def test_a_bash_that_has_ended_leaves_what_was_known(tmp_path: Path) -> None:
    with Session({"PATH": os.environ["PATH"]}, tmp_path) as session:
        session.run("exit 1")
        assert read_state(session, tmp_path, BashState({"x": "declare -- x=1"})) == BashState({"x": "declare -- x=1"})
