"""Where a sentence means when it does not say it: the default cluster, and the scenario's own namespace.

A named object without a namespace is in the default namespace, as for kubectl; where the scenario has a namespace of
its own, that is the default. Objects chosen by a selector are looked for in the scenario's own namespace if there is
one, else in all.
"""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery.resources import Resource
from liqolab.steps.clusters import Cluster
from liqolab.steps.keeping import make_own_namespace
from liqolab.steps.lab import Lab
from liqolab.steps.observe import Subject
from liqolab.steps.registry import Step


def subject_of(lab: Lab, step: Step, arguments: dict[str, Any]) -> Subject:
    """What a sentence is about; the arguments that say so are taken out of the others."""
    kind, namespace, cluster = arguments.pop("kind", step.about), arguments.pop("namespace"), arguments.pop("cluster")
    if "name" in arguments:
        return named(lab, kind, arguments.pop("name"), namespace, cluster)
    return matching(lab, kind, arguments.pop("labels", None), namespace, cluster)


def named(lab: Lab, kind: str, name: str, namespace: str | None, cluster: str | None) -> Subject:
    """One object by its name."""
    home = None if namespace else lab.default_namespace
    return Subject.named(lab.cluster(cluster), kind, name, namespace, home)


def matching(lab: Lab, kind: str, labels: str | None, namespace: str | None, cluster: str | None) -> Subject:
    """Objects by a label selector; all of their kind without one."""
    home = None if namespace else lab.own_namespace
    return Subject(lab.cluster(cluster), kind, namespace, labels or "", home=home)


def namespace_of_action(lab: Lab, cluster: Cluster, kind: Resource, namespace: str | None) -> str | None:
    """The namespace in which an action takes place; the scenario's own one is made on first use.

    None for kinds that are in no namespace.
    """
    if not kind.namespaced:
        return None
    chosen = namespace or lab.default_namespace
    if chosen == lab.own_namespace:
        make_own_namespace(lab, cluster)
    return chosen
