"""All sentences: importing this module registers every one of them."""

from __future__ import annotations

from liqolab.steps import commands, liqo, objects, workloads
from liqolab.steps.registry import REGISTRY

__all__ = ["REGISTRY", "commands", "liqo", "objects", "workloads"]
