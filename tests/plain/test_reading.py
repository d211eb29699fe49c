"""How much of the input belongs to one shell command."""

from __future__ import annotations

import io

import pytest

from liqolab.learn.texts import Texts
from liqolab.plain.printing import Printer
from liqolab.plain.reading import Reader


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("kubectl get pods\nnext", "kubectl get pods"),
        ("kubectl get \\\n  pods\nnext", "kubectl get \\\n  pods"),
        ("cat <<'E'\nit's\nE\nnext", "cat <<'E'\nit's\nE"),
        ("kubectl patch -p '{\n}'\nnext", "kubectl patch -p '{\n}'"),
        ("for c in a b; do\n  echo $c\ndone\nnext", "for c in a b; do\n  echo $c\ndone"),
        ("done\nnext", "done"),
        ("\na\nb\n\nnext", "a\nb"),
    ],
)
def test_a_command_goes_on_as_long_as_a_shell_would_wait(typed: str, read: str) -> None:
    reader = Reader(io.StringIO(typed), Printer(io.StringIO()), Texts())
    assert reader.shell_text(reader.line("")) == read
    assert reader.line("") == "next"
