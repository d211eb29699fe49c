"""The kernel "Liqo lab": a cell is shell text for the lesson's bash, unless it begins as a magic does.

It is IPython's kernel with one thing added, so widgets, magics and ``%%python`` (here: in this very process, where
`lab` is) work as in any notebook.
"""

from __future__ import annotations

from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from liqolab import __version__
from liqolab.notebook import desk, magics
from liqolab.notebook.document import KERNEL_TITLE

_PYTHON = "%%python"


class LabKernel(IPythonKernel):
    """Sends cells to the lesson's bash."""

    implementation = "liqolab"
    implementation_version = __version__
    banner = KERNEL_TITLE

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.language_info = {
            "name": "bash",
            "mimetype": "text/x-sh",
            "codemirror_mode": "shell",
            "pygments_lexer": "bash",
            "file_extension": ".sh",
        }
        shell: Any = self.shell
        magics.load(shell)
        shell.push({"lab": _Later()})

    async def do_execute(self, code: str, silent: bool, *rest: Any, **given: Any) -> Any:
        return await super().do_execute(as_python(code), silent, *rest, **given)

    def do_complete(self, code: str, cursor_pos: int | None) -> Any:
        if is_python(code):
            return super().do_complete(code, cursor_pos)
        cursor = len(code) if cursor_pos is None else cursor_pos
        found = desk.current().walkthrough.complete(code[:cursor])
        start = cursor - len(found.word)
        matches = list(found.candidates)
        return {"status": "ok", "matches": matches, "cursor_start": start, "cursor_end": cursor, "metadata": {}}

    def do_is_complete(self, code: str) -> Any:
        if is_python(code):
            return super().do_is_complete(code)
        return {"status": "incomplete", "indent": ""} if code.endswith("\\") else {"status": "complete"}

    def do_inspect(self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Any = ()) -> Any:
        if is_python(code):
            return super().do_inspect(code, cursor_pos, detail_level, omit_sections)
        return {"status": "ok", "found": False, "data": {}, "metadata": {}}

    def do_shutdown(self, restart: bool) -> Any:
        desk.close()
        return super().do_shutdown(restart)


class _Later:
    """`lab`, opened when it is first used."""

    def __getattr__(self, name: str) -> Any:
        return getattr(desk.current(), name)

    def __repr__(self) -> str:
        return repr(desk.current())


def is_python(code: str) -> bool:
    """Whether a cell is for IPython: it begins with a magic."""
    return code.lstrip().startswith("%")


def as_python(code: str) -> str:
    """A cell as IPython is to have it."""
    first, _, rest = code.lstrip().partition("\n")
    if first.rstrip() == _PYTHON:
        return rest
    return code if is_python(code) or not code.strip() else f"%%lab\n{code}"


if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=LabKernel)
