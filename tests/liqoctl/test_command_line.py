"""What ``liqoctl`` understands and says without a cluster."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from liqolab.commandline.commands import Command
from liqolab.liqo.ctl.tree import ROOT
from liqolab.liqo.gen05.chart import values
from tests.liqoctl.conftest import Liqoctl

CASES = [
    (["--foo"], "unknown flag: --foo"),
    (["status", "-x"], "unknown shorthand flag: 'x' in -x"),
    (["peer", "out-of-band", "florence"], 'required flag(s) "auth-token", "auth-url", "cluster-id" not set'),
    (["offload", "namespace"], "accepts 1 arg(s), received 0"),
    (["unpeer", "out-of-band", "a", "b"], "accepts 1 arg(s), received 2"),
    (["status", "--kubeconfig"], "flag needs an argument: --kubeconfig"),
    (["status", "-n"], "flag needs an argument: 'n' in -n"),
    (
        ["unoffload", "ns", "a", "--timeout", "5"],
        'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"',
    ),
    (
        ["offload", "namespace", "a", "--pod-offloading-strategy", "Foo"],
        'invalid argument "Foo" for "--pod-offloading-strategy" flag: '
        "Foo is not included in LocalAndRemote,Remote,Local",
    ),
    (
        ["offload", "namespace", "a", "--namespace-mapping-strategy=Foo"],
        'invalid argument "Foo" for "--namespace-mapping-strategy" flag: '
        "Foo is not included in EnforceSameName,DefaultName",
    ),
    (
        ["install", "kind", "--sharing-percentage", "101"],
        'invalid argument "101" for "--sharing-percentage" flag: '
        "invalid percentage value: 101. It has to be in range [0 - 100]",
    ),
    (["install", "eks"], 'required flag(s) "eks-cluster-name", "eks-cluster-region" not set'),
    (["move", "volume", "x"], 'required flag(s) "target-node" not set'),
    (["install", "kind", "--cluster-labels", "a"], 'invalid argument "a" for "--cluster-labels" flag: invalid value a'),
]


@pytest.mark.parametrize(
    ("line", "message"), CASES, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
async def test_wrong_usage_goes_to_standard_error(liqoctl: Liqoctl, line: Any, message: Any) -> None:
    finished = await liqoctl(*line)
    assert (finished.code, finished.out, finished.err) == (1, "", f"Error: {message}\n")


def commands(node: Command) -> Iterator[Command]:
    yield node
    for child in node.commands:
        yield from commands(child)


@pytest.mark.parametrize("run", sorted({each.run for each in commands(ROOT)} - {""}))
def test_what_a_command_runs_is_there(run: str) -> None:
    """The table names functions by text, so that starting one command does not import all others."""
    module, _, function = run.partition(":")
    assert callable(getattr(import_module(module), function))


def test_every_command_without_subcommands_runs_something() -> None:
    # The parser answers `help` itself.
    assert [each.name for each in commands(ROOT) if not each.run and not each.commands] == ["help"]


async def test_unknown_command_suggests_the_known_one(liqoctl: Liqoctl) -> None:
    finished = await liqoctl("offlod", "namespace", "x")
    assert finished.code == 1
    assert finished.err.startswith('Error: unknown command "offlod" for "liqoctl"\n')
    assert "\n\toffload\n" in finished.err


@pytest.mark.parametrize(
    ("setting", "unknown"),
    [
        ("controllerManager.config.resourceSharingPercentage=50", []),
        ("auth.service.annotations.a\\.b/c=d,discovery.config.clusterLabels.x=y", []),
        ("networkManager.config.reservedSubnets[0]=10.0.0.0/8", []),
        ("controllermanager.config.x=1,tag=v1", ["controllermanager.config.x"]),
        ("tag.deeper=1", ["tag.deeper"]),
        ("gateway.replicas=2", ["gateway.replicas"]),
    ],
)
def test_values_that_the_chart_does_not_have_are_known(setting: str, unknown: list[str]) -> None:
    assert values.unknown(setting) == unknown


async def test_client_version(liqoctl: Liqoctl) -> None:
    assert (await liqoctl("version", "--client")).out == "Client version: v0.5.4\n"


@pytest.mark.parametrize("line", [[], ["help"], ["install", "kind"], ["peer"], ["offload", "namespace"]])
async def test_help_shows_usage_and_examples(liqoctl: Liqoctl, line: Any) -> None:
    words = line if line == ["help"] else [*line, "--help"]
    finished = await liqoctl(*words)
    assert finished.code == 0
    assert "Usage:\n  liqoctl" in finished.out
    assert "--kubeconfig" in finished.out
    if line and line != ["help"]:
        assert f"Examples:\n  liqoctl {' '.join(line)}" in finished.out


OFFLOADING = """\
apiVersion: offloading.liqo.io/v1alpha1
kind: NamespaceOffloading
metadata:
  name: offloading
  namespace: liqo-demo
