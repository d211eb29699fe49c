"""liqolab: a laboratory for multi-cluster Kubernetes with Liqo.

The package is headless: no screen code, and no Jupyter code outside of `liqolab.notebook`. `docs/architecture.md` maps
its rooms. In a notebook it is more than that: ``liqolab.open`` opens a lesson, ``%load_ext liqolab`` gives the magics.
"""

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """``open``, imported when somebody asks for it: the package itself is to be imported at once."""
    if name == "open":
        return _notebook().open
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext liqolab``."""
    _notebook().load(shell)


def _notebook() -> Any:
    # By name, as entry points are: no package knows its faces.
    from importlib import import_module

    return import_module("liqolab.notebook.python")
