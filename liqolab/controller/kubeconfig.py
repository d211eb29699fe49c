"""Kubeconfig files: which server, which credentials, which namespace.

Follows client-go's loading rules as far as people rely on them: ``KUBECONFIG`` may list several files, the first value
of a name wins, relative paths in a file are relative to that file. Writing is atomic and private (0600).
"""

from __future__ import annotations

import base64
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_SECTIONS = {"contexts": "context", "clusters": "cluster", "users": "user"}
_UNSUPPORTED_OF_USER = {
    **dict.fromkeys(("exec", "auth-provider"), "use a kubeconfig with a token or a client certificate"),
    **dict.fromkeys(("username", "password"), "Kubernetes knows no passwords since 1.19; use a token"),
    **dict.fromkeys(("as", "as-uid", "as-groups", "as-user-extra"), "use the credentials of that user"),
}
_UNSUPPORTED_OF_CLUSTER = {"proxy-url": "reach the server without a proxy"}
"""Field → what to do instead."""

_Document = tuple[Path, dict[str, Any]]


class KubeconfigError(Exception):
    """A kubeconfig that cannot be used; the message says which file, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a context of a kubeconfig grants: everything needed to open a connection.

    Attributes:
        server: base URL of the API server.
        ca: CA bundle (PEM); None trusts the machine's own.
        certificate, key: client certificate and key (PEM).
        token: bearer token.
        namespace: default namespace of the context.
        insecure: do not verify the server's certificate.
        tls_server_name: name to verify instead of the URL's host.
    """

    server: str
    ca: bytes | None = None
    certificate: bytes | None = None
    key: bytes | None = None
    token: str | None = None
    namespace: str = "default"
    insecure: bool = False
    tls_server_name: str | None = None


def load(
    path: str | os.PathLike[str] | None = None,
    context: str | None = None,
    *,
    cluster_name: str | None = None,
    user_name: str | None = None,
) -> Access:
    """Read the access that `context` (default: the current one) of a kubeconfig gives.

    Args:
        path: a file, or None for ``$KUBECONFIG`` and then ``~/.kube/config``.
        context: name of a context.
        cluster_name: take this cluster instead of the one that the context names.
        user_name: take this user instead of the one that the context names.

    Raises:
        KubeconfigError: a file is missing or unreadable, or a name in it leads nowhere.
    """
    documents = [(file, _read(file)) for file in _files(path)]
    merged = _merged(documents)
    current = context or next((name for _, each in documents if (name := each.get("current-context"))), "")
    shown = ", ".join(str(file) for file, _ in documents)
    if not current:
        raise KubeconfigError(f"{shown}: no current-context is set; name one with --context")
    _, chosen = _lookup(merged, "contexts", current, shown)
    cluster_file, cluster = _lookup(merged, "clusters", cluster_name or chosen.get("cluster", ""), shown)
    user_chosen = user_name or chosen.get("user")
    user_file, user = _lookup(merged, "users", user_chosen, shown) if user_chosen else (Path(), {})
    _refuse_unsupported(cluster, user, shown)
    return Access(
        server=str(cluster.get("server", "")).rstrip("/"),
        ca=_data(cluster, "certificate-authority", cluster_file),
        certificate=_data(user, "client-certificate", user_file),
        key=_data(user, "client-key", user_file),
        token=user.get("token") or _token_file(user, user_file),
        namespace=chosen.get("namespace") or "default",
        insecure=bool(cluster.get("insecure-skip-tls-verify")),
        tls_server_name=cluster.get("tls-server-name"),
    )


