"""What is measured, what it should be, and what real control planes needed: one table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report.

    Attributes:
        key: the figure's name in the JSON report.
        title: its name for people.
        unit: ``s``, ``ms`` or ``MB``.
        aim: at most this, where there is an aim.
        real: what Kubernetes' own control plane (etcd, API server, controller manager, scheduler; no Liqo) needed on
            two cores.
    """

    key: str
    title: str
    unit: str
    aim: float | None = None
    real: float | None = None


ROWS: Final = (
    Row("help", "liqolab --help", "s", aim=0.1),
    Row("liqoctl", "liqoctl version --client", "s"),
    Row("up", "three clusters with Liqo up", "s", aim=3.0),
    Row("up_cpu", "  processor time of that", "s"),
    Row("kind_up", "  the same on KinD", "s"),
    Row("clusters", "three clusters up, without Liqo", "s", real=6.0),
    Row("clusters_cpu", "  processor time of that", "s"),
    Row("kind_clusters", "  the same on KinD", "s"),
    Row("rss_bare", "memory a cluster, before Liqo (RSS)", "MB", real=504),
    Row("pss_bare", "  with shared pages shared out (PSS)", "MB"),
    Row("rss_liqo", "memory a cluster, with Liqo (RSS)", "MB", aim=80),
    Row("pss_liqo", "  with shared pages shared out (PSS)", "MB"),
    Row("rss_deployed", "memory a cluster, tutorial deployed (RSS)", "MB"),
    Row("pss_deployed", "  with shared pages shared out (PSS)", "MB"),
    Row("create", "create a ConfigMap", "ms", aim=1.2, real=1.2),
    Row("get", "get it", "ms", aim=0.6, real=0.6),
    Row("patch", "merge-patch it", "ms"),
    Row("list", "list of 400", "ms", aim=3.9, real=3.9),
    Row("save", "snapshot save", "s", aim=1.0),
    Row("restore", "snapshot restore", "s", aim=1.0),
    Row("tutorial", "the whole tutorial", "s", aim=15.0),
    Row("kind_tutorial", "  the same on KinD", "s"),
    Row("atlas_first", "first picture of 3 x 1000 pods", "ms"),
    Row("atlas_idle", "  processor time at rest, of one core", "%", aim=5),
    Row("atlas_change", "  a change in the API until it is in the picture", "ms", aim=100),
    Row("atlas_memory", "  memory of the process (RSS)", "MB"),
    Row("sleepers_start", "2000 sleeping pods on 20 nodes", "s"),
    Row("sleepers_start_cpu", "  processor time of that", "s"),
    Row("sleepers_memory", "  memory a pod (RSS)", "KB"),
    Row("sleepers_threads", "  threads of all of them", ""),
    Row("sleepers_rest", "  processor time at rest, of one core", "%", aim=1),
    Row("notebook_cell", "a notebook's kernel from its start to its first cell's end", "s", aim=3.0),
    Row("notebook_picture", "  a change in the API until it is in the picture", "ms", aim=300),
)


@dataclass(slots=True)
class Report:
    """Samples by key of `Row`."""

    samples: dict[str, list[float]] = field(default_factory=dict)

    def add(self, key: str, *values: float) -> None:
        """Take in samples, in the row's unit."""
        self.samples.setdefault(key, []).extend(values)

    def as_json(self) -> dict[str, dict[str, Any]]:
        """Of each measured figure: ``median``, ``p95``, ``samples`` (their number), ``unit``, ``aim``, ``real``, and
        ``ratio``, the median in units of the aim.
        """
        return {row.key: _summary(row, self.samples[row.key]) for row in ROWS if row.key in self.samples}


def _summary(row: Row, samples: list[float]) -> dict[str, Any]:
    middle = median(samples)
    return {
        "median": middle,
        "p95": percentile_95(samples),
        "samples": len(samples),
        "unit": row.unit,
        "aim": row.aim,
        "real": row.real,
        "ratio": middle / row.aim if row.aim else None,
    }


def percentile_95(samples: Iterable[float]) -> float:
    """The value that 95 of 100 samples stay below; the largest of a few samples."""
    ordered = sorted(samples)
    return quantiles(ordered, n=20)[-1] if len(ordered) >= 20 else ordered[-1]


def table(report: Report) -> str:
    """The report as text, a line a figure."""
    lines = [("", "median", "p95", "unit", "aim", "of aim", "real control plane")]
    summaries = report.as_json()
    for row in ROWS:
        found = summaries.get(row.key)
        if found is None:
            continue
        share = f"{found['ratio']:.0%}" if found["ratio"] else ""
        middle, high = _number(found["median"]), _number(found["p95"]) if found["samples"] > 1 else ""
        lines.append((row.title, middle, high, row.unit, _number(row.aim), share, _number(row.real)))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(_aligned(line, widths) for line in lines)


def _aligned(line: tuple[str, ...], widths: list[int]) -> str:
    title, *cells = (
        cell.ljust(width) if column in (0, 3) else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(line, widths, strict=True))
    )
    return "   ".join((title, *cells)).rstrip()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}" if value >= 30 else f"{value:.2f}"
