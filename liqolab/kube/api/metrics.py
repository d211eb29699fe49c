"""``/metrics``: what one API server has done and holds, in Prometheus' text format."""

from __future__ import annotations

import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from liqolab.apimachinery import clock
from liqolab.kube.store.store import Store

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"

Label = tuple[str, str, str]
"""HTTP status code, resource (empty for other paths) and HTTP method."""


class Metrics:
    """Counts the requests of one server, and tells."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._started = clock.time()
        self._requests: defaultdict[Label, int] = defaultdict(int)
        self._seconds: defaultdict[Label, float] = defaultdict(float)

    def observe(self, method: str, name: str, code: int, seconds: float) -> None:
        """Count one answered request."""
        label = (str(code), name, method)
        self._requests[label] += 1
        self._seconds[label] += seconds

    def render(self) -> str:
        """All metrics as text."""
        return "\n".join([*self._lines(), ""])

    def _lines(self) -> Iterator[str]:
        yield "# HELP apiserver_request_total Counter of apiserver requests."
        yield "# TYPE apiserver_request_total counter"
        for label, count in sorted(self._requests.items()):
            yield f"apiserver_request_total{_labels(label)} {count}"
        yield "# HELP apiserver_request_duration_seconds Response latency; watches count their whole life."
        yield "# TYPE apiserver_request_duration_seconds summary"
        for label, seconds in sorted(self._seconds.items()):
            yield f"apiserver_request_duration_seconds_sum{_labels(label)} {seconds:.6f}"
            yield f"apiserver_request_duration_seconds_count{_labels(label)} {self._requests[label]}"
        yield "# HELP apiserver_storage_objects Number of stored objects."
        yield "# TYPE apiserver_storage_objects gauge"
        for name, count in sorted(self._store.collections()):
            yield f'apiserver_storage_objects{{resource="{name}"}} {count}'
        yield "# TYPE process_cpu_seconds_total counter"
        yield f"process_cpu_seconds_total {time.process_time():.2f}"
        yield "# HELP process_max_resident_memory_bytes Largest resident set so far."
        yield "# TYPE process_max_resident_memory_bytes gauge"
        unit = 1 if sys.platform == "darwin" else 1024
        yield f"process_max_resident_memory_bytes {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}"
        yield "# TYPE process_start_time_seconds gauge"
        yield f"process_start_time_seconds {self._started:.2f}"


def _labels(label: Label) -> str:
    code, name, method = label
    return f'{{code="{code}",resource="{name}",verb="{method}"}}'
