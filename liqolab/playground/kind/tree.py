"""The commands of ``kind``: names, flags, help. A command's behaviour is in the module it names."""

from __future__ import annotations

from typing import Final

from liqolab.commandline.commands import Command, Flag, boolean, duration, integer, strings

VERSION: Final = "0.30.0"
"""Of the KinD that is followed."""

DEFAULT_NAME: Final = "kind"

_KIND: Final = "liqolab.playground.kind"
_GROUP: Final = f"{_KIND}.main:subcommand_required"

NAME_VARIABLE: Final = "KIND_CLUSTER_NAME"

_NAME: Final = Flag("name", "the cluster context name", default=DEFAULT_NAME, short="n")
_KUBECONFIG: Final = Flag("kubeconfig", "sets kubeconfig path instead of $KUBECONFIG or $HOME/.kube/config")
_INTERNAL: Final = Flag("internal", "use internal address instead of external", boolean, "", default=False)
_NODES: Final = Flag(
    "nodes", "comma separated list of nodes to load images into", strings, "strings", default=[], repeated=True
)

_DELETION: Final = """\
Deletes {what} from the system.

This is an idempotent operation, meaning it may be called multiple times without
failing (like "rm -f"). If the cluster resources exist they will be deleted, and
if the cluster is already gone it will just return success.

Errors will only occur if the cluster resources exist and are not able to be deleted."""

CREATE: Final = Command(
    "create",
    "Creates one of [cluster]",
    _GROUP,
    "Creates one of local Kubernetes cluster (cluster)",
    any_arguments=True,
    commands=(
        Command(
            "cluster",
            "Creates a local Kubernetes cluster",
            f"{_KIND}.create:cluster",
            flags=(
                Flag("name", f"cluster name, overrides {NAME_VARIABLE}, config (default kind)", short="n"),
                Flag("config", "path to a kind config file"),
                Flag("image", "node docker image to use for booting the cluster"),
                Flag("retain", "retain nodes for debugging when cluster creation fails", boolean, "", default=False),
                Flag("wait", "wait for control plane node to be ready (default 0s)", duration, "duration", default=0.0),
                _KUBECONFIG,
            ),
        ),
    ),
)
DELETE: Final = Command(
    "delete",
    "Deletes one of [cluster]",
    _GROUP,
    any_arguments=True,
    commands=(
        Command(
            "cluster",
            "Deletes a cluster",
            f"{_KIND}.delete:cluster",
            _DELETION.format(what="a Kind cluster"),
            flags=(Flag("name", "the cluster name", default=DEFAULT_NAME, short="n"), _KUBECONFIG),
        ),
        Command(
            "clusters",
            "Deletes one or more clusters",
            f"{_KIND}.delete:clusters",
            _DELETION.format(what="one or more Kind clusters"),
            flags=(Flag("all", "delete all clusters", boolean, "", default=False, short="A"), _KUBECONFIG),
            any_arguments=True,
        ),
    ),
)
EXPORT: Final = Command(
    "export",
    "Exports one of [kubeconfig, logs]",
    _GROUP,
    any_arguments=True,
    commands=(
        Command(
            "kubeconfig",
            "Exports cluster kubeconfig",
            f"{_KIND}.access:export_kubeconfig",
            flags=(_NAME, _KUBECONFIG, _INTERNAL),
        ),
        Command(
            "logs",
            "Exports logs to a tempdir or [output-dir] if specified",
            f"{_KIND}.logs:export_logs",
            flags=(_NAME,),
            any_arguments=True,
            usage="[output-dir]",
        ),
    ),
)
GET: Final = Command(
    "get",
    "Gets one of [clusters, nodes, kubeconfig]",
    _GROUP,
    any_arguments=True,
    commands=(
        Command("clusters", "Lists existing kind clusters by their name", f"{_KIND}.access:get_clusters"),
        Command(
            "kubeconfig",
            "Prints cluster kubeconfig",
            f"{_KIND}.access:get_kubeconfig",
            flags=(_NAME, _INTERNAL),
        ),
        Command(
            "nodes",
            "Lists existing kind nodes by their name",
            f"{_KIND}.access:get_nodes",
            flags=(
                _NAME,
                Flag(
                    "all-clusters",
                    "If present, list all the available nodes across all cluster contexts. Current context is ignored "
                    "even if specified with --name.",
                    boolean,
                    "",
                    default=False,
                    short="A",
                ),
            ),
        ),
    ),
)
LOAD: Final = Command(
    "load",
    "Loads images into nodes",
    _GROUP,
    "Loads images into node from an archive or image on host",
    commands=(
        Command(
            "docker-image",
            "Loads docker images from host into nodes",
            f"{_KIND}.load:docker_image",
            "Loads docker images from host into all or specified nodes by name",
            flags=(_NAME, _NODES),
            any_arguments=True,
            usage="<IMAGE> [IMAGE...]",
        ),
        Command(
            "image-archive",
            "Loads docker image from archive into nodes",
            f"{_KIND}.load:image_archive",
            "Loads docker image from archive into all or specified nodes by name",
            flags=(_NAME, _NODES),
            any_arguments=True,
            usage="<IMAGE.tar>",
        ),
    ),
)
ROOT: Final = Command(
    "kind",
    "kind is a tool for managing local Kubernetes clusters",
    long="kind creates and manages local Kubernetes clusters, here embedded ones: no container is used",
    flags=(Flag("version", "version for kind", boolean, "", default=False),),
    inherited=(
        Flag("quiet", "silence all stderr output", boolean, "", default=False, short="q"),
        Flag(
            "verbosity",
            "info log verbosity, higher value produces more output",
            integer,
            "int32",
            default=0,
            short="v",
        ),
    ),
    commands=(
        CREATE,
        DELETE,
        EXPORT,
        GET,
        Command("help", "Help about any command", any_arguments=True),
        LOAD,
        Command("version", "Prints the kind CLI version", f"{_KIND}.main:version"),
    ),
)
