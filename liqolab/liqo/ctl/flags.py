"""The flags of ``liqoctl`` 0.5 that several commands have."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from liqolab.commandline.commands import Flag, boolean, duration
from liqolab.liqo.gen05 import names

_PUBLIC_CONNECTION: Final = (
    ("kubeconfig", "Path to the kubeconfig file to use (default: $KUBECONFIG, then ~/.kube/config)"),
    ("context", "The name of the kubeconfig context to use"),
    ("cluster", "The name of the kubeconfig cluster to use"),
    ("user", "The name of the kubeconfig user to use"),
)
_HIDDEN_CONNECTION: Final = (
    Flag("as", "Whom to impersonate"),
    Flag("as-group", "A group to impersonate (repeatable)", repeated=True, shown="stringArray"),
    Flag("as-uid", "The UID to impersonate"),
    Flag("cache-dir", "Accepted and not used: this program keeps no cache"),
    Flag("certificate-authority", "A file with the certificates that the server's is checked against"),
    Flag("client-certificate", "A file with the client's certificate"),
    Flag("client-key", "A file with the client's key"),
    Flag("insecure-skip-tls-verify", "Do not check the server's certificate", boolean, "", default=False),
    Flag("request-timeout", "How long one request may take; 0 for as long as it takes", default="0"),
    Flag("server", "The address of the API server", short="s"),
    Flag("tls-server-name", "The name that the server's certificate must have"),
    Flag("token", "A bearer token"),
)
"""kubectl's flags: known to everybody who needs them, and in the way of everybody else's help."""


def connection(prefix: str = "", where: str = "") -> tuple[Flag, ...]:
    """How a cluster is reached; `prefix` is that of the flags of a second one."""
    public = tuple(Flag(f"{prefix}{name}", f"{about}{where}") for name, about in _PUBLIC_CONNECTION)
    hidden = tuple(
        replace(flag, name=f"{prefix}{flag.name}", short="" if prefix else flag.short, hidden=True)
        for flag in _HIDDEN_CONNECTION
    )
    return (*public, *hidden)


GLOBAL: Final = (
    *connection(),
    Flag("verbose", "Print more about what is done", boolean, "", default=False, short="v"),
)
DEFAULT_REPOSITORY: Final = "https://github.com/liqotech/liqo"
NAMESPACE: Final = Flag("namespace", "The namespace where Liqo is installed", default=names.LIQO_NAMESPACE, short="n")


def timeout(default: str) -> Flag:
    return Flag("timeout", "How long to wait before giving up", duration, "duration", default)
