"""What each operator makes of a command, and that everything it does not touch stays as it was typed."""

from __future__ import annotations

import subprocess

import pytest
import yaml

from liqolab.author.sabotage.block import Block, Surroundings
from liqolab.author.sabotage.operators import OPERATORS, changes
from liqolab.author.trial.outcome import Mutant
from liqolab.author.trial.sabotaging import chosen

AROUND = Surroundings(
    kubeconfigs={"venice": "config_venice", "naples": "config_naples", "rome": "config_rome"},
    labels={"region": ("north", "south", "center")},
)


def _made(operator: str, *commands: str, around: Surroundings = AROUND) -> list[str]:
    """The changed commands, several of one block joined by a bar."""
    return [" | ".join(change.commands) for change in OPERATORS[operator](Block(commands), around)]


CASES = {
    "drop-command": (("a", "b"), ["b", "a"]),
    "stop-halfway": (("a", "b", "c"), ["", "a", "a | b"]),
    "wrong-label": (
        ("kubectl get pod -l 'region=south' --selector=x/y=z -n region=south",),
        [
            "kubectl get pod -l 'region=north' --selector=x/y=z -n region=south",
            "kubectl get pod -l 'region=center' --selector=x/y=z -n region=south",
            "kubectl get pod -l 'regions=south' --selector=x/y=z -n region=south",
            "kubectl get pod -l 'region=south' --selector=x/y=zx -n region=south",
            "kubectl get pod -l 'region=south' --selector=x/ys=z -n region=south",
        ],
    ),
    "wrong-namespace": (
        ('kubectl -n "demo" delete namespace \\\n  demo',),
        [
            'kubectl -n "default" delete namespace \\\n  demo',
            'kubectl -n "demos" delete namespace \\\n  demo',
            'kubectl -n "demo" delete namespace \\\n  default',
            'kubectl -n "demo" delete namespace \\\n  demos',
        ],
    ),
    "wrong-name": (
        ("kubectl scale deployment/web --replicas 2; liqoctl unpeer out-of-band turin",),
        [
            "kubectl scale deployment/webs --replicas 2; liqoctl unpeer out-of-band turin",
            "kubectl scale deployment/web --replicas 2; liqoctl unpeer out-of-band turins",
        ],
    ),
    "wrong-value": (
        ("""kubectl patch pod a --type=merge -p '{"a": {"b": "c"}}' --replicas 2 -o yaml --dry-run""",),
        [
            """kubectl patch pod a --type=json -p '{"a": {"b": "c"}}' --replicas 2 -o yaml --dry-run""",
            """kubectl patch pod a --type=strategic -p '{"a": {"b": "c"}}' --replicas 2 -o yaml --dry-run""",
            """kubectl patch pod a --type=merge -p '{"a": {"b": "cs"}}' --replicas 2 -o yaml --dry-run""",
            """kubectl patch pod a --type=merge -p '{"a": {"b": "c"}}' --replicas 3 -o yaml --dry-run""",
        ],
    ),
    "drop-flag": (
        ("X=$(kubectl get pod --purge -n demo --config=a -o wide) && ls -l",),
        [
            "X=$(kubectl get pod -n demo --config=a -o wide) && ls -l",
            "X=$(kubectl get pod --purge --config=a -o wide) && ls -l",
            "X=$(kubectl get pod --purge -n demo -o wide) && ls -l",
        ],
    ),
}


@pytest.mark.parametrize("operator", CASES)
def test_an_operator_changes_one_thing_at_a_time(operator: str) -> None:
    commands, expected = CASES[operator]
    assert _made(operator, *commands) == expected


def test_another_cluster_is_taken_where_one_is_named_and_where_none_is() -> None:
    assert _made("wrong-cluster", 'export NAPLES="$PWD/config_naples"') == [
        'export NAPLES="$PWD/config_rome"',
        'export NAPLES="$PWD/config_venice"',
    ]
    assert _made("wrong-cluster", "kubectl get node --kubeconfig=$NAPLES")[0] == "kubectl get node --kubeconfig=$ROME"
    first, second = _made("wrong-cluster", "kubectl get nodes")
    assert 'export KUBECONFIG="$PWD"/config_naples; kubectl get nodes\n' in first and "config_rome" in second
    assert _made("wrong-cluster", "ls venices; echo avenice") == []


def test_a_command_sent_elsewhere_keeps_its_exit_code_and_leaves_the_shell_as_it_was() -> None:
    (changed,) = _made("wrong-cluster", "bash -c 'echo $KUBECONFIG; exit 7'", around=Surroundings({"a": "a", "b": "b"}))
    script = f'KUBECONFIG=mine\n{changed}\necho "$? $KUBECONFIG ${{PWD##*/}}"'
    done = subprocess.run(["bash", "-c", script], cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["//b", "7 mine "]


MANIFEST = """\
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      affinity: {nodeAffinity: {terms: [{matchExpressions: [{key: region, operator: In, values: [south]}]}]}}
      containers: [{image: nginx}]
"""


def test_a_manifest_is_changed_in_one_value_at_a_time() -> None:
    around = Surroundings(labels=AROUND.labels, files={"web.yaml": MANIFEST, "other.yaml": MANIFEST})
    made = list(OPERATORS["change-manifest"](Block(("kubectl apply -f ./web.yaml",)), around))
    assert [change.what.partition("web: ")[2] for change in made] == [
        "pods labelled app=webx",
        "without its affinity",
        "affinity to north instead of south",
        "affinity to center instead of south",
        "affinity with NotIn",
        "image nginx-other",
        "0 replicas",
        "2 replicas",
    ]
    original = yaml.safe_load(MANIFEST)
    for change in made:
        ((file, text),) = change.files
        assert file == "web.yaml" and change.commands == ("kubectl apply -f ./web.yaml",)
        assert yaml.safe_load(text) != original


def test_no_sabotage_is_made_twice_nor_leaves_the_block_as_it_was() -> None:
    block = Block(("kubectl create namespace demo", "kubectl label namespace demo region=south -n demo"))
    made = [change.commands for _, change in changes(block, AROUND)]
    assert len(made) == len(set(made)) and block.commands not in made


def test_some_of_them_are_chosen_by_the_seed_alone() -> None:
    block = Block(("kubectl create namespace demo", "kubectl label namespace demo region=south -n demo"))
    everything = [Mutant("s", 0, name, change) for name, change in changes(block, AROUND)]
    assert chosen(everything, 5, 1) == chosen(everything, 5, 1) != chosen(everything, 5, 2)
    assert chosen(everything, None, 1) == chosen(everything, 999, 1) == everything
    assert [everything.index(mutant) for mutant in chosen(everything, 5, 1)] == sorted(
        everything.index(mutant) for mutant in chosen(everything, 5, 1)
    )
