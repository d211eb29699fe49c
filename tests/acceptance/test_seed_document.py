"""The seed document's commands, word for word, print what the seed document prints.

What is another at every run (ages, identifiers, hashes, random suffixes, moments, the host part of an address) is
taken out of both sides before they are compared. The document shows three labels of a node and says that others were
omitted, so the others are omitted here too.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from tests.acceptance.conftest import OnPath
from tests.laboratory import LESSON, Laboratory

DATA = Path(__file__).parent / "data"

_VARYING = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<identifier>"),
    (re.compile(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"'), "<moment>"),
    (re.compile(r"\b(app-\w+)-[a-z0-9]{8,10}-[a-z0-9]{5}\b"), r"\1-<hash>-<suffix>"),
    (re.compile(r"^(\s+(?:florence|naples))-[0-9a-f]{6}:$"), r"\1-<hash>:"),
    (re.compile(r"\b10\.204\.0\.\d+\b"), "10.204.0.<host>"),
)
_AGE = re.compile(r"(\d+[dhms]){1,2}")
_LABELS_SHOWN = ("liqo.io/remote-cluster-id", "liqo.io/type", "topology.liqo.io/region")


def _printed() -> dict[str, list[str]]:
    """Command → the lines that the document prints under it."""
    blocks = re.split(r"^\$ ", (DATA / "seed-outputs.txt").read_text(), flags=re.MULTILINE)[1:]
    return {block.splitlines()[0]: block.rstrip().splitlines()[1:] for block in blocks}


PRINTED = _printed()


# The reader of the document looked at the pods after minutes, a script looks after the tenth of a second that kubectl
# takes to start. A pod needs about half of that to run in the other cluster, but not always on a machine that is busy
# with other tests. A pod that takes longer than kubectl on a quiet machine would be too late each time.
_ATTEMPTS = 6
_TOO_EARLY = re.compile(r"^app-south-\S+ +0/1 +(Pending|ContainerCreating) +0 +[01]s ", re.MULTILINE)


@pytest.fixture(scope="module")
def transcript(kubectl: OnPath, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the commands print in a new playground; they end with exit code 0 and leave nothing behind."""
    printed = ""
    for _ in range(_ATTEMPTS):
        lab = Laboratory(tmp_path_factory.mktemp("seed"), PATH=kubectl.path)
        printed = lab.liqolab("shell", LESSON, "-c", (DATA / "seed.sh").read_text())
        assert lab.left_behind() == []
        if not _TOO_EARLY.search(printed):
            break
    return printed


@pytest.mark.parametrize("command", PRINTED)
def test_a_command_prints_what_the_document_prints(transcript: str, command: str) -> None:
    expected, printed = _normal(PRINTED[command]), _normal(transcript.splitlines())
    assert _stands_in(expected, printed), "\n".join([*expected, "", "is not in", "", transcript])


def test_clusters_are_named_by_the_hash_of_their_identifiers(transcript: str) -> None:
    identifiers = dict(re.findall(r"^liqo-(\w+) .*liqo\.io/remote-cluster-id=([0-9a-f-]+)", transcript, re.MULTILINE))
    names = re.findall(r"^    (\w+-[0-9a-f]{6}):$", transcript, re.MULTILINE)
    assert names == [
        f"{name}-{hashlib.sha256(identifiers[name].encode()).hexdigest()[:6]}" for name in ("florence", "naples")
    ]


def _stands_in(block: list[str], lines: list[str]) -> bool:
    return any(lines[start : start + len(block)] == block for start in range(len(lines) - len(block) + 1))


def _normal(lines: list[str]) -> list[str]:
    return [_normal_line(line.rstrip()) for line in lines]


def _normal_line(line: str) -> str:
    for pattern, name in _VARYING:
        line = pattern.sub(name, line)
    indent = line[: len(line) - len(line.lstrip())]
    return indent + "   ".join(_normal_cell(cell) for cell in re.split(r" {2,}", line.lstrip()))


def _normal_cell(cell: str) -> str:
    if _AGE.fullmatch(cell):
        return "<age>"
    if f"{_LABELS_SHOWN[0]}=" in cell:
        return ",".join(label for label in cell.split(",") if label.partition("=")[0] in _LABELS_SHOWN)
    return cell
