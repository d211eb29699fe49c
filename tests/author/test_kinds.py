"""The linter's table of kinds, held to what the embedded cluster and Liqo really serve."""

from __future__ import annotations

from pathlib import Path

import yaml

from liqolab.author.lint.kinds import KINDS, complaint
from liqolab.kube.kinds.builtin import BUILTIN
from liqolab.kube.kinds.measured import GROUP

ROOT = Path(__file__).parents[2]


def test_the_linter_knows_every_kind_that_a_cluster_knows() -> None:
    # A manifest cannot hold what is measured.
    served = {(spec.resource.api_version, spec.resource.kind) for spec in BUILTIN if spec.resource.group != GROUP}
    for file in (ROOT / "liqolab/liqo/gen05/crds").glob("*.yaml"):
        spec = yaml.safe_load(file.read_text())["spec"]
        served |= {(f"{spec['group']}/{version['name']}", spec["names"]["kind"]) for version in spec["versions"]}
    known = {(version, kind) for version, kinds in KINDS.items() for kind in kinds}
    # `List` is kubectl's, `Cluster` is kind's.
    assert known - served == {("v1", "List"), ("kind.x-k8s.io/v1alpha4", "Cluster")}
    assert served - known == set()


def test_a_wrong_version_is_told_from_a_kind_that_does_not_exist() -> None:
    assert complaint("apps/v1", "Deployment") == ""
    assert complaint("extensions/v1beta1", "Deployment") == "Deployment is of apps/v1, not of extensions/v1beta1"
    assert complaint("a.b/v1", "Thing") == "no cluster of a lesson knows a Thing of a.b/v1"
    assert complaint("a.b/v1", "Thing", {"a.b"}) == ""
