"""Subresources that carry bytes instead of objects: logs and proxies; exec and port-forward are refused in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from liqolab.kube.api.handler import Address, Handler
from liqolab.kube.api.streams import interactive, logs, proxy

STREAMS: Final[Mapping[Address, Handler]] = {
    ("", "pods", "log"): logs.log,
    ("", "pods", "proxy"): proxy.pod,
    ("", "services", "proxy"): proxy.service,
    ("", "nodes", "proxy"): proxy.node,
    ("", "pods", "exec"): interactive.refuse,
    ("", "pods", "attach"): interactive.refuse,
    ("", "pods", "portforward"): interactive.refuse,
}
