"""Notebooks as files: ``.ipynb``, or MyST Markdown for those who keep notebooks in Git."""

from __future__ import annotations

import json
from pathlib import Path

from liqolab.notebook.document import OURS, Notebook, text

MYST = ".md"
IPYNB = ".ipynb"


class NotebookError(Exception):
    """A notebook that cannot be read or written; `hint` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def encode(document: Notebook, suffix: str) -> str:
    """The content of a file with that ending.

    Raises:
        NotebookError: no notebook ends like that.
    """
    if suffix == IPYNB:
        return text(document)
    if suffix == MYST:
        import jupytext
        import nbformat

        kept = {**document["metadata"], "jupytext": {"notebook_metadata_filter": f"{OURS},kernelspec,jupytext"}}
        return str(jupytext.writes(nbformat.from_dict({**document, "metadata": kept}), fmt="md:myst"))
    raise NotebookError(f"{suffix or 'no ending'} is not how a notebook ends", f"name a file in {IPYNB} or {MYST}")


def read(path: Path) -> Notebook:
    """A notebook from a file.

    Raises:
        NotebookError: it cannot be read, or is none.
    """
    try:
        content = path.read_text(encoding="utf-8")
        if path.suffix == MYST:
            import jupytext

            return dict(jupytext.reads(content, fmt="md:myst"))
        document = json.loads(content)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise NotebookError(f"{path} cannot be read: {reason}", "name a notebook, or a lesson") from None
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise NotebookError(f"{path} is no notebook: it has no cells", "name a notebook, or a lesson")
    return document


def write(document: Notebook, path: Path) -> None:
    """Write a notebook.

    Raises:
        NotebookError: it cannot be written, or no notebook ends like that.
    """
    content = encode(document, path.suffix)
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise NotebookError(f"{path} cannot be written: {error.strerror}", "name another file") from None