def render(name: str, access: Access) -> str:
    """The text of a kubeconfig with one cluster, user and context, all called `name`."""
    cluster: dict[str, Any] = {"server": access.server}
    if access.ca:
        cluster["certificate-authority-data"] = base64.b64encode(access.ca).decode()
    if access.insecure:
        cluster["insecure-skip-tls-verify"] = True
    if access.tls_server_name:
        cluster["tls-server-name"] = access.tls_server_name
    user: dict[str, Any] = {}
    if access.certificate and access.key:
        user["client-certificate-data"] = base64.b64encode(access.certificate).decode()
        user["client-key-data"] = base64.b64encode(access.key).decode()
    if access.token:
        user["token"] = access.token
    context = {"cluster": name, "user": name}
    if access.namespace != "default":
        context["namespace"] = access.namespace
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": context}],
        "current-context": name,
    }
    return yaml.safe_dump(document, sort_keys=True)


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path` with mode 0600, so that no reader ever sees half of it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _files(path: str | os.PathLike[str] | None) -> list[Path]:
    if path:
        return [Path(path)]
    variable = os.environ.get("KUBECONFIG", "")
    listed = [Path(part) for part in variable.split(os.pathsep) if part]
    if len(listed) > 1:
        # As client-go does: of several files, those that do not exist are passed over.
        listed = [file for file in listed if file.exists()] or listed[:1]
    return listed or [Path.home() / ".kube" / "config"]


def _read(file: Path) -> dict[str, Any]:
    try:
        document = yaml.load(file.read_text(), Loader=_Loader)  # noqa: S506 - a safe loader, in C where there is one
    except FileNotFoundError:
        raise KubeconfigError(
            f"kubeconfig {file} does not exist; set --kubeconfig or KUBECONFIG to one that does"
        ) from None
    except OSError as error:
        raise KubeconfigError(f"kubeconfig {file} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise KubeconfigError(f"kubeconfig {file} is not valid YAML: {error}") from None
    if not isinstance(document, dict):
        raise KubeconfigError(f"kubeconfig {file} is empty or not a mapping; write it anew")
    if misshapen := problem(document):
        raise KubeconfigError(f"kubeconfig {file} is not a kubeconfig: {misshapen}")
    return document


def problem(document: dict[str, Any]) -> str:
    """What in a kubeconfig's document is not as kubeconfigs are; empty when all is."""
    for section, field in _SECTIONS.items():
        entries = document.get(section) or []
        if not isinstance(entries, list):
            return f"{section} is not a list"
        for number, entry in enumerate(entries):
            if not isinstance(entry, dict) or not isinstance(entry.get("name", ""), str):
                return f"{section}[{number}] is not a mapping with a name"
            if not isinstance(entry.get(field) or {}, dict):
                return f"{section}[{number}].{field} is not a mapping"
    if not isinstance(document.get("current-context") or "", str):
        return "current-context is not a text"
    return ""


def _refuse_unsupported(cluster: dict[str, Any], user: dict[str, Any], shown: str) -> None:
    """Name what this reader would have to leave out: the server would answer somebody else, or not at all."""
    for entry, fields in ((user, _UNSUPPORTED_OF_USER), (cluster, _UNSUPPORTED_OF_CLUSTER)):
        for field, instead in fields.items():
            if entry.get(field):
                raise KubeconfigError(f"{shown}: {field} is not supported here; {instead}")


def _merged(documents: list[_Document]) -> dict[str, dict[str, _Document]]:
    """Section → name → the first entry of that name, and the file that it is from."""
    merged: dict[str, dict[str, _Document]] = {section: {} for section in _SECTIONS}
    for file, document in documents:
        for section, field in _SECTIONS.items():
            for entry in document.get(section) or []:
                merged[section].setdefault(entry.get("name", ""), (file, entry.get(field) or {}))
    return merged


def _lookup(merged: dict[str, dict[str, _Document]], section: str, name: str, shown: str) -> _Document:
    try:
        return merged[section][name]
    except KeyError:
        known = ", ".join(sorted(merged[section])) or "none"
        raise KubeconfigError(f'{shown}: {section[:-1]} "{name}" does not exist (known: {known})') from None


def _data(entry: dict[str, Any], field: str, file: Path) -> bytes | None:
    if inline := entry.get(f"{field}-data"):
        try:
            return base64.b64decode(inline, validate=True)
        except ValueError as error:
            raise KubeconfigError(f"kubeconfig {file}: {field}-data is not base64: {error}") from None
    if named := entry.get(field):
        target = file.parent / str(named)
        try:
            return target.read_bytes()
        except OSError as error:
            raise KubeconfigError(f"kubeconfig {file}: {field} {target} cannot be read: {error.strerror}") from None
    return None


def _token_file(user: dict[str, Any], file: Path) -> str | None:
    if named := user.get("tokenFile"):
        try:
            return (file.parent / str(named)).read_text().strip()
        except OSError as error:
            raise KubeconfigError(f"kubeconfig {file}: tokenFile {named} cannot be read: {error.strerror}") from None
    return None
