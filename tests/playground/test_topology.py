from pathlib import Path

import pytest

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.topology import from_kind_config

HEAD = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "cluster.yaml"
    path.write_text(text)
    return path


def test_the_tag_of_the_node_image_is_the_version_that_is_shown(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        HEAD + "networking: {podSubnet: 10.200.0.0/16}\n"
        "nodes: [{role: control-plane, image: 'kindest/node:v1.23.6@sha256:00'}]",
    )
    spec = from_kind_config("venice", path)
    assert (spec.version, spec.pod_cidr, spec.service_cidr) == ("v1.23.6", "10.200.0.0/16", "10.96.0.0/16")


def test_nodes_are_named_as_kind_names_them(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + "nodes: [{role: control-plane}, {role: worker}, {role: worker}]")
    assert [node.name for node in from_kind_config("rome", path).nodes] == [
        "rome-control-plane",
        "rome-worker",
        "rome-worker2",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("kind: Pod", "unknown apiVersion"),
        ("a: [", "could not determine kind"),
        (HEAD + "nodes: [{role: worker}]", "must have at least one control-plane node"),
        (HEAD + "nodes: [{role: boss}]", "not a valid node role"),
        (HEAD + "networking: {podSubnet: nonsense}", "invalid pod subnet"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(PlaygroundError, match=complaint):
        from_kind_config("rome", write(tmp_path, text))


def test_a_cluster_name_is_a_label() -> None:
    with pytest.raises(PlaygroundError, match="not a valid cluster name"):
        from_kind_config("Rome!", None)
