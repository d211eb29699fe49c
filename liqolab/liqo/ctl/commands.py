"""An invocation of ``liqoctl``: its command line with everything filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from liqolab.commandline.commands import Command

if TYPE_CHECKING:
    from liqolab.liqo.ctl.output import Printer


@dataclass(slots=True)
class Invocation:
    """A parsed command line.

    Attributes:
        program: how the program was called, as printed in texts (``liqoctl``).
        path: the commands from the root to the one that runs.
        options: values by flag name with underscores.
        given: names of the flags that were on the command line.
    """

    program: str
    path: tuple[Command, ...]
    arguments: tuple[str, ...]
    options: Mapping[str, Any]
    given: frozenset[str]
    printer: Printer
    environment: Mapping[str, str] = field(default_factory=dict)

    def option(self, name: str) -> Any:
        """The value of a flag by its name on the command line."""
        return self.options[name]

    @property
    def command(self) -> Command:
        return self.path[-1]

    @property
    def namespace(self) -> str:
        """Liqo's namespace."""
        return str(self.options["namespace"])

    @property
    def timeout(self) -> float:
        """Seconds."""
        return float(self.options["timeout"])
