"""Tab, asked from the lesson's bash: its folder, its variables, its programs; and no trace of the question."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from liqolab.learn.completing import Completion, question
from liqolab.learn.learners_bash import LearnersBash

KUBECTL = r"""#!/bin/bash
[ "$1" = __complete ] || exit 1
shift
printf '%s|' "$@" >>"$ASKED"
case "$*" in
  "get ") printf 'pods\tall of them\npodtemplates\nnodes\n:4\n';;
  "apply -f ") printf ':0\n';;
esac
"""


@pytest.fixture
def bash(tmp_path: Path) -> Iterator[LearnersBash]:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/kubectl").write_text(KUBECTL)
    (tmp_path / "bin/kubectl").chmod(0o755)
    (tmp_path / "work/manifests").mkdir(parents=True)
    (tmp_path / "work/manifests/deploy.yaml").touch()
    (tmp_path / "work/setup.sh").touch()
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    environment = {"PATH": path, "ASKED": str(tmp_path / "asked")}
    bash = LearnersBash(environment, tmp_path / "work", tmp_path / "bash.json")
    yield bash
    bash.close()


def test_files_programs_and_variables_are_those_of_the_bash(bash: LearnersBash) -> None:
    assert bash.complete("./se") == Completion("./se", ("./setup.sh",))
    assert bash.complete("./se").insertion == "tup.sh "
    assert bash.complete("cat man").insertion == "ifests/"
    assert bash.complete("cat x | ls -l manifests/d").insertion == "eploy.yaml "
    bash.run("export KUBECONFIG_VENICE=x KUBECONFIG_NAPLES=y; lesson_function() { :; }; cd manifests")
    assert bash.complete("echo $KUBECONFIG_").candidates == ("$KUBECONFIG_NAPLES", "$KUBECONFIG_VENICE")
    assert bash.complete("echo $KUBECONFIG_").insertion == ""
    assert bash.complete("true && lesson_f").insertion == "unction "
    assert bash.complete("cat dep").insertion == "loy.yaml "
    before = bash.run("set | grep -c ^liqolab_; complete -p | wc -l").output
    bash.complete("git checkout ")
    assert bash.run("set | grep -c ^liqolab_; complete -p | wc -l").output == before


def test_kubectl_is_asked_as_its_own_completion_asks_it(bash: LearnersBash, tmp_path: Path) -> None:
    assert bash.complete("kubectl get ").candidates == ("nodes", "pods", "podtemplates")
    assert bash.complete("KUBECONFIG=x kubectl apply -f ").candidates == ("manifests/", "setup.sh")
    assert (tmp_path / "asked").read_text() == "get||apply|-f||"


def test_within_quotes_nothing_is_offered() -> None:
    assert question("echo 'ku") == ("", "")
    assert Completion("x").insertion == ""


def test_bytes_that_are_no_text_end_no_bash(bash: LearnersBash, tmp_path: Path) -> None:
    bash.run(r"mkdir $'d\xe8'; cd $'d\xe8'; export X=$'\xff'; f() { printf $'\xe8'; }")
    bash.close()
    again = LearnersBash({"PATH": os.environ["PATH"]}, tmp_path / "work", tmp_path / "bash.json")
    said = 'od -An -tx1 <<<$X; f | od -An -tx1; printf %s "${PWD: -1}" | od -An -tx1'
    assert again.run(said).output.split() == ["ff", "0a", "e8", "e8"]
    assert again.run("echo \udce8\ud800").code == 0
    assert again.complete("cat \udce8").candidates == ()
    again.close()
