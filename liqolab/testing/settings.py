"""What the options and the ini file ask for, checked before anything starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

import pytest

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.existing import Reference, reference
from liqolab.report.formats import ReportError, Request, parse_requests
from liqolab.testing.topology import Topology, load_topology

Provider = Literal["embedded", "existing"]
Severity = Literal["error", "warn", "off"]

DEFAULT_TOPOLOGY = "offloading-with-policies"
"""The lesson whose clusters a scenario gets that asks for none."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's settings.

    Attributes:
        kubeconfigs: clusters that are given; empty for embedded ones.
        topology: what scenarios get that ask for no clusters of their own.
        keep: leave the clusters as a scenario that failed left them.
        dry_run: print the plan and run nothing.
        reports: what is to be written in the end.
        residue: what objects that a scenario left are.
        unused: what step definitions that no step uses are.
        folder: where pytest was started; paths in features are taken from there.
    """

    topology: Topology
    folder: Path
    provider: Provider = "embedded"
    kubeconfigs: tuple[Reference, ...] = ()
    keep: bool = False
    dry_run: bool = False
    reports: tuple[Request, ...] = ()
    residue: Severity = "error"
    unused: Severity = "off"


def read_settings(config: pytest.Config) -> Settings:
    """The settings of this run.

    Raises:
        pytest.UsageError: an option has a value that means nothing; the text says which ones do.
    """
    folder = config.invocation_params.dir
    kubeconfigs = _kubeconfigs(config.getoption("liqolab_kubeconfig"), folder)
    return Settings(
        provider=_provider(config.getoption("liqolab_provider"), kubeconfigs),
        kubeconfigs=kubeconfigs,
        topology=_topology(config.getoption("liqolab_topology"), kubeconfigs, folder),
        keep=bool(config.getoption("liqolab_keep")),
        dry_run=bool(config.getoption("liqolab_steps_dry_run")),
        reports=_reports(config.getoption("liqolab_report")),
        residue=_severity(config, "liqolab_residue"),
        unused=_severity(config, "liqolab_unused"),
        folder=folder,
    )


def _provider(named: str | None, kubeconfigs: tuple[Reference, ...]) -> Provider:
    known = get_args(Provider)
    if named is not None and named not in known:
        raise pytest.UsageError(f'--liqolab-provider: there is no provider "{named}"; known: {", ".join(known)}')
    if named == "embedded" and kubeconfigs:
        raise pytest.UsageError(
            "--liqolab-kubeconfig gives clusters that exist, and --liqolab-provider embedded makes its own: use one"
        )
    if named == "existing" and not kubeconfigs:
        raise pytest.UsageError(
            "--liqolab-provider existing needs clusters: add --liqolab-kubeconfig NAME=PATH for each"
        )
    return "existing" if kubeconfigs else "embedded"


def _kubeconfigs(texts: list[str], folder: Path) -> tuple[Reference, ...]:
    found: dict[str, Reference] = {}
    for text in texts:
        try:
            one = reference(text, folder)
        except PlaygroundError as error:
            raise pytest.UsageError(f"--liqolab-kubeconfig: {error.told('; ')}") from None
        if one.name in found:
            raise pytest.UsageError(f'--liqolab-kubeconfig: cluster "{one.name}" is given twice')
        found[one.name] = one
    return tuple(found.values())


def _topology(text: str | None, kubeconfigs: tuple[Reference, ...], folder: Path) -> Topology:
    if text and kubeconfigs:
        raise pytest.UsageError("--liqolab-topology is for embedded clusters; yours are as they are")
    try:
        return load_topology(text or DEFAULT_TOPOLOGY, folder)
    except PlaygroundError as error:
        raise pytest.UsageError(f"--liqolab-topology: {error.told('; ')}") from None


def _reports(texts: list[str]) -> tuple[Request, ...]:
    try:
        return tuple(parse_requests(texts))
    except ReportError as error:
        raise pytest.UsageError(f"--liqolab-report: {error}") from None


def _severity(config: pytest.Config, name: str) -> Severity:
    option = "--" + name.replace("_", "-")
    value = config.getoption(name) or config.getini(name)
    if value not in get_args(Severity):
        raise pytest.UsageError(f'{option}: "{value}" is none of {", ".join(get_args(Severity))}')
    return cast(Severity, value)
