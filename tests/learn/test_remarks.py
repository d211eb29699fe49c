"""What is said about commands: wrong clusters, usual mistakes, near misses; and silence about what is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from liqolab.learn.commands import simple_commands
from liqolab.learn.learners_bash import Ran
from liqolab.learn.steps import stages
from liqolab.learn.teaching import Lectern, parts
from liqolab.learn.texts import Texts
from liqolab.scenario.lesson import Lesson, load_lesson
from liqolab.shelltext.reader import split

FOLDER = Path("/lesson")
EXPORTED = {
    "PWD": str(FOLDER),
    "KUBECONFIG": f"{FOLDER}/liqo_kubeconf_venice",
    "KUBECONFIG_FLORENCE": f"{FOLDER}/liqo_kubeconf_florence",
    "KUBECONFIG_NAPLES": f"{FOLDER}/liqo_kubeconf_naples",
}
IN_FLORENCE = {**EXPORTED, "KUBECONFIG": EXPORTED["KUBECONFIG_FLORENCE"]}
NOWHERE = {"PWD": str(FOLDER)}


class School:
    """One lesson in one language."""

    def __init__(self, language: str) -> None:
        self.lesson: Lesson = load_lesson("offloading-with-policies", language)
        self.stages = {stage.id: stage for stage in stages(self.lesson)}
        self.lectern = Lectern(self.lesson, list(self.stages.values()), FOLDER, Texts(language), "liqolab shell")

    def remark(
        self, step: str, text: str, *, code: int = 0, output: str = "", environment: dict[str, str] = EXPORTED
    ) -> str:
        return self.lectern.remark(self.stages[step], Ran(text, code, output, 0.1, environment, FOLDER))

    def mistake(self, step: str, name: str) -> str:
        return next(mistake.say for mistake in self.stages[step].step.mistakes if mistake.id == name)


@pytest.fixture(scope="module")
def school() -> School:
    return School("en")


WRONG_CLUSTER = [
    ("peer", 'echo "$PEER_FLORENCE" | bash', IN_FLORENCE, "florence", "venice"),
    ("peer", "kubectl get foreignclusters --kubeconfig $KUBECONFIG_NAPLES", EXPORTED, "naples", "venice"),
    ("peer", "kubectl get node --selector=liqo.io/type=virtual-node --show-labels", IN_FLORENCE, "florence", "venice"),
    ("offload", "kubectl create namespace liqo-demo --kubeconfig=$KUBECONFIG_NAPLES", EXPORTED, "naples", "venice"),
    ("offload", "kubectl create ns liqo-demo --context kind-florence", EXPORTED, "florence", "venice"),
    (
        "offload",
        "liqoctl offload namespace liqo-demo --namespace-mapping-strategy EnforceSameName "
        "--pod-offloading-strategy LocalAndRemote --selector 'topology.liqo.io/region=south'",
        IN_FLORENCE,
        "florence",
        "venice",
    ),
    ("offload", "kubectl get nso offloading -n liqo-demo -o yaml", IN_FLORENCE, "florence", "venice"),
    ("deploy", "kubectl apply -f ./manifests/deploy.yaml -n liqo-demo", IN_FLORENCE, "florence", "venice"),
    (
        "deploy",
        "kubectl --context=kind-naples apply -n liqo-demo -f ./manifests/deploy.yaml",
        EXPORTED,
        "naples",
        "venice",
    ),
    ("deploy", "kubectl get po -o wide -n liqo-demo", IN_FLORENCE, "florence", "venice"),
    (
        "relax",
        "KUBECONFIG=$KUBECONFIG_NAPLES kubectl patch deployment app-center -n liqo-demo --type=json -p '[]'",
        EXPORTED,
        "naples",
        "venice",
    ),
    (
        "unoffload",
        'liqoctl unoffload namespace liqo-demo --kubeconfig "$KUBECONFIG_NAPLES"',
        EXPORTED,
        "naples",
        "venice",
    ),
    ("unpeer", "liqoctl unpeer out-of-band florence", IN_FLORENCE, "florence", "venice"),
    ("unpeer", "export KUBECONFIG=$KUBECONFIG_NAPLES; liqoctl unpeer out-of-band naples", EXPORTED, "naples", "venice"),
]


@pytest.mark.parametrize(("step", "text", "environment", "actual", "wanted"), WRONG_CLUSTER)
def test_a_command_in_the_wrong_cluster(
    school: School, step: str, text: str, environment: dict[str, str], actual: str, wanted: str
) -> None:
    assert school.remark(step, text, environment=environment) == Texts()(
        "remark.wrong_cluster", actual=actual, wanted=wanted
    )


MISTAKES = [
    ("provision", "sudo ./setup.sh", 0, "", "sudo"),
    ("provision", "setup.sh", 127, "command not found", "not-on-the-path"),
    ("provision", "sh setup.sh", 2, 'Syntax error: "(" unexpected', "wrong-shell"),
    ("provision", "KUBECONFIG=$PWD/liqo_kubeconf_venice", 0, "", "not-exported"),
    ("provision", "export KUBECONFIG = liqo_kubeconf_venice", 1, "not a valid identifier", "blanks-around-equals"),
    ("provision", 'export KUBECONFIG="$PWD/kubeconfig_venice"', 0, "", "wrong-file"),
    ("provision", 'export KUBECONFIG_FLORENCE="$PWD/liqo_kubeconf_naples"', 0, "", "swapped"),
    ("provision", 'export KUBECONFIG="$PWD/liqo_kubeconf_florence"', 0, "", "not-venice"),
    ("provision", "export KUBECONFIG=liqo_kubeconf_venice", 0, "", "relative-path"),
    ("peer", "liqoctl generate peer-command --only-command", 0, "", "own-peer-command"),
    (
        "peer",
        "PEER_FLORENCE=$(liqoctl generate peer-command --kubeconfig $KUBECONFIG_FLORENCE)",
        0,
        "",
        "more-than-the-command",
    ),
    ("peer", "echo '$PEER_FLORENCE' | bash", 0, "", "single-quotes"),
    ("peer", 'echo "$PEER_FLORENCE"', 0, "liqoctl peer …", "only-shown"),
    ("peer", "liqoctl peer in-band florence", 1, "", "in-band"),
    (
        "offload",
        "liqoctl offload namespace liqo-demo --selector topology.liqo.io/region=center",
        0,
        "",
        "selects-florence",
    ),
    (
        "offload",
        "liqoctl offload namespace liqo-demo --selector topology.liqo.io/region=north",
        0,
        "",
        "selects-venice",
    ),
    (
        "offload",
        "liqoctl offload namespace liqo-demo --selector topology.liqo.io/region:south",
        1,
        "",
        "selector-with-colon",
    ),
    ("offload", "liqoctl offload namespace liqo-demo", 0, "", "everybody"),
    (
        "offload",
        "liqoctl offload namespace liqo-demo --selector x=y --pod-offloading-strategy Local",
        0,
        "",
        "only-at-home",
    ),
    (
        "offload",
        "liqoctl offload namespace liqo-demo --selector x=y --pod-offloading-strategy=Remote",
        0,
        "",
        "never-at-home",
    ),
    (
        "offload",
        "liqoctl offload namespace liqo-demo --selector x=y --namespace-mapping-strategy=DefaultName",
        0,
        "",
        "other-name-over-there",
    ),
    ("offload", "liqoctl offload namespace demo --selector x=y", 1, "not found", "nothing-to-offload"),
    ("offload", "liqoctl offload liqo-demo", 1, "unknown command", "kind-missing"),
    ("offload", "kubectl create namespace liqo-demo", 1, "AlreadyExists", "there-already"),
    ("offload", "kubectl create ns liqo-dmeo", 0, "", "another-name"),
    ("offload", "kubectl get namespaceoffloadings", 0, "No resources found", "offloading-in-default"),
    ("deploy", "kubectl apply -f manifests/deploy.yaml", 0, "", "wrong-namespace"),
    ("deploy", "kubectl apply -f deploy.yml -n liqo-demo", 1, "the path does not exist", "file-not-found"),
    ("deploy", "kubectl get pods", 0, "No resources found in default namespace.", "default-namespace"),
    ("deploy", "kubectl get pods -n liqo-demo", 0, "NAME", "no-nodes-shown"),
    ("deploy", "kubectl delete pod app-center-x -n liqo-demo", 0, "", "deletes-the-pending-one"),
    ("relax", 'kubectl patch deployment app-center -n liqo-demo -p \'[{"op": "remove"}]\'', 1, "", "no-json-patch"),
    ("relax", "kubectl edit deployment app-south -n liqo-demo", 0, "", "the-other-one"),
    ("relax", "kubectl patch pod app-center-x -n liqo-demo -p x", 1, "", "patches-the-pod"),
    ("unoffload", "kubectl delete namespace liqo-demo", 0, "", "deletes-the-namespace"),
    ("unoffload", "liqoctl unoffload liqo-demo", 1, "", "word-missing"),
    ("unpeer", "kubectl delete node liqo-naples", 0, "", "deletes-the-node"),
    ("unpeer", "liqoctl unpeer florence", 1, "", "way-missing"),
    ("uninstall", "liqoctl uninstall", 1, "the peering with naples is established", "still-peered"),
    ("uninstall", "kubectl delete ns liqo", 0, "", "deletes-namespace-liqo"),
    ("destroy", "kind delete cluster", 0, "", "no-name"),
]


@pytest.mark.parametrize(("step", "text", "code", "output", "name"), MISTAKES)
def test_a_usual_mistake(school: School, step: str, text: str, code: int, output: str, name: str) -> None:
    assert school.remark(step, text, code=code, output=output) == school.mistake(step, name)


def test_every_mistake_of_the_lesson_has_a_test(school: School) -> None:
    written = {mistake.id for stage in school.stages.values() for mistake in stage.step.mistakes}
    assert written == {name for *_, name in MISTAKES}


NEAR = [
    (
        "peer",
        "kubectl get foreigncluster-s",
        1,
        EXPORTED,
        'Where you typed "foreigncluster-s" the step has "foreignclusters".',
    ),
    ("deploy", "kubectl apply -f ./manifests/deploy.yaml -n liqo-dmeo", 1, EXPORTED, None),
    (
        "relax",
        "kubectl patch deployment app-center --type=json -p '[]'",
        1,
        EXPORTED,
        "--namespace liqo-demo is missing.",
    ),
    ("unpeer", "liqoctl unpeer out-of-band florenz", 1, EXPORTED, 'Where you typed "florenz" the step has "florence".'),
    ("uninstall", "liqoctl uninstall --purg", 1, EXPORTED, "The option is called --purge, not --purg."),
    ("peer", "kubeclt get foreignclusters", 127, EXPORTED, "Did you mean kubectl?"),
    ("provision", "liqocl", 127, EXPORTED, "Did you mean liqoctl?"),
    (
        "provision",
        "liqoctl status",
        1,
        NOWHERE,
        "No cluster was named, and KUBECONFIG is not set; this step does it in venice, florence or naples.",
    ),
    (
        "destroy",
        "kubectl get pods",
        1,
        NOWHERE,
        "KUBECONFIG is not set in this shell, so the command does not know which cluster you mean.",
    ),
]


@pytest.mark.parametrize(("step", "text", "code", "environment", "said"), NEAR)
def test_a_near_miss(
    school: School, step: str, text: str, code: int, environment: dict[str, str], said: str | None
) -> None:
    if said is None:
        said = school.mistake(step, "wrong-namespace")
    output = f"bash: {text}: command not found" if code == 127 else ""
    assert school.remark(step, text, code=code, output=output, environment=environment) == said


def test_a_file_that_is_missing_is_not_taken_for_a_program(school: School) -> None:
    assert school.remark("deploy", "bash nowhere", code=127, output="bash: nowhere: No such file or directory") == ""


def test_the_commands_of_the_lesson_are_passed_over_in_silence_and_recognised(school: School) -> None:
    environment = dict(NOWHERE)
    for stage in school.stages.values():
        for typed in stage.outline.commands:
            for part, text in parts(typed):
                assert school.remark(stage.id, text, environment=environment) == "", text
                ran = Ran(text, 0, "", 0.1, environment, FOLDER)
                assert part in school.lectern.done(stage, ran)
                _, environment = simple_commands(text, environment)


@pytest.mark.parametrize(
    ("step", "text", "code"),
    [
        ("peer", "kubectl get pods -A --kubeconfig $KUBECONFIG_FLORENCE", 0),
        ("offload", "kubectl describe namespace liqo-demo", 0),
        ("offload", "kubectl get namespaces", 0),
        ("deploy", "ls -l manifests", 0),
        ("deploy", "cat manifests/nothing", 1),
        ("deploy", "for i in 1 2; do echo $i; done", 0),
        ("deploy", "echo 'an open quote", 2),
        ("deploy", "kubectl apply --namespace=liqo-demo --filename ./manifests/deploy.yaml", 0),
    ],
)
def test_what_is_right_or_has_nothing_to_do_with_the_step_is_passed_over(
    school: School, step: str, text: str, code: int
) -> None:
    assert school.remark(step, text, code=code) == ""


def test_remarks_speak_italian() -> None:
    school = School("it")
    text = split("kubectl apply -f ./manifests/deploy.yaml -n liqo-demo")[0]
    assert school.remark("deploy", text, environment=IN_FLORENCE).startswith("L'hai eseguito su florence")
    assert school.remark("destroy", "kind delete cluster").startswith("Senza --name")
