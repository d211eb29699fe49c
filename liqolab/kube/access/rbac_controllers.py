"""What the controllers of a real control plane may do, each with an account of its own.

Nobody here acts as one of them: the roles and bindings are for those who look at them, copy them or bind them.
``rbac_controllers.txt`` has a controller a paragraph and a rule a line: API groups, resources, verbs, and the names
that a rule is for, if it names any.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from liqolab.apimachinery.resources import Object

_TABLE: Final = Path(__file__).with_suffix(".txt")
_LEADERS: Final = (
    "coordination.k8s.io: leases: create get list update watch",
    ("coordination.k8s.io: leasecandidates: create get list update watch"),
)


class NamespacedRole(NamedTuple):
    """A role of a controller in one namespace, and who has it."""

    namespace: str
    name: str
    rules: tuple[str, ...]
    users: tuple[str, ...]
    accounts: tuple[str, ...]


def rule(line: str) -> Object:
    """The rule that a line of the table stands for."""
    groups, resources, verbs, *names = (part.split() for part in line.strip().split(": "))
    return {
        "apiGroups": ["" if group == "core" else group for group in groups],
        "resources": resources,
        "verbs": verbs,
        **({"resourceNames": names[0]} if names else {}),
    }


def controllers() -> Iterator[tuple[str, list[Object]]]:
    """Every controller with its rules."""
    name, rules = "", list[Object]()
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            rules.append(rule(line))
            continue
        if name:
            yield name, rules
        name, rules = line, []
    yield name, rules


def _leader(name: str, *accounts: str) -> NamespacedRole:
    rules = ("core: configmaps: watch", f"core: configmaps: get update: {name}", *_LEADERS)
    return NamespacedRole(
        "kube-system", f"system::leader-locking-{name}", rules, (f"system:{name}",), (name, *accounts)
    )


def _controller(namespace: str, name: str, *rules: str) -> NamespacedRole:
    return NamespacedRole(namespace, f"system:controller:{name}", rules, (), (name,))


_EVENTS: Final = "core events.k8s.io: events: create patch update"
NAMESPACED: Final = (
    _leader("kube-controller-manager", "leader-election-controller"),
    _leader("kube-scheduler"),
    _controller("kube-system", "bootstrap-signer", "core: secrets: get list watch"),
    _controller("kube-system", "cloud-provider", "core: configmaps: create get list watch"),
    _controller("kube-system", "token-cleaner", "core: secrets: delete get list watch", _EVENTS),
    _controller(
        "kube-public",
        "bootstrap-signer",
        "core: configmaps: get list watch",
        "core: configmaps: update: cluster-info",
        _EVENTS,
    ),
)
"""Roles that hold in one namespace."""
