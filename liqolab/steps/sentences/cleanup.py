"""Sentences about cleaning up: what was made is gone, in every cluster and of every kind.

What the system itself makes is not counted: events, leases, endpoints, tokens, and what has an owner, since that is
counted with its owner.
"""

from __future__ import annotations

from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Failure
from liqolab.steps.lab import Lab
from liqolab.steps.observe import Subject, observe
from liqolab.steps.registry import given, then
from liqolab.steps.residue import inventory, inventory_of, residue
from liqolab.steps.timing import Timing
from liqolab.steps.undo import undo_all


@given("I have noted what every cluster holds")
def note_everything(lab: Lab) -> None:
    """Note all objects of all clusters, for `every cluster is as it was before the scenario`."""
    lab.before = inventory(lab.clusters)


@then("cluster {cluster} has no residue of namespace {namespace}", negative=True)
def no_residue(lab: Lab, cluster: str, namespace: str, timing: Timing) -> None:
    """Holds when the cluster has no namespace of that name, and of no kind an object in one of that name."""
    here = lab.cluster(cluster)
    observe(Subject.named(here, "namespace", namespace), lambda items: "it still exists" if items else None, timing)
    left = sorted(entry for entry in inventory_of(here) if f" {namespace}/" in entry)
    if left:
        raise CheckFailedError(Failure(f'cluster "{cluster}" still has {", ".join(left)}'))


@then("every cluster is as it was before the scenario")
def everything_as_before(lab: Lab) -> None:
    """Take back what the scenario has done, and hold when every cluster then has the objects that it had before it.

    Whoever runs the scenario may have noted them; otherwise it begins with `I have noted what every cluster holds`.
    """
    if lab.before is None:
        raise CheckFailedError(
            "nobody noted what was there before: begin with: Given I have noted what every cluster holds"
        )
    problems = [f"could not be taken back: {problem}" for problem in undo_all(lab.undo)]
    problems += residue(lab.before, inventory(lab.clusters))
    if problems:
        raise CheckFailedError(Failure("not as before the scenario: " + "; ".join(problems)))
