"""The controllers of kube-controller-manager, one module or package each.

Every controller is written against `Client` and `Manager` only: it runs inside a cluster's process and, unchanged,
against any other API server over HTTPS. `installation` adds them all.
"""
