"""Cron jobs: a job at every tick of a schedule.

- `schedule`: understands ``*/5 * * * *`` and finds the next tick; pure.
- `controller`: starts jobs, replaces or forbids overlapping ones, and trims their history.
"""

from liqolab.kube.controllers.cronjob.controller import install

__all__ = ["install"]
