"""The vocabulary on a cluster: actions that can be taken back, values, places, and a cluster that dies."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liqolab.playground.embedded import EmbeddedProvider, process_id
from liqolab.playground.home import Playground
from liqolab.playground.topology import ClusterSpec, NodeSpec
from liqolab.steps.execute import execute
from liqolab.steps.failing.error import CheckFailedError, Wish
from liqolab.steps.failing.failure import Failure, Target
from liqolab.steps.lab import Lab
from liqolab.steps.residue import Inventory, inventory, residue
from liqolab.steps.sentences import network
from liqolab.steps.text import StepText
from liqolab.steps.undo import Undo
from liqolab.steps.vocabulary import REGISTRY
from liqolab.steps.why.diagnosis import diagnosed

pytestmark = pytest.mark.embedded

GADGETS = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
apiVersion: example.com/v1
kind: Gadget
metadata: {name: lamp}
size: 3
"""

_SLACK_SECONDS = 15
"""What a busy machine may take on top; the fault that this is about took two minutes."""

SETTINGS = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {colour: blue}}"


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """One small cluster for all tests of this module; each leaves it as it was."""
    own = Playground("steps", tmp_path_factory.mktemp("steps"))
    provider = EmbeddedProvider(own)
    specs = [ClusterSpec("venice", nodes=(NodeSpec("venice-control-plane"),))]
    asyncio.run(provider.create(specs))
    try:
        yield own
    finally:
        asyncio.run(provider.delete(["venice"]))
        own.remove()


@pytest.fixture(scope="module")
def module_lab(playground: Playground) -> Iterator[Lab]:
    kubeconfig = playground.clusters / "venice" / "kubeconfig"

    def find(cluster: str) -> Path | None:
        return kubeconfig if cluster == "venice" else None

    with Lab(dict(os.environ), playground.root, find, ("venice",)) as opened:
        yield opened


@pytest.fixture
def lab(module_lab: Lab) -> Iterator[Lab]:
    """A scenario of one's own; whatever a test does has to be taken back by its end."""
    before = inventory(module_lab.clusters)
    module_lab.begin_scenario("own")
    yield module_lab
    assert module_lab.end_scenario() == []
    assert residue(before, inventory(module_lab.clusters)) == []


def say(lab: Lab, text: str, docstring: str | None = None, **more: Any) -> None:
    execute(lab, StepText("then", "Then", text, docstring, **more), REGISTRY)


def test_a_namespace_of_its_own_is_made_when_it_is_needed(lab: Lab) -> None:
    say(lab, 'namespace "own" does not exist immediately')
    say(lab, "I apply:", SETTINGS)
    say(lab, 'namespace "own" exists immediately')
    say(lab, 'configmap "settings" in namespace "{namespace}" exists immediately')
    assert lab.end_scenario() == []
    say(lab, 'namespace "own" does not exist immediately')


def test_what_has_no_namespace_is_not_said_to_be_in_one(lab: Lab) -> None:
    for kind in ("namespace", "node"):
        with pytest.raises(CheckFailedError) as caught:
            say(lab, f'{kind} "nowhere" exists immediately')
        assert caught.value.failure.summary == f'{kind} "nowhere" in cluster "venice": it does not exist'


def test_selectors_look_into_the_own_namespace(lab: Lab) -> None:
    say(lab, "I apply:", SETTINGS)
    say(lab, 'I label configmap "settings" with "mine=yes"')
    say(lab, 'exactly 1 configmaps matching "mine=yes" exist')
    say(lab, 'no configmap matching "mine=yes" in namespace "default" exists')


def test_what_was_made_changed_and_deleted_is_taken_back(lab: Lab) -> None:
    kept = "{apiVersion: v1, kind: ConfigMap, metadata: {name: kept, namespace: default}, data: {colour: blue}}"
    say(lab, "I apply:", kept)
    earlier, lab.undo = lab.undo, []
    say(lab, 'I patch configmap "kept" in namespace "default" with:', "data: {colour: red, size: large}")
    say(lab, 'I annotate configmap "kept" in namespace "default" with "note=x"')
    say(lab, 'I delete configmap "kept" in namespace "default"')
    say(lab, "I apply:", kept.replace("name: kept", "name: new"))
    say(lab, 'I taint node "venice-control-plane" with "a=b:NoSchedule"')
    say(lab, 'I cordon node "venice-control-plane"')
    assert lab.end_scenario() == []
    found = lab.cluster("venice").get("configmap", "kept", "default")
    assert found is not None
    assert (found["data"], found["metadata"].get("annotations")) == ({"colour": "blue"}, None)
    say(lab, 'configmap "new" in namespace "default" does not exist immediately')
    node = lab.cluster("venice").get("node", "venice-control-plane")
    assert node is not None
    assert not node["spec"].get("unschedulable")
    assert all(taint["key"] != "a" for taint in node["spec"].get("taints") or [])
    lab.undo = earlier


