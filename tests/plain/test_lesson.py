"""The lesson in lines, as a person at a terminal or a script goes through it."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pexpect
import pytest

from liqolab import installed
from liqolab.learn.steps import stages
from liqolab.scenario.lesson import load_lesson
from tests.plain.conftest import School

pytestmark = pytest.mark.embedded

LESSON = "offloading-with-policies"


def journal(home: Path, playground: str = "learn") -> list[dict[str, object]]:
    lines = (home / "playgrounds" / playground / "learn" / LESSON / "journal.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def assert_explorer_and_map(terminal: Any) -> None:
    """The applications are deployed; one runs in Naples, the other nowhere."""
    terminal.ask("c")
    said = terminal.ask("m")
    assert "venice: virtual node liqo-naples, which stands for naples, ready" in said
    assert "venice: namespace liqo-demo, Active, offloaded to naples" in said
    assert re.search(r"pod app-center-\S+ in liqo-demo, \w+ on no node: ", said)
    assert "It does not differ from the end of the step." in said
    said = terminal.ask("explore venice pods -n liqo-demo")
    found = re.search(r"\b(app-center-\S+),", said)
    assert found, said
    pod = found[1]
    assert f"name: {pod}" in terminal.ask(f"e venice pods {pod} -n liqo-demo")
    assert "FailedScheduling" in terminal.ask(f"e venice pods {pod} -n liqo-demo events")
    assert "region=center" in terminal.ask(f"e venice pods {pod} -n liqo-demo why")
    assert 'There is no cluster "rome"' in terminal.ask("e rome pods")


@pytest.mark.journey
def test_the_whole_lesson_is_finished_by_typing_its_commands(school: School) -> None:
    terminal = school.sit_down()
    assert "Step 1 of 9: Provision the playground" in terminal.prompt()
    everything = stages(load_lesson(LESSON))
    for stage in everything:
        for command in stage.view.commands:
            said = terminal.type(command.text)
            assert "Remark:" not in said, said
            if command.id == "provision.2":
                assert "L is not installed" not in said
                assert "is not done yet" in terminal.ask("n")
            if command.id == "deploy.1":
                assert_explorer_and_map(terminal)
            if command.id == "offload.1":
                said = terminal.type("kubectl create namespace liqo-demo --kubeconfig $KUBECONFIG_FLORENCE")
                assert "Remark: You ran this in florence; this step does it in venice." in said
                assert "Was done, is so no longer: The namespace liqo-demo does not exist in Florence" in said
                said = terminal.type("kubectl delete namespace liqo-demo --kubeconfig $KUBECONFIG_FLORENCE")
                assert "Done: The namespace liqo-demo does not exist in Florence" in said
        checked = terminal.ask("c")
        assert checked.count("Done: ") == len(stage.view.tasks), checked
        said = terminal.ask("n")
    assert "This is the last step." in said
    assert "There are no clusters." in terminal.ask("map")
    played = terminal.ask("acceptance provision")
    assert "Scenario: Provision the playground" in played
    assert "Passed: Then Liqo is installed in cluster" in played
    assert "1 of 1 scenarios passed." in played
    assert [folder.name for folder in (school.home / "playgrounds").iterdir()] == ["learn"]
    terminal.sendeof()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert [entry["step"] for entry in journal(school.home) if entry["event"] == "passed"] == [
        stage.id for stage in everything
    ]
    listed = school.liqolab("learn", "--list")
    assert listed.count(", done") == 9


@pytest.mark.journey
@pytest.mark.parametrize("school", ["it_IT.UTF-8"], indirect=True)
def test_in_italian_through_kills_resets_and_jumps(school: School) -> None:
    terminal = school.sit_down("--step", "peer")
    terminal.prompt()
    said = terminal.prompt() if "Passo 2 di 9: Collega i cluster" not in str(terminal.before) else str(terminal.before)
    assert "Passo 2 di 9: Collega i cluster" in said
    terminal.ask("$ kept='due parole'")
    terminal.sendline("$ echo be''gun; cat /dev/zero >/dev/null")
    terminal.expect_exact("begun")
    os.kill(terminal.pid, signal.SIGKILL)
    terminal.close()
    assert not school.processes_besides_clusters()

    terminal = school.sit_down()
    assert "Riprendi da dove avevi lasciato." in terminal.prompt()
    assert "due parole liqo_kubeconf_venice" in terminal.ask("$ echo $kept ${KUBECONFIG##*/}")
    assert "Suggerimento 1, uno spunto:" in terminal.ask("suggerimento")
    assert "Il passo è risolto." in terminal.ask("risolvi")
    assert "Passo 3 di 9" in terminal.ask("avanti")
    assert 'Istantanea "qui" salvata.' in terminal.ask("istantanee salva qui")
    assert "Il passo è risolto." in terminal.ask("S")
    assert "venice: nodo virtuale liqo-naples, che rappresenta naples, pronto" in terminal.ask("mappa")
    assert "Non differisce dalla fine del passo." in str(terminal.before)

    terminal.sendline("x")
    terminal.expect_exact("Scrivi s per confermare: ")
    assert "Il passo è di nuovo all'inizio." in terminal.ask("s")
    assert "NotFound" in terminal.ask("$ kubectl get namespace liqo-demo")
    terminal.sendline("g provision")
    terminal.expect_exact("Scrivi s per confermare: ")
    assert "Non è cambiato nulla." in terminal.ask("n")
    terminal.sendline("v ripristina qui")
    terminal.expect_exact("Scrivi s per confermare: ")
    assert 'Istantanea "qui" ripristinata.' in terminal.ask("s")
    assert "elimina NOME" in terminal.ask("v nonsenso")
    assert 'Istantanea "qui" eliminata.' in terminal.ask("v delete qui")
    assert "Cluster: venice, florence, naples" in terminal.ask("esplora")
    assert "Nome liqo-demo" not in terminal.ask("e venice namespaces")

    terminal.sendline("$ echo be''gun; cat /dev/zero >/dev/null")
    terminal.expect_exact("begun")
    terminal.sendintr()
    assert "Interrotto." in terminal.prompt()
    assert "ancora qui" in terminal.ask("$ echo ancora qui")
    terminal.sendline("$ echo be''gun; cat /dev/zero >/dev/null")
    terminal.expect_exact("begun")
    terminal.kill(signal.SIGHUP)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert not school.processes_besides_clusters()
    events = [entry["event"] for entry in journal(school.home)]
    assert {"entered", "passed", "began_anew", "restored", "hint", "solved", "spent"} <= {*events}


def test_a_script_is_followed_and_its_last_check_is_the_exit_code(school: School) -> None:
    assert "9. destroy" in school.liqolab("learn", "--list")
    assert not school.home.exists()
    said = school.liqolab("learn", "--plain", typed="l\n$ echo hello\nh\nm\nc\n", code=1)
    assert "provision> $ echo hello\nhello\n" in said
    assert "because venice is not there yet, or no more" in said
    assert "There are no clusters." in said
    assert f"Come back with: {installed.command('learn')}\n" in said
    assert "no command" in school.liqolab("learn", typed="nonsense here\nq\n", code=2)
    assert "because the output is no terminal" in school.liqolab("learn", typed="q\n")
    assert "known: " in school.liqolab("learn", "nonsense", "--plain", code=1)
    assert "known: en, it" in school.liqolab("learn", "--language", "de", code=2)
