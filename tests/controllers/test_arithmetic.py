"""What controllers compute: sizes, and when to look again."""

from __future__ import annotations

import pytest

from liqolab.kube.controllers.deployment.status import seconds_until_late
from tests.controllers.test_deployments import deployment


@pytest.mark.parametrize(
    ("reason", "again"),
    [("NewReplicaSetAvailable", None), ("ProgressDeadlineExceeded", None), ("ReplicaSetUpdated", 0.0)],
)
def test_a_rollout_that_cannot_become_late_any_more_is_not_waited_for(reason: str, again: float | None) -> None:
    """Whose pods have all become unready long after a rollout that went well, for instance."""
    item = deployment(1, progressDeadlineSeconds=600)
    row = {"type": "Progressing", "status": "True", "reason": reason, "lastUpdateTime": "2020-01-01T00:00:00Z"}
    item["status"] = {"replicas": 1, "updatedReplicas": 1, "conditions": [row]}
    assert seconds_until_late(item, item["status"]) == again