def test_what_cannot_be_taken_back_is_told(lab: Lab) -> None:
    manifest = "{apiVersion: v1, kind: ConfigMap, metadata: {name: stuck, namespace: default}}"
    say(lab, "I apply:", manifest)

    def fail() -> None:
        raise CheckFailedError("nobody can")

    lab.undo.append(Undo("turn back time", fail))
    assert lab.end_scenario() == ["turn back time: nobody can"]
    say(lab, 'configmap "stuck" in namespace "default" does not exist immediately')


def test_residue_is_seen_by_kind_and_name(lab: Lab) -> None:
    before: Inventory = inventory(lab.clusters)
    cluster = lab.cluster("venice")
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "left"}}
    cluster.create(cluster.kind("configmap"), manifest, "default")
    try:
        assert residue(before, inventory(lab.clusters)) == ["cluster venice: configmap default/left is new"]
    finally:
        cluster.delete(cluster.kind("configmap"), "left", "default")


def test_a_manifest_may_define_the_kinds_that_it_uses(lab: Lab) -> None:
    say(lab, "I apply:", GADGETS)
    say(lab, 'gadget "lamp" has field ".size" >= "3"')
    say(lab, 'gadgets.example.com "lamp" exists')


@pytest.mark.parametrize(
    ("manifest", "complaint"),
    [
        ("{apiVersion: v1, kind: ConfigMap}", "document 1 of the text block has no metadata.name"),
        ("{apiVersion: nowhere/v1, kind: Thing, metadata: {name: x}}", 'knows no kind "Thing" of nowhere/v1'),
        ("a: [", "is not valid YAML"),
        ("", "has no documents"),
        ("- a", "document 1 of the text block is no map"),
        ("{apiVersion: [v1], kind: ConfigMap, metadata: {name: x}}", "has apiVersion a list of 1, which is no text"),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: 12}}", "has metadata.name 12, which is no text"),
        ("{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: 1}}", "has metadata.namespace 1, which"),
        ("{apiVersion: v1, kind: ConfigMap, metadata: text}", "has something else than a map as metadata"),
        ("{apiVersion: apps/v2, kind: Deployment, metadata: {name: x}}", 'knows no kind "Deployment" of apps/v2'),
    ],
)
def test_a_manifest_that_cannot_be_applied_is_explained(lab: Lab, manifest: str, complaint: str) -> None:
    with pytest.raises(CheckFailedError) as caught:
        say(lab, "I apply:", manifest)
    assert complaint in caught.value.failure.summary


def test_an_object_that_is_not_there_cannot_be_changed(lab: Lab) -> None:
    for sentence in ('I delete configmap "x"', 'I scale deployment "x" to 3 replicas', 'I label pod "x" with "a=b"'):
        with pytest.raises(CheckFailedError, match="does not exist"):
            say(lab, sentence)


@pytest.mark.parametrize(
    ("sentence", "docstring", "complaint"),
    [
        ('I patch configmap "settings" with:', "text", "is to be a YAML map"),
        ('I patch configmap "settings" with:', "", "is to be a YAML map"),
        ('I label configmap "settings" with ""', None, "no labels are named"),
        ('I scale configmap "settings" to 3 replicas', None, "a configmap has no replicas"),
        ('configmap "settings" does not have label ""', None, "names no label"),
    ],
)
def test_what_means_nothing_is_refused(lab: Lab, sentence: str, docstring: str | None, complaint: str) -> None:
    say(lab, "I apply:", SETTINGS)
    with pytest.raises(CheckFailedError, match=complaint):
        say(lab, sentence, docstring)


@pytest.mark.parametrize(
    ("sentence", "complaint"),
    [
        ('node "venice-control-plane" is not Redy immediately', "did you mean Ready"),
        ('node "venice-control-plane" never is Redy within 1s', "did you mean Ready"),
        ("exactly 0 nodes are Redy immediately", "did you mean Ready"),
        ("at most 0 nodes are Redy immediately", "did you mean Ready"),
        ('node "venice-control-plane" is not Blue immediately', "says nothing of Blue"),
    ],
)
def test_a_misspelt_state_lets_no_negative_pass(lab: Lab, sentence: str, complaint: str) -> None:
    with pytest.raises(CheckFailedError, match=complaint):
        say(lab, sentence)


def test_silence_about_an_object_that_never_was_proves_nothing(lab: Lab) -> None:
    say(lab, 'no Warning events for node "venice-control-plane" exist immediately')
    with pytest.raises(CheckFailedError, match="does not exist"):
        say(lab, 'no Warning events for node "venice-control-plan" exist immediately')


def test_what_is_made_anew_at_once_has_been_deleted(lab: Lab) -> None:
    say(lab, "I apply:", SETTINGS)
    say(lab, 'configmap "kube-root-ca.crt" exists')
    say(lab, 'I remember field ".metadata.uid" of configmap "kube-root-ca.crt" as "first"')
    say(lab, 'I delete configmap "kube-root-ca.crt" within 5s')
    say(lab, 'configmap "kube-root-ca.crt" has field ".metadata.uid" != "{first}" within 5s')


