"""liqolab: a laboratory for multi-cluster Kubernetes with Liqo.

The package is headless: no screen code, no Jupyter code. `docs/architecture.md` maps its rooms.
"""

__version__ = "0.1.0"
