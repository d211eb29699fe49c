"""What the options and the ini file ask for, checked before anything starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast, get_args

import pytest

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.existing import Reference
from liqolab.playground.providers import EXISTING, KIND, MAKERS, PROVIDER_VARIABLE, Choice, chosen, references
from liqolab.report.formats import ReportError, Request, parse_requests
from liqolab.testing.topology import Topology, load_topology

PROVIDERS = (*MAKERS, EXISTING)
Severity = Literal["error", "warn", "off"]

DEFAULT_TOPOLOGY = "offloading-with-policies"
"""The lesson whose clusters a scenario gets that asks for none."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's settings.

    Attributes:
        choice: who gives the clusters.
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
    choice: Choice = field(default_factory=Choice)
    keep: bool = False
    dry_run: bool = False
    reports: tuple[Request, ...] = ()
    residue: Severity = "error"
    unused: Severity = "off"

    @property
    def provider(self) -> str:
        return self.choice.provider

    @property
    def kubeconfigs(self) -> tuple[Reference, ...]:
        """Clusters that are given; empty for those that a provider makes."""
        return self.choice.kubeconfigs


def read_settings(config: pytest.Config) -> Settings:
    """The settings of this run.

    Raises:
        pytest.UsageError: an option has a value that means nothing; the text says which ones do.
    """
    folder = config.invocation_params.dir
    topology = _topology(config.getoption("liqolab_topology"), tuple(config.getoption("liqolab_kubeconfig")), folder)
    liqo = config.getoption("liqolab_liqo") or topology.whose
    choice = _choice(config, folder, liqo, config.getoption("liqolab_dialect") or topology.dialect)
    return Settings(
        choice=choice,
        topology=topology,
        keep=bool(config.getoption("liqolab_keep")),
        dry_run=bool(config.getoption("liqolab_steps_dry_run")),
        reports=_reports(config.getoption("liqolab_report")),
        residue=_severity(config, "liqolab_residue"),
        unused=_severity(config, "liqolab_unused"),
        folder=folder,
    )


def _choice(config: pytest.Config, folder: Path, liqo: str, dialect: str) -> Choice:
    named, texts = config.getoption("liqolab_provider"), tuple(config.getoption("liqolab_kubeconfig"))
    if named is not None and named not in PROVIDERS:
        raise pytest.UsageError(f'--liqolab-provider: there is no provider "{named}"; known: {", ".join(PROVIDERS)}')
    if named in MAKERS and texts:
        raise pytest.UsageError(
            f"--liqolab-kubeconfig gives clusters that exist, and --liqolab-provider {named} makes its own: use one"
        )
    if named == EXISTING and not texts:
        raise pytest.UsageError(
            "--liqolab-provider existing needs clusters: add --liqolab-kubeconfig NAME=PATH for each"
        )
    try:
        given = references(texts, folder)
    except PlaygroundError as error:
        raise pytest.UsageError(f"--liqolab-kubeconfig: {error.told('; ')}") from None
    try:
        image = config.getoption("liqolab_node_image")
        choice = chosen(KIND if given else named, image, liqo=liqo or None, dialect=dialect or None)
        return Choice(EXISTING, "", given, choice.liqo, choice.dialect) if given else choice
    except PlaygroundError as error:
        named = f"{PROVIDER_VARIABLE}, --liqolab-liqo or --liqolab-dialect"
        raise pytest.UsageError(f"{named}: {error.told('; ')}") from None


def _topology(text: str | None, kubeconfigs: tuple[str, ...], folder: Path) -> Topology:
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
