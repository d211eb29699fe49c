"""A file of clusters is read as it was meant, and one that makes no sense is told so in its own terms."""

from __future__ import annotations

from pathlib import Path

import pytest

from liqolab.playground.errors import PlaygroundError
from liqolab.testing.topology import Topology, load_topology


def _load(folder: Path, text: str) -> Topology:
    (folder / "mine.yaml").write_text(text)
    return load_topology("mine.yaml", folder)


@pytest.mark.parametrize(
    ("labels", "read"),
    [
        ("{rank: 1, weight: 1.5, 3: third}", {"rank": "1", "weight": "1.5", "3": "third"}),
        ("{shared: true}", {"shared": "True"}),
        ("", {}),
    ],
)
def test_labels_are_texts_whatever_yaml_takes_them_for(tmp_path: Path, labels: str, read: dict[str, str]) -> None:
    (cluster,) = _load(tmp_path, f"clusters:\n  - name: 7\n    config:\n    labels: {labels}\n").clusters
    assert (cluster.name, cluster.config, cluster.liqo_labels) == ("7", None, read)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("liqo: true", "there are no clusters in it\nlist them below clusters:, each with a name:"),
        ("clusters: []", "there are no clusters in it\nlist them below clusters:, each with a name:"),
        ("clusters: [{labels: {a: b}}]", "a cluster has no name\nwrite - name: venice"),
        ("clusters: [{name: ''}]", "a cluster has no name\nwrite - name: venice"),
        ("clusters: [{nam: a}]", '"nam" is not known here\nknown: config, labels, name'),
        ("clusters: [{name: a, labels: [b]}]", "labels is not a map of texts"),
        ("clusters: [{name: a}, {name: a}]", "two clusters have the same name"),
    ],
)
def test_what_makes_no_sense_is_told_in_the_terms_of_the_file(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(PlaygroundError) as caught:
        _load(tmp_path, text)
    assert caught.value.told() == f"{tmp_path / 'mine.yaml'}: {told}"


def test_a_topology_says_whose_liqo_its_clusters_get(tmp_path: Path) -> None:
    def loaded(liqo: str) -> Topology:
        return _load(tmp_path, f"liqo: {liqo}\nclusters: [{{name: venice}}]\n")

    assert [(each.liqo, each.whose) for each in map(loaded, ("true", "false", "own", "upstream"))] == [
        (True, ""),
        (False, ""),
        (True, "own"),
        (True, "upstream"),
    ]
    with pytest.raises(PlaygroundError, match="liqo"):
        loaded("theirs")
