"""The commands of ``liqoctl`` 0.5: names, flags, defaults, help. A command's behaviour is in the module it names."""

from __future__ import annotations

from typing import Final

from liqolab.commandline.commands import Command, Flag, boolean
from liqolab.liqo.ctl.flags import GLOBAL, NAMESPACE, connection, timeout
from liqolab.liqo.ctl.tree_install import INSTALL
from liqolab.liqo.gen05 import names, texts

_CTL: Final = "liqolab.liqo.ctl"

_CLUSTER: Final = ("cluster-name",)
_REMOTE: Final = (
    NAMESPACE,
    *connection("remote-", " (in the remote cluster)"),
    Flag("remote-namespace", "The namespace where Liqo is installed (in the remote cluster)",
         default=names.LIQO_NAMESPACE),
)  # fmt: skip
"""Of commands about two clusters."""

PEER: Final = Command(
    "peer",
    "Enable an outgoing peering towards a known cluster",
    f"{_CTL}.peer:known",
    arguments=_CLUSTER,
    inherited=(timeout("2m0s"),),
    examples=("{program} peer florence", "{program} peer florence --timeout 5m"),
    commands=(
        Command(
            "out-of-band",
            "Peer with a cluster whose authentication service is reachable",
            f"{_CTL}.peer:out_of_band",
            "The whole command line comes from `generate peer-command`, run against the other cluster.",
            arguments=_CLUSTER,
            flags=(
                NAMESPACE,
                Flag("auth-url", "Where the other cluster's authentication service listens", required=True),
                Flag("cluster-id", "The other cluster's ID", required=True),
                Flag("auth-token", "The other cluster's token", required=True),
            ),
            aliases=("oob",),
            examples=(
                "{program} peer out-of-band florence --auth-url https://10.0.0.3:31234 \\\n"
                "    --cluster-id ID --auth-token TOKEN",
            ),
        ),
        Command(
            "in-band",
            "Peer with a cluster through the tunnel alone",
            f"{_CTL}.inband:peer",
            "All traffic of Liqo flows through the tunnel between the gateways, all that must be reachable.\n"
            "The tunnel is brought about from here, so this command needs access to both clusters. Running it again\n"
            "changes what the flags say, and nothing else.",
            flags=(
                *_REMOTE,
                Flag("bidirectional", "Let the remote cluster use this one as well", boolean, "", default=False),
            ),
            aliases=("ib",),
            examples=(
                "{program} peer in-band --remote-kubeconfig florence.yaml",
                "{program} peer in-band --context venice --remote-context florence --bidirectional",
            ),
        ),
    ),
)

UNPEER: Final = Command(
    "unpeer",
    "Disable an outgoing peering",
    f"{_CTL}.peer:disable",
    arguments=_CLUSTER,
    inherited=(timeout("2m0s"),),
    examples=("{program} unpeer florence",),
    commands=(
        Command(
            "out-of-band",
            "Disable an outgoing peering that was made out-of-band",
            f"{_CTL}.peer:disable",
            arguments=_CLUSTER,
            aliases=("oob",),
            examples=("{program} unpeer out-of-band florence",),
        ),
        Command(
            "in-band",
            "Undo an in-band peering, in both clusters",
            f"{_CTL}.inband:unpeer",
            "Both directions end, then the tunnel, and both clusters forget each other. To end one direction alone,\n"
            "use `unpeer` with its name: the tunnel stays.",
            flags=_REMOTE,
            aliases=("ib",),
            examples=(
                "{program} unpeer in-band --remote-kubeconfig florence.yaml",
                "{program} unpeer in-band --context venice --remote-context florence",
            ),
        ),
    ),
)

GENERATE: Final = Command(
    "generate",
    "Generate data and commands for other clusters",
    commands=(
        Command(
            "peer-command",
            "Print the command that peers another cluster with this one",
            f"{_CTL}.generate:peer_command",
            flags=(
                NAMESPACE,
                Flag("only-command", "Print the command and nothing else", boolean, "", default=False),
            ),
            examples=(
                "{program} generate peer-command",
                "{program} generate peer-command --only-command --kubeconfig florence.yaml | bash",
            ),
        ),
    ),
)