spec:
  clusterSelector:
    nodeSelectorTerms:
    - matchExpressions:
      - key: topology.liqo.io/region
        operator: In
        values:
        - south
  namespaceMappingStrategy: EnforceSameName
  podOffloadingStrategy: LocalAndRemote
status: {}
"""


async def test_offload_prints_the_resource_without_a_cluster(liqoctl: Liqoctl) -> None:
    line = ["offload", "namespace", "liqo-demo", "--namespace-mapping-strategy", "EnforceSameName", "-o", "yaml"]
    finished = await liqoctl(*line, "--selector", "topology.liqo.io/region=south")
    assert (finished.code, finished.out) == (0, OFFLOADING)
    as_json = await liqoctl(*line[:-1], "json", "-l", "topology.liqo.io/region=south")
    assert json.loads(as_json.out) == yaml.safe_load(OFFLOADING)


async def test_selectors_become_terms(liqoctl: Liqoctl) -> None:
    selectors = ["key=value,!staging", "a in (x,b),c", "d!=e,f notin (h,g)"]
    flags = [word for selector in selectors for word in ("-l", selector)]
    finished = await liqoctl("offload", "ns", "demo", "-o", "json", *flags)
    terms = json.loads(finished.out)["spec"]["clusterSelector"]["nodeSelectorTerms"]
    assert [term["matchExpressions"] for term in terms] == [
        [{"key": "staging", "operator": "DoesNotExist"}, {"key": "key", "operator": "In", "values": ["value"]}],
        [{"key": "a", "operator": "In", "values": ["b", "x"]}, {"key": "c", "operator": "Exists"}],
        [{"key": "d", "operator": "NotIn", "values": ["e"]}, {"key": "f", "operator": "NotIn", "values": ["g", "h"]}],
    ]


async def test_selector_that_does_not_parse(liqoctl: Liqoctl) -> None:
    finished = await liqoctl("offload", "namespace", "demo", "--selector", "region=(south")
    assert finished.code == 1
    assert finished.out.startswith('ERRO: error: the selector "region=(south" does not parse: ')


async def test_unreadable_kubeconfig(liqoctl: Liqoctl, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("{")
    for flags in (["--kubeconfig", str(tmp_path / "absent")], ["--kubeconfig", str(broken)], ["--context", "nowhere"]):
        finished = await liqoctl("status", *flags)
        assert finished.code == 1
        assert finished.out.startswith("ERRO: error: kubeconfig ")
        assert finished.err == ""


async def test_unreachable_cluster(liqoctl: Liqoctl, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}
    context = {"name": "c", "context": {"cluster": "c"}}
    file.write_text(yaml.safe_dump({"clusters": [cluster], "contexts": [context], "current-context": "c"}))
    refused = "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?"
    # A flag of the root may stand before the command; so does the tutorial.
    assert (await liqoctl("--kubeconfig", str(file), "status")).out == f"ERRO: {refused}\n"
    for line, prefix in (
        ("offload namespace demo", "Failed enabling namespace offloading: "),
        ("unpeer out-of-band naples", "Failed unpeering clusters: "),
        ("uninstall", "Pre-uninstall checks failed: "),
        ("install kind", "Error initializing installer: "),
    ):
        finished = await liqoctl(*line.split(), f"--kubeconfig={file}")
        assert (finished.code, finished.outcomes) == (1, [f"ERRO: {prefix}{refused}"])
    # What a variable or a pipe into bash would take for the command stays empty.
    captured = await liqoctl("generate", "peer-command", "--only-command", f"--kubeconfig={file}")
    said = f"Failed to retrieve peering information: {refused}\n"
    assert (captured.code, captured.out, captured.err) == (1, "", said)


async def test_completion_knows_commands_flags_and_choices(liqoctl: Liqoctl) -> None:
    async def suggestions(*words: str) -> list[str]:
        return (await liqoctl("__completeNoDesc", *words)).out.split()

    assert await suggestions("un") == ["uninstall", "unoffload", "unpeer"]
    assert await suggestions("generate", "peer-command", "--on") == ["--only-command"]
    assert await suggestions("offload", "ns", "x", "--pod-offloading-strategy", "L") == ["Local", "LocalAndRemote"]
    assert await suggestions("completion", "") == ["bash", "fish", "powershell", "zsh"]
    assert (await liqoctl("__complete", "unp")).out == "unpeer\tDisable an outgoing peering\n"
    # What kubectl's users know by heart is not in everybody's way.
    assert await suggestions("status", "--as") == []


@pytest.mark.parametrize("shell", ["bash", "fish", "powershell", "zsh"])
async def test_a_completion_script_is_one_of_its_shell(liqoctl: Liqoctl, tmp_path: Path, shell: str) -> None:
    for flags, asks in (([], "__complete "), (["--no-descriptions"], "__completeNoDesc ")):
        script = await liqoctl("completion", shell, *flags)
        assert (script.code, script.err) == (0, "")
        assert asks in script.out
        program = shutil.which({"powershell": "pwsh"}.get(shell, shell))
        if program and shell != "powershell":
            (tmp_path / "script").write_text(script.out)
            assert _reads(program, tmp_path / "script")


def _reads(shell: str, script: Path) -> bool:
    """Whether a shell finds nothing wrong with a script."""
    return subprocess.run([shell, "-n", str(script)], check=False).returncode == 0


def _pages(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


async def test_pages_are_written_for_every_command(liqoctl: Liqoctl, tmp_path: Path) -> None:
    assert (await liqoctl("docs", "--dir", str(tmp_path), "--generate-headers")).code == 0
    pages = _pages(tmp_path)
    assert {"liqoctl.md", "liqoctl_install_kind.md", "liqoctl_completion_bash.md"} <= set(pages)
    assert "liqoctl_docs.md" not in pages
    page = pages["liqoctl_peer_in-band.md"]
    assert page.startswith('---\ntitle: "Liqoctl Peer In-Band"\n---\n\n## liqoctl peer in-band\n')
    assert "--remote-kubeconfig" in page
    assert "[liqoctl peer](liqoctl_peer.md)" in page
    assert "(liqoctl_peer_in-band.md)" in pages["liqoctl_peer.md"]
    assert (await liqoctl("docs", "--dir", str(tmp_path), "--type", "man")).code == 0
    assert _pages(tmp_path)["liqoctl-peer-in-band.1"].startswith('.TH "LIQOCTL" "1"')
    wrong = await liqoctl("docs", "--type", "x")
    assert (wrong.code, wrong.err) == (1, 'error: unknown doc type "x". Try "markdown" or "man"\n')


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "--cluster-name Venice",
            "the cluster name may only contain lowercase letters, numbers and hyphens, "
            "and must not be no longer than 63 characters",
        ),
        (
            "--repo-url u --local-chart-path p --version v",
            "Cannot specify both --repo-url and --local-chart-path at the same time",
        ),
        ("--local-chart-path p", "A version must be explicitly specified if the --local-chart-path flag is set"),
    ],
)
async def test_install_flags_are_checked_first(liqoctl: Liqoctl, tmp_path: Path, line: Any, message: Any) -> None:
    file = tmp_path / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}
    context = {"name": "c", "context": {"cluster": "c"}}
    file.write_text(yaml.safe_dump({"clusters": [cluster], "contexts": [context], "current-context": "c"}))
    finished = await liqoctl("install", "kind", *line.split(), kubeconfig=file)
    assert (finished.code, finished.outcomes) == (1, [f"ERRO: Error initializing installer: {message}"])
