"""batch/v1: jobs and the cron jobs that make them."""

from __future__ import annotations

from liqolab.apimachinery import builtin as resources
from liqolab.kube.kinds.declaring import field_getter, kind
from liqolab.kube.kinds.printers import workloads as printers
from liqolab.kube.kinds.strategies.jobs import CronJobStrategy, JobStrategy

_ALL = ("all",)

KINDS = (
    kind(
        resources.CRON_JOBS,
        short=("cj",),
        categories=_ALL,
        has_status=True,
        strategy=CronJobStrategy(),
        printer=printers.CRON_JOB,
    ),
    kind(
        resources.JOBS,
        categories=_ALL,
        has_status=True,
        strategy=JobStrategy(),
        printer=printers.JOB,
        selectable={"status.successful": field_getter("status.succeeded", "0")},
        not_selectable='field label "{field}" not supported for Job',
    ),
)
