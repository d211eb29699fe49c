"""The commands of ``liqoctl`` 0.5: names, flags, defaults, help. A command's behaviour is in the module it names."""

from __future__ import annotations

from typing import Final

from liqolab.commandline.commands import Command, Flag, boolean, cidrs, duration, number, pairs
from liqolab.liqo.gen05 import names, texts

_CTL: Final = "liqolab.liqo.ctl"

GLOBAL: Final = (
    Flag("kubeconfig", "Path to the kubeconfig file to use (default: $KUBECONFIG, then ~/.kube/config)"),
    Flag("context", "The name of the kubeconfig context to use"),
    Flag("cluster", "The name of the kubeconfig cluster to use"),
    Flag("user", "The name of the kubeconfig user to use"),
    Flag("verbose", "Print more about what is done", boolean, "", default=False, short="v"),
)
NAMESPACE: Final = Flag("namespace", "The namespace where Liqo is installed", default=names.LIQO_NAMESPACE, short="n")


def _timeout(default: str) -> Flag:
    return Flag("timeout", "How long to wait before giving up", duration, "duration", default)


_INSTALL: Final = (
    NAMESPACE,
    _timeout("10m"),
    Flag("cluster-name", "The name of this cluster (default: the present one, else two random words)"),
    Flag("cluster-labels", "Labels that peers will see on this cluster: k=v,k=v", pairs, "k=v", {}, repeated=True),
    Flag("sharing-percentage", "The share of free resources offered to peers, 0-100", number, "float", "90"),
    Flag("reserved-subnets", "Networks that Liqo must not use: cidr,cidr", cidrs, "cidrs", [], repeated=True),
    Flag("set", "Set chart values: a.b=c (repeatable)", repeated=True, shown="key=value"),
    Flag("version", "The version to install (default: the one of this program)"),
    Flag("repo-url", "The repository of a development version"),
    Flag("local-chart-path", "The path of a chart on this machine"),
    Flag("only-output-values", "Write the chart's values to a file and stop", boolean, "", default=False),
    Flag("dump-values-path", "Where --only-output-values writes", default="./values.yaml"),
    Flag("dry-run", "Do everything but change the cluster", boolean, "", default=False),
    Flag("enable-ha", "Run two replicas of the components that allow it", boolean, "", default=False),
    Flag("disable-api-server-sanity-check", "Do not compare API server addresses", boolean, "", default=False),
    Flag("skip-validation", "Do not check the CIDRs against the cluster", boolean, "", default=False),
)
_ADDRESS: Final = Flag("api-server-url", "How peers reach this cluster's API server")


def _cidr_flags(pods: str = "", services: str = "") -> tuple[Flag, ...]:
    return (
        _ADDRESS,
        Flag("pod-cidr", "The network of this cluster's pods", default=pods, required=not pods),
        Flag("service-cidr", "The network of this cluster's services", default=services, required=not services),
    )


def _provider(name: str, short: str, run: str, flags: tuple[Flag, ...] = (), examples: tuple[str, ...] = ()) -> Command:
    return Command(name, short, f"{_CTL}.install:{run}", flags=flags, examples=examples)


_UNAVAILABLE: Final = f"{_CTL}.unavailable:run"

INSTALL: Final = Command(
    "install",
    "Install or upgrade Liqo in the current cluster",
    f"{_CTL}.install:generic",
    "Without a provider, both CIDRs must be given; with one, they are found out. Running it again upgrades, and\n"
    "continues an installation that was interrupted; the cluster keeps its name and ID.",
    flags=_cidr_flags(),
    inherited=_INSTALL,
    aliases=("upgrade",),
    examples=(
        "{program} install --pod-cidr 10.200.0.0/16 --service-cidr 10.90.0.0/12 --cluster-name venice",
        "{program} install kind --cluster-name venice --cluster-labels topology.liqo.io/region=north",
        "{program} install kind --set controllerManager.config.resourceSharingPercentage=50",
    ),
    commands=(
        _provider(
            "kind",
            "Install or upgrade Liqo in a KinD (or embedded) cluster",
            "kind",
            examples=("{program} install kind --cluster-name venice --cluster-labels topology.liqo.io/region=north",),
        ),
        _provider(
            "kubeadm",
            "Install or upgrade Liqo in a kubeadm cluster",
            "kubeadm",
            examples=("{program} install kubeadm --cluster-name venice",),
        ),
        _provider(
            "k3s",
            "Install or upgrade Liqo in a k3s cluster",
            "k3s",
            _cidr_flags("10.42.0.0/16", "10.43.0.0/16"),
            ("{program} install k3s --api-server-url https://10.0.0.5:6443",),
        ),
        *(
            Command(each, f"Install or upgrade Liqo in {article} cluster", _UNAVAILABLE, any_arguments=True)
            for each, article in (("aks", "an AKS"), ("eks", "an EKS"), ("gke", "a GKE"), ("openshift", "an OpenShift"))
        ),
    ),
)

_CLUSTER: Final = ("CLUSTER_NAME",)
_REMOTE: Final = (
    NAMESPACE,
    Flag("remote-kubeconfig", "Path to the kubeconfig file to use (in the remote cluster)"),
    Flag("remote-context", "The name of the kubeconfig context to use (in the remote cluster)"),
    Flag("remote-cluster", "The name of the kubeconfig cluster to use (in the remote cluster)"),
    Flag("remote-user", "The name of the kubeconfig user to use (in the remote cluster)"),
    Flag("remote-namespace", "The namespace where Liqo is installed (in the remote cluster)",
         default=names.LIQO_NAMESPACE),
)  # fmt: skip
"""Of commands about two clusters."""

PEER: Final = Command(
    "peer",
    "Enable an outgoing peering towards a known cluster",
    f"{_CTL}.peer:known",
    arguments=_CLUSTER,
    inherited=(_timeout("120s"),),
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
    inherited=(_timeout("120s"),),
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
            "use `unpeer CLUSTER_NAME`: the tunnel stays.",
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
    arguments=("NAMESPACE",),
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
        _timeout("20s"),
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
    arguments=("PVC_NAME",),
    flags=(
        Flag("namespace", "The namespace of the claim (default: the context's)", default="default", short="n"),
        Flag("target-node", "The node, physical or virtual, that the volume is moved to", required=True),
    ),
    aliases=("pvc",),
    examples=(
        "{program} move volume database01 --namespace foo --target-node worker-023",
        "{program} move volume database01 --namespace foo --target-node liqo-neutral-colt",
    ),
)

ROOT: Final = Command(
    "liqoctl",
    "Install and manage Liqo",
    inherited=GLOBAL,
    commands=(
        Command("completion", "Print a completion script", f"{_CTL}.completion:script", arguments=("SHELL",),
                examples=("source <({program} completion bash)",)),
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
                    arguments=("NAMESPACE",),
                    flags=(_timeout("120s"),),
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
