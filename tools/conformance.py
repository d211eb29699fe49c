"""Run Kubernetes' own conformance suite against embedded clusters and print what holds, by interest group.

With ``--beyond`` it runs what that suite leaves out and what every cluster may still be asked: the specifications
without ``[Conformance]`` that need no feature, no driver and no cluster for themselves, and are not slow. What of these
cannot hold stands in ``tools/beyond.yaml``, by pattern, since what a device or a node's own shell is missing for, it is
missing for in dozens of them.

The suite is the binary ``e2e.test`` of the version that the lab follows (1.34), built from the Go module
``k8s.io/kubernetes`` with ``go test -c k8s.io/kubernetes/test/e2e``. Each lane has a cluster of its own with two worker
nodes, and so have, one after the other, the specifications that want a cluster for themselves (``[Serial]``). What
cannot hold in the lab stands in ``tools/conformance.yaml`` with its reason.

    python tools/conformance.py E2E_TEST [--kubectl FILE] [--lanes N] [--focus REGEX] [--report FOLDER] [--all]
                                [--beyond]
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.clusters import order, serving

MARK: Final = "[Conformance]"
_ALONE: Final = ("[Serial]", "[Disruptive]")
_EXCEPTIONS: Final = Path(__file__).with_name("conformance.yaml")
_BEYOND: Final = Path(__file__).with_name("beyond.yaml")
_PARTICULAR: Final = re.compile(
    r"\[(Conformance|Serial|Slow|Disruptive|Flaky|Alpha|Beta|Deprecated|(Feature|FeatureGate|Driver|Environment)[^]]*)\]"
)
"""What marks a specification that wants more than any cluster has, or that the conformance suite has already."""

_LISTED: Final = re.compile(r"^\s+\S+\.go:\d+: (.+)$", re.MULTILINE)
_NODES: Final = ("control-plane", "worker", "worker2")
_HOURS: Final = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one specification ended: ``passed``, ``failed`` or another word of ginkgo's, and what it said."""

    name: str
    status: str
    text: str


def specifications(binary: Path, *, beyond: bool = False) -> list[str]:
    """The names of all conformance specifications of the binary, or of those `beyond` them."""
    listed = subprocess.run([binary, "--list-tests"], capture_output=True, text=True, check=True).stdout
    return chosen(_LISTED.findall(listed), beyond=beyond)


def chosen(names: Iterable[str], *, beyond: bool) -> list[str]:
    """Those of the names that are of the suite, or `beyond` it."""
    return sorted({name for name in names if (not _PARTICULAR.search(name) if beyond else MARK in name)})


def exceptions() -> dict[str, str]:
    """Name → why it cannot hold."""
    return {row["spec"]: row["reason"] for row in yaml.safe_load(_EXCEPTIONS.read_text())}


def left_out(names: Iterable[str]) -> dict[str, str]:
    """Name → why it cannot hold, of specifications beyond the suite: the reason of the first pattern that it has."""
    rows = [(re.compile(row["pattern"]), row["reason"]) for row in yaml.safe_load(_BEYOND.read_text())]
    reasons = ((name, next((reason for pattern, reason in rows if pattern.search(name)), "")) for name in names)
    return {name: reason for name, reason in reasons if reason}


def group_of(name: str) -> str:
    """The interest group that a specification belongs to: ``sig-apps``."""
    found = re.match(r"\[(sig-[a-z-]+)\]", name)
    return found[1] if found else "other"


def run(binary: Path, kubectl: str, names: Sequence[str], folder: Path) -> list[Outcome]:
    """Run specifications one after the other against a new cluster; the folder gets the log and the report."""
    if not names:
        return []
    folder.mkdir(parents=True)
    nodes = [
        {"name": f"{folder.name}-{name}", "role": name.rstrip("2") if name != "control-plane" else name, "labels": {}}
        for name in _NODES
    ]
    with tempfile.TemporaryDirectory(prefix="liqolab-conformance-") as root:
        settings = {"version": "v1.34.4", "nodes": nodes, "serviceCIDR": "10.96.0.0/16"}
        with serving(order(Path(root, folder.name), **settings)) as clusters:
            command = [
                str(binary), f"--kubeconfig={clusters[folder.name].kubeconfig}", "--provider=skeleton",
                f"--kubectl-path={kubectl}", f"--ginkgo.focus={'|'.join(f'{re.escape(name)}$' for name in names)}",
                f"--ginkgo.timeout={_HOURS}h", "--ginkgo.no-color", "--ginkgo.silence-skips", "--disable-log-dump",
                f"--report-dir={folder}", "--num-nodes=2", "--system-pods-startup-timeout=30s",
            ]  # fmt: skip
            with (folder / "log").open("w") as log:
                subprocess.run(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, check=False)
    return outcomes(folder)


