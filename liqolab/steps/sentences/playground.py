"""Sentences about the playground: which clusters there are, which one is meant, and whether Liqo is on them.

Behind Given a state is brought about where it is missing, if whoever runs the feature can make clusters; behind Then it
is only looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from liqolab.apimachinery.resources import Object
from liqolab.steps import liqo_names as names
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.lab import Lab
from liqolab.steps.observe import Miss, Subject, observe
from liqolab.steps.provision import Provision
from liqolab.steps.registry import given, then
from liqolab.steps.sentences.liqo import liqo_is_ready
from liqolab.steps.timing import Timing
from liqolab.steps.verdicts import is_there, one

_REGION = "topology.liqo.io/region"


@given("a playground from scenario {scenario}", provides_clusters=True)
def playground_from_scenario(lab: Lab, scenario: str) -> None:
    """Have the clusters of the lesson of that name, with Liqo on them; those that are there are taken as they are."""
    _take(lab, _provision(lab).from_scenario(scenario))


@given("a playground with clusters:", provides_clusters=True)
def playground_with_clusters(lab: Lab, datatable: list[list[str]]) -> None:
    """Have the clusters of the table's column `name`, without asking for Liqo.

    The other columns are the labels under which Liqo presents a cluster to its peers; `region` is short for
    `topology.liqo.io/region`.
    """
    header, *rows = datatable
    if not rows or "name" not in header:
        raise CheckFailedError("the table needs a column name and at least one row")
    clusters = {}
    for row in rows:
        labels = dict(zip(header, row, strict=True))
        name = labels.pop("name")
        clusters[name] = {_REGION if key == "region" else key: value for key, value in labels.items() if value}
    _take(lab, _provision(lab).with_clusters(clusters))


@given("I am using cluster {cluster}")
def use_cluster(lab: Lab, cluster: str) -> None:
    """Mean that cluster by every sentence of the scenario that names none."""
    lab.kubeconfig(cluster)
    lab.default_cluster = cluster


@then("cluster {cluster} is reachable")
def cluster_is_reachable(lab: Lab, cluster: str, timing: Timing) -> None:
    """Holds when the cluster's API server answers, and has its namespace kube-system."""
    subject = Subject.named(lab.cluster(cluster), "namespace", "kube-system")
    observe(subject, is_there, timing)


@then("cluster {cluster} has label {label}")
def cluster_has_label(lab: Lab, cluster: str, label: str, timing: Timing) -> None:
    """Holds when Liqo presents the cluster to its peers under that label, written `key=value`."""
    subject = Subject.named(lab.cluster(cluster), "deployment", names.CONTROLLER_MANAGER, names.NAMESPACE)

    def verdict(item: Object) -> Miss | None:
        arguments = [text for each in item["spec"]["template"]["spec"]["containers"] for text in each.get("args", ())]
        said = [text for text in arguments if text.startswith(names.CLUSTER_LABELS_ARGUMENT)]
        labels = [pair for text in said for pair in text.removeprefix(names.CLUSTER_LABELS_ARGUMENT).split(",")]
        return None if label in labels else Miss(f"the cluster's labels are {', '.join(labels) or 'none'}")

    observe(subject, one(verdict), timing)


@then("Liqo is installed in cluster {cluster}")
def liqo_is_installed(lab: Lab, cluster: str, timing: Timing, stated: bool = False) -> None:
    """Holds when the namespace liqo has deployments and all are ready. Behind Given it is installed where missing."""
    if stated:
        _install(lab, cluster)
    observe(Subject(lab.cluster(cluster), "deployment", names.NAMESPACE), liqo_is_ready, timing)


@then("Liqo is installed in every cluster")
def liqo_is_installed_everywhere(lab: Lab, timing: Timing, stated: bool = False) -> None:
    """Holds when it is installed in each cluster of the playground. Behind Given it is installed where missing."""
    if not lab.names:
        raise CheckFailedError("no clusters are known here; begin with: Given a playground with clusters:")
    for name in lab.names if stated else ():
        _install(lab, name)
    # Side by side, since each is to hold within the same time.
    with ThreadPoolExecutor(len(lab.names)) as pool:
        checks = [pool.submit(liqo_is_installed, lab, name, timing) for name in lab.names]
    for check in checks:
        check.result()


def _install(lab: Lab, cluster: str) -> None:
    if lab.provision is not None and not lab.cluster(cluster).list("deployment", names.NAMESPACE).items:
        lab.provision.install_liqo(cluster)


def _provision(lab: Lab) -> Provision:
    if lab.provision is None:
        raise CheckFailedError("nobody here makes clusters: run this feature with a provider of clusters")
    return lab.provision


def _take(lab: Lab, clusters: Sequence[str]) -> None:
    lab.names = tuple(clusters)
