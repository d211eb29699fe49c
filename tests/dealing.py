"""How tests are dealt out to the workers of one run.

Tests that look at one cluster stay together, so that it is started once, and everything else stays together by file.
What takes long begins first: a long test that begins last is one that all other workers wait for.
"""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_TOGETHER = {
    "tests/kube": "venice",
    "tests/authz": "venice",
    # With every kubectl, each of these takes as long as the rest of its folder: a cluster more is worth it.
    "tests/kube/test_kubectl.py": "tests/kube/test_kubectl.py",
    "tests/kube/test_process.py": "tests/kube/test_process.py",
    "tests/kube/test_streams.py": "kubectls",
    "tests/kube/test_usage.py": "kubectls",
    "tests/e2e/test_bad_days.py": "peered",
    "tests/e2e/test_privacy.py": "peered",
    "tests/e2e/test_snapshots.py": "peered",
    **{
        folder: folder
        for folder in (
            "tests/atlas",
            "tests/controllers",
            "tests/liqo_offloading",
            "tests/liqo_peering",
            "tests/liqoctl",
            "tests/node",
        )
    },
}
"""File or folder → what it is dealt out with."""

_LONG = (
    "tests/tui/test_modes.py",
    "tests/kube/test_kubectl.py",
    "tests/tui/test_lesson.py",
    "venice",
    "kubectls",
    "peered",
    "tests/testing/test_leases.py",
    "tests/node",
    "tests/kube/test_process.py",
    "tests/tui/test_terminal.py",
    "tests/atlas",
    "tests/acceptance/test_seed_document.py",
    "tests/steps/failures/test_goldens.py",
    "tests/liqoctl",
    "tests/controllers",
    "tests/liqo_offloading",
    "tests/providers/test_stand_ins.py",
    "tests/providers/test_conformance.py",
    "tests/tui/web/test_server.py",
    "tests/testing/test_commands.py",
    "tests/e2e/test_survival.py",
    "tests/testing/test_pytest_bdd_defects.py",
    "tests/acceptance/test_tour.py",
    "features/offloading_with_policies.feature",
    "tests/steps/test_live.py",
    "tests/testing/test_collection.py",
    "tests/liqo_peering",
    "tests/tui/test_terminal_pane.py",
    "tests/contract/test_contract.py",
    "tests/playground/test_kind_command.py",
    "tests/steps/test_suggestions.py",
    "features/vocabulary/pods_and_nodes.feature",
    "features/vocabulary/liqo.feature",
    "tests/learn/test_walkthrough.py",
    "tests/report/test_workers.py",
    "tests/plain/test_lesson.py",
    "tests/author/test_scaffold.py",
    "tests/acceptance/test_policy_cannot_be_bypassed.py",
)
"""What takes longer than five seconds, longest first; the rest follows as it was collected."""

NAMED = {name for name in (*_TOGETHER, *_LONG) if "/" in name}
"""Every file and folder that is named here."""


class ByCluster(LoadScopeScheduling):
    """xdist's scheduling by scopes, where a scope is what is dealt out together."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        # It would begin with the scopes of many tests, which is another thing than those that take long.
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)


def together(test: str) -> str:
    """The name of what a test is dealt out with."""
    path = PurePosixPath(test.partition("::")[0])
    return next((_TOGETHER[str(place)] for place in (path, *path.parents) if str(place) in _TOGETHER), str(path))


def longest_first(items: list[pytest.Item]) -> None:
    """Put the tests into the order in which workers should begin them."""
    ranks = {name: number for number, name in enumerate(_LONG)}
    items.sort(key=lambda item: ranks.get(together(item.nodeid), len(ranks)))
