"""Which program stands behind which image: the mapping that the entry point group ``liqolab.programs`` publishes."""

from __future__ import annotations

from typing import Final

PROGRAMS: Final[dict[str, str]] = {
    "registry.k8s.io/ingress-nginx/controller": "liqolab.ingress.controller:run",
    "registry.k8s.io/ingress-nginx/kube-webhook-certgen": "liqolab.ingress.certgen:run",
    "k8s.gcr.io/ingress-nginx/kube-webhook-certgen": "liqolab.ingress.certgen:run",
}
"""Image repository without tag → ``package.module:function``; see `liqolab.program.Program`. Charts of their time name
the older registry.
"""


def options(args: tuple[str, ...]) -> dict[str, str]:
    """The flags of a command line, ``--name=value`` or ``--name``, without their dashes."""
    flags = (word[2:].partition("=") for word in args if word.startswith("--"))
    return {name: value if separator else "true" for name, separator, value in flags}
