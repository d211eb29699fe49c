"""``kind`` for the lab's shell: the commands of KinD that tutorials use, on embedded clusters.

The lab puts this on the PATH of its own shell only. It prints what KinD prints, with one difference: where KinD names
its containers, this says that the control plane is embedded.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import click

from liqolab.playground import home, kubeconfigs
from liqolab.playground.embedded import EmbeddedProvider
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.topology import ClusterSpec, from_kind_config

T = TypeVar("T")

_NAME = click.option(
    "-n", "--name", default="kind", show_default=True, envvar="KIND_CLUSTER_NAME", help="Cluster name."
)
_KUBECONFIG = click.option("--kubeconfig", help="Kubeconfig file instead of $KUBECONFIG or ~/.kube/config.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-q", "--quiet", is_flag=True, help="Silence all stderr output.")
@click.option("-v", "--verbosity", type=int, default=0, help="Accepted for compatibility.")
@click.pass_context
def kind(context: click.Context, quiet: bool, verbosity: int) -> None:
    """Create and manage local Kubernetes clusters, embedded in this lab (no container is used).

    \b
    Examples:
      kind create cluster --name venice --kubeconfig ./venice.yaml --wait 5m
      kind get clusters
      kind delete cluster --name venice
    """
    context.obj = quiet


@kind.group()
def create() -> None:
    """Create one of [cluster]."""


@create.command("cluster")
@_NAME
@_KUBECONFIG
@click.option("--config", type=click.Path(path_type=Path), help="Path to a kind config file.")
@click.option("--image", default="", help="Node image; its tag is the Kubernetes version that is shown.")
@click.option("--wait", default="0s", help="Wait for the control plane to be ready (it always is).")
@click.option("--retain", is_flag=True, help="Accepted for compatibility.")
@click.pass_obj
def create_cluster(
    quiet: bool, name: str, kubeconfig: str | None, config: Path | None, image: str, wait: str, retain: bool
) -> None:
    """Create a local Kubernetes cluster."""
    spec = _attempt("failed to create cluster", from_kind_config, name, config, image=image)
    say = _silent if quiet else _say
    say(f'Creating cluster "{name}" ...')
    started = time.monotonic()
    file = kubeconfigs.target(kubeconfig)
    _run("failed to create cluster", _create(spec, file))
    say(f" ✓ Starting an embedded control plane that shows itself as {spec.version}")
    say(f" ✓ Ready after {time.monotonic() - started:.1f}s")
    say(f'Set kubectl context to "kind-{name}"')
    suffix = f" --kubeconfig {kubeconfig}" if kubeconfig else ""
    say(f"You can now use your cluster with:\n\nkubectl cluster-info --context kind-{name}{suffix}")


@kind.group()
def get() -> None:
    """Get one of [clusters, nodes, kubeconfig]."""


@get.command("clusters")
def get_clusters() -> None:
    """List existing clusters by their name."""
    found = _run("failed to list clusters", _provider().status())
    if not found:
        _say("No kind clusters found.")
    for status in found:
        click.echo(status.name)


@get.command("nodes")
@_NAME
def get_nodes(name: str) -> None:
    """List the nodes of a cluster by their name."""
    path = _run("failed to list nodes", _provider().kubeconfig(name))
    for node in json.loads((path.parent / "cluster.json").read_text())["nodes"]:
        click.echo(node["name"])


@get.command("kubeconfig")
@_NAME
@click.option("--internal", is_flag=True, help="Accepted for compatibility.")
def get_kubeconfig(name: str, internal: bool) -> None:
    """Print a cluster's kubeconfig."""
    click.echo(_run("failed to get kubeconfig", _provider().kubeconfig(name)).read_text(), nl=False)


@kind.group()
def export() -> None:
    """Export one of [kubeconfig]."""


@export.command("kubeconfig")
@_NAME
@_KUBECONFIG
def export_kubeconfig(name: str, kubeconfig: str | None) -> None:
    """Add a cluster's context to a kubeconfig file."""
    path = _run("failed to export kubeconfig", _provider().kubeconfig(name))
    _attempt("failed to export kubeconfig", kubeconfigs.merge, kubeconfigs.target(kubeconfig), path)
    _say(f'Set kubectl context to "kind-{name}"')


@kind.group()
def delete() -> None:
    """Delete one of [cluster, clusters]."""


@delete.command("cluster")
@_NAME
@_KUBECONFIG
def delete_cluster(name: str, kubeconfig: str | None) -> None:
    """Delete a cluster."""
    _say(f'Deleting cluster "{name}" ...')
    _run("failed to delete cluster", _delete([name], kubeconfig))


@delete.command("clusters")
@click.option("-A", "--all", "everything", is_flag=True, help="Delete all clusters.")
@click.argument("names", nargs=-1)
@_KUBECONFIG
def delete_clusters(names: tuple[str, ...], everything: bool, kubeconfig: str | None) -> None:
    """Delete several clusters."""
    if everything:
        names = tuple(status.name for status in _run("failed to list clusters", _provider().status()))
    _run("failed to delete clusters", _delete(names, kubeconfig))
    _say("Deleted clusters: [" + " ".join(f'"{name}"' for name in names) + "]")


@kind.group()
def load() -> None:
    """Load images into nodes."""


@load.command("docker-image")
@click.argument("images", nargs=-1, required=True)
@_NAME
def load_image(images: tuple[str, ...], name: str) -> None:
    """Accepted for compatibility: embedded nodes know images by name and pull nothing."""
    _run("failed to load image", _provider().kubeconfig(name))
    for image in images:
        _say(f'Image: "{image}" needs no loading: the nodes of "{name}" are embedded and pull nothing')


@kind.command()
def version() -> None:
    """Print the version of this command."""
    from liqolab import __version__

    click.echo(f"kind (embedded in liqolab v{__version__})")


def main() -> NoReturn:
    """Run the command line; exit codes are KinD's: 0 done, 1 not."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        # A terminal that closes, or a script that is stopped, undoes half made things just as Ctrl-C does.
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        code = kind(standalone_mode=False, prog_name="kind")
    except click.ClickException as error:
        _say(f"ERROR: {error.format_message()}")
        raise SystemExit(1) from None
    except (click.Abort, KeyboardInterrupt):
        _say("ERROR: interrupted; nothing was left half made")
        raise SystemExit(130) from None
    raise SystemExit(code if isinstance(code, int) else 0)


def _provider() -> EmbeddedProvider:
    return EmbeddedProvider(home.resolve(None))


async def _create(spec: ClusterSpec, file: Path) -> None:
    provider = _provider()
    await provider.create([spec])
    try:
        kubeconfigs.merge(file, await provider.kubeconfig(spec.name))
    except BaseException:
        await provider.delete([spec.name])
        raise


async def _delete(names: tuple[str, ...] | list[str], kubeconfig: str | None) -> None:
    await _provider().delete(names)
    for name in names:
        kubeconfigs.remove(kubeconfigs.target(kubeconfig), f"kind-{name}")


def _run(what: str, work: Coroutine[Any, Any, T]) -> T:
    return cast(T, _attempt(what, asyncio.run, work))


def _attempt(what: str, work: Any, *arguments: Any, **named: Any) -> Any:
    try:
        return work(*arguments, **named)
    except PlaygroundError as error:
        raise click.ClickException(f"{what}: {error.told()}") from None


def _say(text: str) -> None:
    click.echo(text, err=True)


def _silent(_: str) -> None:
    return None


if __name__ == "__main__":
    main()
