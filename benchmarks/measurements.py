"""The measurements, each a function that adds its figures to a report."""

from __future__ import annotations

from typing import Final

from benchmarks import latency
from benchmarks.figures import Report
from benchmarks.lab import LIQOCTL, LIQOLAB, Lab
from benchmarks.processes import FailedError, memory, timed

_AFTER_DEPLOY: Final = "Remove the conflicting affinity"
"""The name of the lesson's step that follows "Deploy applications": when it begins, all pods are running."""


def command_lines(lab: Lab, report: Report, repeat: int) -> None:
    """Programs that do next to nothing."""
    for key, command in (("help", (*LIQOLAB, "--help")), ("liqoctl", (*LIQOCTL, "version", "--client"))):
        timed(command, lab.environment)
        report.add(key, *(timed(command, lab.environment).wall for _ in range(repeat * 3)))


def bare_clusters(lab: Lab, report: Report, repeat: int) -> None:
    """Three clusters without Liqo."""
    for _ in range(repeat):
        with lab.up("bench", "--without-liqo") as cost:
            report.add("clusters", cost.wall)
            report.add("clusters_cpu", cost.cpu)
            _memory(lab, report, "bare")


def clusters_with_liqo(lab: Lab, report: Report, repeat: int) -> None:
    """Three clusters with Liqo; of the last round, their latency and snapshots."""
    for number in range(repeat):
        with lab.up("bench") as cost:
            report.add("up", cost.wall)
            report.add("up_cpu", cost.cpu)
            _memory(lab, report, "liqo")
            if number == repeat - 1:
                latency.measure(lab.kubeconfigs()[0], report)
                _snapshots(lab, report)


def tutorial(lab: Lab, report: Report, repeat: int) -> None:
    """`liqolab run`, with a look at the clusters' memory when the lesson's pods have been deployed.

    Raises:
        FailedError: a check of the lesson did not hold.
    """
    for _ in range(repeat):
        shown: list[str] = []

        def look(line: str, shown: list[str] = shown) -> None:
            shown.append(line)
            if line.startswith(_AFTER_DEPLOY) and not any(part.startswith(_AFTER_DEPLOY) for part in shown[:-1]):
                _memory(lab, report, "deployed")

        code, seconds = lab.follow("run", "offloading-with-policies", heard=look)
        if code != 0:
            raise FailedError("liqolab run failed:\n" + "".join(shown))
        report.add("tutorial", seconds)


def on_kind(lab: Lab, report: Report, repeat: int) -> None:
    """The same clusters and the same lesson on KinD's own clusters, once each: they take minutes.

    Raises:
        FailedError: there is no KinD here, or a check of the lesson did not hold.
    """
    lab.liqolab("doctor", "--provider", "kind")
    for key, arguments in (("kind_clusters", ["--without-liqo"]), ("kind_up", [])):
        with lab.up("bench", "--provider", "kind", *arguments) as cost:
            report.add(key, cost.wall)
    shown: list[str] = []
    code, seconds = lab.follow("run", "offloading-with-policies", "--provider", "kind", heard=shown.append)
    if code != 0:
        raise FailedError("liqolab run failed:\n" + "".join(shown))
    report.add("kind_tutorial", seconds)


def _snapshots(lab: Lab, report: Report) -> None:
    report.add("save", lab.liqolab("snapshot", "save", "bench", "--playground", "bench").wall)
    report.add("restore", lab.liqolab("snapshot", "restore", "bench", "--playground", "bench").wall)
    lab.liqolab("snapshot", "delete", "bench", "--playground", "bench")


def _memory(lab: Lab, report: Report, moment: str) -> None:
    for found in map(memory, lab.pids()):
        report.add(f"rss_{moment}", found.rss)
        report.add(f"pss_{moment}", found.pss)