_OFFLOAD_NAMESPACE: Final = Command(
    "namespace",
    "Extend a namespace to other clusters",
    f"{_CTL}.offload:enable",
    "Pods that exist already stay where they are; those created from now on follow the policy.",
    arguments=("name",),
    flags=(
        Flag(
            "pod-offloading-strategy",
            "Where the pods of the namespace may run",
            shown="|".join(texts.POD_STRATEGIES),
            default=texts.STRATEGY_LOCAL_AND_REMOTE,
            choices=texts.POD_STRATEGIES,
        ),
        Flag(
            "namespace-mapping-strategy",
            "How the remote namespaces are named",
            shown="|".join(texts.MAPPING_STRATEGIES),
            default=texts.MAPPING_DEFAULT_NAME,
            choices=texts.MAPPING_STRATEGIES,
        ),
        Flag("selector", "Which clusters, by label; repeated flags are alternatives", short="l", repeated=True),
        Flag(
            "output",
            "Print the resource instead of creating it",
            shown="json|yaml",
            short="o",
            choices=("json", "yaml"),
        ),
        timeout("20s"),
    ),
    aliases=("ns",),
    examples=(
        "{program} offload namespace liqo-demo",
        "{program} offload namespace liqo-demo --namespace-mapping-strategy EnforceSameName \\\n"
        "    --pod-offloading-strategy Remote --selector 'topology.liqo.io/region=south'",
        "{program} offload namespace liqo-demo -l region=south -l 'region=north,!staging' --output yaml",
    ),
)

_MOVE_VOLUME: Final = Command(
    "volume",
    "Move a Liqo-managed PVC to a different node (i.e., cluster)",
    f"{_CTL}.move:volume",
    "What a claim of the virtual storage class holds is copied to a new volume on the target node, and pods that\n"
    "mount the claim will run there from then on. No pod may mount it meanwhile. Keep a backup: this is none.",
    arguments=("pvc-name",),
    flags=(
        Flag("namespace", "The namespace of the claim (default: the context's)", short="n"),
        Flag("target-node", "The node, physical or virtual, that the volume is moved to", required=True),
    ),
    aliases=("pvc",),
    examples=(
        "{program} move volume database01 --namespace foo --target-node worker-023",
        "{program} move volume database01 --namespace foo --target-node liqo-neutral-colt",
    ),
)

_COMPLETION: Final = Command(
    "completion",
    "Print a script that completes this program's commands in a shell",
    commands=tuple(
        Command(
            shell,
            f"Print the completion script for {shell}",
            f"{_CTL}.completion:script",
            long,
            flags=(Flag("no-descriptions", "Suggest names only", boolean, "", default=False),),
            examples=(example,),
        )
        for shell, long, example in (
            ("bash", "Works with and without the package bash-completion.", "source <({program} completion bash)"),
            ("zsh", "Enable completion first: autoload -U compinit; compinit", "source <({program} completion zsh)"),
            ("fish", "", "{program} completion fish | source"),
            ("powershell", "", "{program} completion powershell | Out-String | Invoke-Expression"),
        )
    ),
)

_DOCS: Final = Command(
    "docs",
    "Write a page for each command",
    f"{_CTL}.docs:run",
    flags=(
        Flag("dir", "The folder to write to", default="."),
        Flag("type", "What is written: markdown or man", default="markdown"),
        Flag("generate-headers", "Begin each Markdown page with its title", boolean, "", default=False),
    ),
    hidden=True,
    examples=("{program} docs --dir pages",),
)

ROOT: Final = Command(
    "liqoctl",
    "Install and manage Liqo",
    inherited=GLOBAL,
    commands=(
        _COMPLETION,
        _DOCS,
        GENERATE,
        Command("help", "Help about any command"),
        INSTALL,
        Command(
            "move",
            "Move an object to a different cluster",
            commands=(_MOVE_VOLUME,),
        ),
        Command("offload", "Offload resources to other clusters", commands=(_OFFLOAD_NAMESPACE,)),
        PEER,
        Command(
            "status",
            "Show the state of Liqo in the current cluster",
            f"{_CTL}.status:run",
            flags=(NAMESPACE,),
            examples=("{program} status", "{program} --kubeconfig florence.yaml status"),
        ),
        Command(
            "uninstall",
            "Remove Liqo from the current cluster",
            f"{_CTL}.uninstall:run",
            "Refuses to as long as there are peerings or offloaded namespaces. Custom resources stay, unless purged.",
            flags=(
                NAMESPACE,
                Flag("purge", "Remove the CRDs and Liqo's namespaces as well", boolean, "", default=False),
            ),
            examples=("{program} uninstall", "{program} uninstall --purge"),
        ),
        Command(
            "unoffload",
            "Take resources back from other clusters",
            commands=(
                Command(
                    "namespace",
                    "Take a namespace back from other clusters",
                    f"{_CTL}.offload:disable",
                    "The remote namespaces are removed with everything in them.",
                    arguments=("name",),
                    flags=(timeout("2m0s"),),
                    aliases=("ns",),
                    examples=("{program} unoffload namespace liqo-demo",),
                ),
            ),
        ),
        UNPEER,
        Command(
            "version",
            "Print the versions of this program and of Liqo in the current cluster",
            f"{_CTL}.version:run",
            flags=(NAMESPACE, Flag("client", "Print this program's version only", boolean, "", default=False)),
            examples=("{program} version", "{program} version --client"),
        ),
    ),
)  # fmt: skip
