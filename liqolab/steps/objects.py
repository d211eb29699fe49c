"""Sentences about objects of any kind: there or not, how many, of which shape."""

from __future__ import annotations

from typing import Any

import yaml

from liqolab.apimachinery.resources import Object
from liqolab.steps.failure import CheckFailedError
from liqolab.steps.lab import Lab
from liqolab.steps.observe import Subject, observe
from liqolab.steps.partial import differences
from liqolab.steps.registry import then
from liqolab.steps.timing import Timing


@then("{kind:word} {name} exists in cluster {cluster}")
def exists(lab: Lab, kind: str, name: str, cluster: str, timing: Timing) -> None:
    observe(Subject.named(lab.cluster(cluster), kind, name), _present, timing)


@then("{kind:word} {name} exists in namespace {namespace} in cluster {cluster}")
def exists_in_namespace(lab: Lab, kind: str, name: str, namespace: str, cluster: str, timing: Timing) -> None:
    observe(Subject.named(lab.cluster(cluster), kind, name, namespace), _present, timing)


@then("{kind:word} {name} does not exist in cluster {cluster}")
def does_not_exist(lab: Lab, kind: str, name: str, cluster: str, timing: Timing) -> None:
    """An unreachable cluster can never pass this: `lab.cluster` and the LIST would fail."""
    observe(Subject.named(lab.cluster(cluster), kind, name), _absent, timing)


@then("{kind:word} {name} does not exist in namespace {namespace} in cluster {cluster}")
def does_not_exist_in_namespace(lab: Lab, kind: str, name: str, namespace: str, cluster: str, timing: Timing) -> None:
    observe(Subject.named(lab.cluster(cluster), kind, name, namespace), _absent, timing)


@then("no {kind:word} matching {labels} exists in cluster {cluster}")
def none_matching(lab: Lab, kind: str, labels: str, cluster: str, timing: Timing) -> None:
    observe(Subject(lab.cluster(cluster), kind, labels=labels), _absent, timing)


@then("exactly {count:int} {kind:word} matching {labels} exist in cluster {cluster}")
def exactly_matching(lab: Lab, count: int, kind: str, labels: str, cluster: str, timing: Timing) -> None:
    def holds(items: list[Object]) -> str | None:
        return None if len(items) == count else f"{len(items)} of them exist{_names(items)}"

    observe(Subject(lab.cluster(cluster), kind, labels=labels), holds, timing)


@then("{kind:word} {name} in cluster {cluster} matches:")
def matches(lab: Lab, kind: str, name: str, cluster: str, docstring: str, timing: Timing) -> None:
    observe(Subject.named(lab.cluster(cluster), kind, name), _shaped(docstring), timing)


@then("{kind:word} {name} in namespace {namespace} in cluster {cluster} matches:")
def matches_in_namespace(
    lab: Lab, kind: str, name: str, namespace: str, cluster: str, docstring: str, timing: Timing
) -> None:
    observe(Subject.named(lab.cluster(cluster), kind, name, namespace), _shaped(docstring), timing)


@then("{kind:word} {name} in cluster {cluster} has label {label}")
def has_label(lab: Lab, kind: str, name: str, cluster: str, label: str, timing: Timing) -> None:
    key, _, value = label.partition("=")

    def holds(items: list[Object]) -> str | None:
        if not items:
            return "it does not exist"
        labels = items[0]["metadata"].get("labels") or {}
        return None if labels.get(key) == value else f"its label {key} is {labels.get(key)!r}"

    observe(Subject.named(lab.cluster(cluster), kind, name), holds, timing)


@then("cluster {cluster} knows no kind of group {group}")
def no_kind_of_group(lab: Lab, cluster: str, group: str, timing: Timing) -> None:
    def holds(items: list[Object]) -> str | None:
        left = [item["metadata"]["name"] for item in items if item["spec"]["group"].endswith(group)]
        return f"it still defines {', '.join(left)}" if left else None

    observe(Subject(lab.cluster(cluster), "customresourcedefinition"), holds, timing)


@then("cluster {cluster} does not exist")
def cluster_does_not_exist(lab: Lab, cluster: str) -> None:
    if lab.has_cluster(cluster):
        raise CheckFailedError(f'cluster "{cluster}" exists')


def _present(items: list[Object]) -> str | None:
    return None if items else "it does not exist"


def _absent(items: list[Object]) -> str | None:
    return f"it exists{_names(items)}" if items else None


def _names(items: list[Object]) -> str:
    return ": " + ", ".join(item["metadata"]["name"] for item in items) if items else ""


def _shaped(text: str) -> Any:
    expected = yaml.safe_load(text)

    def holds(items: list[Object]) -> str | None:
        if not items:
            return "it does not exist"
        return "; ".join(differences(expected, items[0])) or None

    return holds
