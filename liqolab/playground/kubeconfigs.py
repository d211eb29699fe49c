"""Kubeconfig files that people keep: adding a cluster's context to one and taking it out again, as KinD does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from liqolab.controller.kubeconfig import problem, write_private
from liqolab.playground.errors import PlaygroundError

_SECTIONS = ("clusters", "users", "contexts")


def target(explicit: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """The file that is written to: the one given, else of ``$KUBECONFIG`` the first that exists, or the last, else
    ``~/.kube/config``.
    """
    files = targets(explicit, environ)
    return next((file for file in files if file.exists()), files[-1])


def targets(explicit: str | None, environ: Mapping[str, str] = os.environ) -> list[Path]:
    """The files that are meant: the one given, else those of ``$KUBECONFIG``, else ``~/.kube/config``."""
    if explicit:
        return [Path(explicit)]
    listed = [Path(part) for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return listed or [Path.home() / ".kube" / "config"]


def merge(file: Path, addition: Path) -> None:
    """Add all entries of `addition` to `file` (replacing those of the same name) and make its context current.

    Raises:
        PlaygroundError: `file` exists but is no kubeconfig, or cannot be written.
    """
    new = yaml.safe_load(addition.read_text())
    document = _read(file) or {"apiVersion": "v1", "kind": "Config", "preferences": {}}
    for section in _SECTIONS:
        names = {entry["name"] for entry in new[section]}
        kept = [entry for entry in document.get(section) or [] if entry.get("name") not in names]
        document[section] = kept + new[section]
    document["current-context"] = new["current-context"]
    _write(file, document)


def remove(file: Path, name: str) -> None:
    """Take everything called `name` out of `file`; nothing happens when it is not there."""
    if not file.exists():
        return
    document = _read(file) or {}
    listed = {section: document.get(section) or [] for section in _SECTIONS}
    kept = {section: [entry for entry in entries if entry.get("name") != name] for section, entries in listed.items()}
    if kept == listed:
        return
    document.update(kept)
    if document.get("current-context") == name:
        document["current-context"] = ""
    _write(file, document)


def _read(file: Path) -> dict[str, Any] | None:
    try:
        text = file.read_text()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise PlaygroundError(
            f"kubeconfig {file} cannot be read: {error}", "name another one with --kubeconfig"
        ) from None
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        document = text
    if document is not None and (not isinstance(document, dict) or problem(document)):
        raise PlaygroundError(
            f"{file} exists and is not a kubeconfig; it was left as it is", "name another one with --kubeconfig"
        )
    return document


def _write(file: Path, document: dict[str, Any]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, yaml.safe_dump(document))
    except OSError as error:
        raise PlaygroundError(f"kubeconfig {file} cannot be written: {error.strerror}") from None
