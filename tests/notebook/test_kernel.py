"""Cells in a real kernel, before there is any cluster: they are one bash, and errors are errors."""

from __future__ import annotations

import pytest

from liqolab.notebook.results import MACHINES
from tests.laboratory import Laboratory
from tests.notebook.conftest import Kernel, kernel


def test_cells_are_one_bash(lab: Kernel) -> None:
    assert lab.run("export CITY='due parole'\nplace=here").status == "ok"
    assert lab.run("cat <<EOF\n$CITY $place\nEOF").text == "due parole here\n"
    assert lab.run("cd manifests && ls").text == "cluster.yaml\ndeploy.yaml\n"
    assert lab.run('basename "$PWD"; cd ..').text == "manifests\n"
    assert lab.run("# only a remark").messages[-1]["content"] == {"execution_state": "idle"}


def test_an_exit_code_is_an_error_and_the_next_cell_goes_on(lab: Kernel) -> None:
    said = lab.run("echo before; (exit 3)")
    assert (said.status, said.text) == ("error", "before\n")
    assert said.error[0] == "CommandFailedError"
    assert said.error[1].startswith("Exit code 3 after ")
    said = lab.run("kubctl get nodes")
    assert "Remark: Did you mean kubectl?" in said.error[1]
    assert lab.run("echo on").text == "on\n"


def test_ctrl_c_is_for_the_command(lab: Kernel) -> None:
    lab.run("kept=kept")

    def interrupt_when_it_has_begun(text: str) -> None:
        if text == "begun\n":
            lab.manager.interrupt_kernel()

    said = lab.run("echo begun; cat /dev/zero >/dev/null; echo never", interrupt_when_it_has_begun)
    assert (said.status, said.text) == ("error", "begun\n")
    assert said.error[1].startswith("Exit code 130")
    assert lab.run("echo $kept").text == "kept\n"


def test_tab_completes_words_of_kubectl_and_liqoctl(lab: Kernel) -> None:
    lab.run("export SOMETHING=1")
    assert "offload" in lab.words("liqoctl off")
    assert "--namespace-mapping-strategy" in lab.words("liqoctl offload namespace demo --namespace-map")
    assert lab.words("cat ./set") == ["./setup.sh"]
    assert lab.words("echo $SOMETH") == ["$SOMETHING"]
    assert "liqoctl" in lab.words("liqoc")
    assert "%lab" in lab.words("%la")


def test_each_lesson_is_where_the_terminal_has_it(laboratory: Laboratory) -> None:
    lesson = "your-first-peering"
    with kernel(laboratory) as notebook:
        assert notebook.run(f"%lab open {lesson} --language en").status == "ok"
        assert notebook.run("kept='from the notebook'").status == "ok"
    assert "\nfrom the notebook\n" in laboratory.liqolab("learn", lesson, "--plain", typed="$ echo $kept\nq\n")


def test_python_and_magics_are_there_too(lab: Kernel) -> None:
    assert lab.run("%%python\nx = 6 * 7\nprint(x, lab.steps[0])").text == "42 provision\n"
    assert lab.run("%%lab\necho from a magic").text == "from a magic\n"
    refused = lab.run("%lab sing")
    assert refused.error == (
        "CellError",
        '"sing" is nothing that %lab can do\none of: open, check, hint, solve, reset, goto, why, picture',
    )
    assert "known: provision, peer" in lab.run("%lab check nowhere").error[1]


def test_a_check_says_what_is_missing_in_every_form(lab: Kernel) -> None:
    said = lab.run("%lab check provision")
    assert said.status == "error"
    assert said.error == ("NotDoneError", '0 of 6 tasks of step "Provision the playground" are done')
    shown = said.shown[0]
    missing = 'there is no cluster "venice" in this playground'
    assert missing in shown["text/plain"]
    assert missing in shown["text/markdown"]
    assert missing.replace('"', "&quot;") in shown["text/html"]
    assert shown[MACHINES]["done"] is False
    assert [task["state"] for task in shown[MACHINES]["tasks"]] == ["off"] * 6
    later = lab.run("%lab check peer")
    assert 'step "Provision the playground" comes first' in later.shown[0]["text/plain"]


def test_opening_greets_and_shows_a_picture_that_stays(lab: Kernel) -> None:
    said = lab.run("%lab open offloading-with-policies --language it")
    greeting, picture = said.shown
    assert "passo 1: Prepara il laboratorio" in greeting["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in picture
    assert "Non ci sono ancora cluster." in picture["text/html"]
    assert "<script" not in picture["text/html"]
    assert "○ Liqo è installato a Venezia" in picture["text/plain"]
    assert "Suggerimento 1" in lab.run("%lab hint").shown[0]["text/plain"]


@pytest.mark.parametrize("loaded", ["%load_ext liqolab", "import liqolab; l = liqolab.open(language='en')"])
def test_in_a_python_kernel_the_same_is_a_magic_or_an_object(laboratory: Laboratory, loaded: str) -> None:
    with kernel(laboratory, "python3") as python:
        assert python.run(loaded).status == "ok"
        if "open" in loaded:
            assert "step 1: Provision the playground" in python.run("l").shown[0]["text/plain"]
            assert python.run("l.step('peer').commands[2]").shown[0]["text/plain"] == "'kubectl get foreignclusters'"
            assert "known: " in python.run("l.clusters['rome']").error[1]
        else:
            assert python.run("%%lab\nX=1\necho $X").text == "1\n"
            assert python.run("%%lab\nfalse").error[0] == "CommandFailedError"