@pytest.mark.parametrize(
    "shape",
    ["status: text", "status: {conditions: {a: b}, phase: {x: y}}\nspec: [1]", "status: {conditions: [1, {}, null]}"],
)
def test_objects_of_any_shape_fail_a_check_and_break_none(lab: Lab, shape: str) -> None:
    say(lab, "I apply:", f"{GADGETS}{shape}\n")
    for check in ("is Ready", "is Running", 'has condition "Ready" = "True"', 'has node affinity requiring "a Exists"'):
        with pytest.raises(CheckFailedError, match=r"has no condition|has no phase|requires nothing"):
            say(lab, f'gadget "lamp" {check} immediately')


def test_what_was_there_for_a_moment_has_nothing_near_it(lab: Lab) -> None:
    say(lab, "I apply:", SETTINGS)
    target = Target("venice", "configmap", "", "own", "a=b")
    wished = Failure("there is none", target, sentence='Then a configmap matching "a=b" is Ready')
    shunned = Failure("it exists", target, sentence='Then no configmap matching "a=b" exists')
    wished = diagnosed(lab, wished, Wish())
    shunned = diagnosed(lab, shunned, Wish(negative=True))
    assert "none with a=b" in " ".join([wished.nearest, *wished.causes])
    assert (shunned.nearest, shunned.causes) == ("", [])


def test_checks_can_fail_and_say_of_what(lab: Lab) -> None:
    say(lab, "I apply:", SETTINGS)
    with pytest.raises(CheckFailedError) as caught:
        say(lab, 'configmap "settings" has field ".data.colour" = "red" immediately')
    failure = caught.value.failure
    assert [str(each) for each in failure.differences] == [".data.colour: red → blue"]
    assert failure.target is not None
    assert str(failure.target) == 'configmap "settings" in namespace "own" in cluster "venice"'


def test_a_block_holds_when_all_of_it_holds_at_one_moment(lab: Lab) -> None:
    say(lab, "I apply:", SETTINGS)
    say(lab, "within 10s all of:", 'configmap "settings" exists\nno pod exists')
    with pytest.raises(CheckFailedError) as caught:
        say(lab, "within 1s all of:", 'configmap "settings" exists\nno configmap exists')
    assert caught.value.failure.sentence == "* no configmap exists"


def test_commands_see_the_cluster_that_is_in_use(lab: Lab) -> None:
    say(lab, 'I run "echo $KUBECONFIG"')
    assert str(lab.kubeconfig("venice")) not in lab.output()
    say(lab, 'I am using cluster "venice"')
    say(lab, "I run:", "here=$KUBECONFIG\necho $here")
    assert lab.output().strip() == str(lab.kubeconfig("venice"))
    say(lab, 'I run "echo kept in $here" in cluster "venice"')
    say(lab, 'the output contains "kept in /"')


def test_a_cluster_that_is_not_there_is_named(lab: Lab) -> None:
    with pytest.raises(CheckFailedError, match=r'there is no cluster "rome" in this playground \(it has venice\)'):
        say(lab, 'namespace "x" does not exist in cluster "rome"')


def test_a_probe_whose_image_no_registry_has_takes_no_longer_than_was_said(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "PROBE_IMAGE", "curlimages/curl:does-not-exist")
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: near}, spec: {containers: [{name: a, image: nginx}]}}"
    say(lab, "I apply:", pod)
    asked = time.monotonic()
    with pytest.raises(CheckFailedError) as caught:
        say(lab, 'pod "near" can reach service "near:80" within 5s')
    assert time.monotonic() - asked < 5 + _SLACK_SECONDS
    said = caught.value.failure.summary
    assert "no request was sent within 5s" in said and "ImagePullBackOff" in said
    assert "curlimages/curl:does-not-exist: not found" in said
    # Where no time is said, there is no reason to wait once the image was asked for.
    with pytest.raises(CheckFailedError) as caught:
        say(lab, 'pod "near" cannot reach service "near:80" immediately')
    assert "no request was sent: the image of the probe cannot be pulled" in caught.value.failure.summary


def test_the_place_may_stand_at_the_end(lab: Lab) -> None:
    say(lab, 'namespace "default" is Active in cluster "venice" within 5s')
    step, arguments = REGISTRY.find('pod "x" is Running in namespace "a" in cluster "b" for 3s')
    assert (arguments["namespace"], arguments["cluster"]) == ("a", "b")
    assert step.sentence.endswith("is {state:state}")


def test_a_cluster_that_is_killed_lets_no_negative_pass(lab: Lab, playground: Playground) -> None:
    folder = playground.clusters / "venice"
    victim = process_id(folder)
    assert victim is not None
    handle = os.pidfd_open(victim)
    os.kill(victim, signal.SIGKILL)
    # A process that is only just ending resets connections instead of refusing them.
    select.select([handle], [], [])
    os.close(handle)
    try:
        for sentence in (
            'namespace "x" does not exist immediately',
            'namespace "x" never exists within 1s',
            'no pod matching "a=b" exists for 1s',
        ):
            with pytest.raises(CheckFailedError, match="does not answer") as caught:
                say(lab, sentence)
            # No cluster is named; the one that is meant is diagnosed all the same.
            assert "its API server is not running" in caught.value.failure.causes[-1]
    finally:
        asyncio.run(EmbeddedProvider(playground).start(["venice"]))
