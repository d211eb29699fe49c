"""The controllers of kube-controller-manager, one module or package each.

Every controller is written against `Client` and `Manager` only: it runs inside a cluster's process and, unchanged,
against any other API server over HTTPS. `install` adds them all.
"""

from liqolab.kube.controllers.installation import install
from liqolab.kube.controllers.settings import ControllerSettings, TokenIssuer

__all__ = ["ControllerSettings", "TokenIssuer", "install"]
