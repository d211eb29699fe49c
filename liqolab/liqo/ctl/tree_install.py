"""``liqoctl install`` and its providers, as `tree` has the other commands."""

from __future__ import annotations

from typing import Final

from liqolab.commandline.commands import Command, Flag, boolean, cidrs, pairs, settings
from liqolab.liqo.ctl.flags import DEFAULT_REPOSITORY, NAMESPACE, timeout
from liqolab.liqo.gen05 import messages

_CTL: Final = "liqolab.liqo.ctl"


def percentage(value: str) -> int:
    """A share in percent. Raises ValueError beyond 0 to 100."""
    digits = value.removesuffix("%")
    if not digits.isdecimal() or int(digits) > 100:
        raise ValueError(messages.INVALID_PERCENTAGE.format(value=value))
    return int(digits)


_INSTALL: Final = (
    NAMESPACE,
    timeout("10m0s"),
    Flag("cluster-name", "The name of this cluster (default: the present one, else two random words)"),
    Flag("cluster-labels", "Labels that peers will see on this cluster: k=v,k=v", pairs, "k=v", {}, repeated=True),
    Flag("sharing-percentage", "The share of free resources offered to peers, 0-100", percentage, "percentage", "90"),
    Flag("reserved-subnets", "Networks that Liqo must not use: cidr,cidr", cidrs, "cidrs", [], repeated=True),
    Flag("set", "Set chart values: a.b=c (repeatable)", settings, "key=value", repeated=True),
    Flag("version", "The version to install (default: the one of this program)"),
    Flag("repo-url", "The repository of a development version", default=DEFAULT_REPOSITORY),
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
        _provider(
            "openshift",
            "Install or upgrade Liqo in an OpenShift cluster",
            "openshift",
            examples=("{program} install openshift --cluster-labels topology.liqo.io/region=north",),
        ),
        Command(
            "aks",
            "Install or upgrade Liqo in an AKS cluster",
            f"{_CTL}.clouds:aks",
            flags=(
                Flag("resource-group-name", "The resource group of the cluster", required=True),
                Flag("resource-name", "The name of the cluster in Azure", required=True),
                Flag("subscription-id", "The ID of the cluster's subscription"),
                Flag("subscription-name", "The name of the cluster's subscription, where its ID is not given"),
            ),
            examples=("{program} install aks --resource-group-name group --resource-name venice --subscription-id ID",),
        ),
        Command(
            "eks",
            "Install or upgrade Liqo in an EKS cluster",
            f"{_CTL}.clouds:eks",
            flags=(
                Flag("eks-cluster-region", "The region of the cluster", required=True),
                Flag("eks-cluster-name", "The name of the cluster in EKS", required=True),
                Flag("user-name", "The IAM user of Liqo", default="liqo-cluster-user"),
                Flag("policy-name", "The policy of that user", default="liqo-cluster-policy"),
                Flag("access-key-id", "An access key of that user"),
                Flag("secret-access-key", "The secret of that key"),
            ),
            examples=("{program} install eks --eks-cluster-region eu-south-1 --eks-cluster-name venice",),
        ),
        Command(
            "gke",
            "Install or upgrade Liqo in a GKE cluster",
            f"{_CTL}.clouds:gke",
            flags=(
                Flag("credentials-path", "A file with the credentials of a service account", required=True),
                Flag("project-id", "The project of the cluster", required=True),
                Flag("cluster-id", "The name of the cluster in GKE", required=True),
                Flag("zone", "The zone of the cluster; either this or the region"),
                Flag("region", "The region of the cluster"),
            ),
            examples=(
                "{program} install gke --credentials-path key.json --project-id project --cluster-id venice \\\n"
                "    --region europe-west8",
            ),
        ),
    ),
)