def outcomes(folder: Path) -> list[Outcome]:
    """What the reports in a folder say."""
    found = []
    for report in sorted(folder.glob("junit*.xml")):
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            name = case.get("name", "").removeprefix("[It] ")
            if name.startswith("[sig-") and case.find("skipped") is None:
                failure = case.find("failure")
                found.append(Outcome(name, case.get("status", ""), (failure.text or "") if failure is not None else ""))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    listed = specifications(options.binary, beyond=options.beyond)
    names = [name for name in listed if re.search(options.focus, name)]
    excused = left_out(names) if options.beyond else exceptions()
    wanted = [name for name in names if options.all or name not in excused]
    together = [name for name in wanted if not any(mark in name for mark in _ALONE)]
    alone = [name for name in wanted if name not in set(together)]
    folder: Path = options.report or Path(tempfile.mkdtemp(prefix="liqolab-conformance-"))
    binary, kubectl = options.binary.resolve(), options.kubectl or shutil.which("kubectl") or "kubectl"
    shares = {f"lane-{lane}": together[lane :: options.lanes] for lane in range(options.lanes)} | {"alone": alone}
    with ThreadPoolExecutor(options.lanes + 1) as threads:
        jobs = [threads.submit(run, binary, kubectl, share, folder / name) for name, share in shares.items()]
        found = [outcome for job in jobs for outcome in job.result()]
    return report(found, wanted, {name: excused[name] for name in names if name in excused})


def report(found: Iterable[Outcome], wanted: Sequence[str], excused: dict[str, str]) -> int:
    """Print a table by interest group, and what is unexpected; 1 if anything is."""
    status = {outcome.name: outcome for outcome in found}
    table: dict[str, Counter[str]] = {}
    failed, surprising = [], []
    for name in sorted({*wanted, *excused}):
        row = table.setdefault(group_of(name), Counter())
        outcome = status.get(name)
        passed = outcome is not None and outcome.status == "passed"
        kind = "passed" if passed else "left out" if name in excused else "failed"
        row[kind] += 1
        if kind == "failed":
            failed.append((name, outcome.text if outcome else "it did not come to an end"))
        if passed and name in excused:
            surprising.append(name)
    print(f"{'':24}{'passed':>8}{'failed':>8}{'left out':>10}")
    total: Counter[str] = Counter()
    for group, row in table.items():
        total += row
        print(f"{group:24}{row['passed']:>8}{row['failed']:>8}{row['left out']:>10}")
    print(f"{'all':24}{total['passed']:>8}{total['failed']:>8}{total['left out']:>10}")
    for name, text in failed:
        print(f"\nFAILED {name}\n  " + "\n  ".join(text.strip().splitlines()[:12]))
    for name in surprising:
        print(f"\nHOLDS AFTER ALL, and has to leave {(_EXCEPTIONS if MARK in name else _BEYOND).name}: {name}")
    return 1 if failed or surprising else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run Kubernetes' conformance suite against embedded clusters.")
    parser.add_argument("binary", type=Path, help="e2e.test of Kubernetes 1.34")
    parser.add_argument("--kubectl", help="of the same version; default: the one on the PATH")
    parser.add_argument("--lanes", type=int, default=2, help="clusters at the same time (%(default)s)")
    parser.add_argument("--focus", default="", help="a regular expression: only specifications whose name has it")
    parser.add_argument("--report", type=Path, help="a new folder for logs and JUnit reports; default: a temporary one")
    parser.add_argument("--all", action="store_true", help="also run what cannot hold")
    parser.add_argument("--beyond", action="store_true", help="run what any cluster may be asked beyond conformance")
    return parser


if __name__ == "__main__":
    sys.exit(main())
