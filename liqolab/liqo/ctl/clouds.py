"""``install aks``, ``eks`` and ``gke``: their arguments are judged, and then it is said what is missing here.

Upstream's ask the cloud for the cluster's networks, and EKS for a user of its own, with libraries and credentials of
that cloud. This program has neither. All else about such a cluster is as about any other, so the message says what to
ask the cloud's own program, and with which command to install then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from liqolab.liqo.ctl import checks
from liqolab.liqo.ctl.commands import Invocation
from liqolab.liqo.ctl.failures import CommandError
from liqolab.liqo.ctl.session import Session
from liqolab.liqo.gen05 import messages
from liqolab.liqo.gen05.messages import Step

_ASKING: Final = Step(
    messages.INSTALL_CONFIGURATION.running, messages.INSTALL_CONFIGURATION.success, messages.INSTALL_PROVIDER_FAILED
)


async def aks(invocation: Invocation) -> int:
    return await _ask(invocation, _aks)


async def eks(invocation: Invocation) -> int:
    return await _ask(invocation, _eks)


async def gke(invocation: Invocation) -> int:
    return await _ask(invocation, _gke)


async def _ask(invocation: Invocation, question: Callable[[Invocation], str]) -> int:
    """Go as far as there is a way: the cluster answers, the arguments are fine. Raises StepFailedError always."""
    async with Session(invocation) as session:
        with session.step(messages.INSTALL_INITIALIZE):
            checks.flags(invocation)
            await session.raw("/version")
        with session.step(_ASKING):
            command = f"{invocation.program} install --pod-cidr CIDR --service-cidr CIDR --api-server-url URL"
            raise CommandError(messages.CLOUD_NOT_ASKED.format(command=question(invocation), instead=command))
    return 1


def _aks(invocation: Invocation) -> str:
    option = invocation.option
    if not option("subscription-id") and not option("subscription-name"):
        raise CommandError("neither --subscription-id nor --subscription-name specified")
    subscription = option("subscription-id") or f'"{option("subscription-name")}"'
    return (
        f"az aks show --name {option('resource-name')} --resource-group {option('resource-group-name')} "
        f"--subscription {subscription} --query '{{pods: networkProfile.podCidr, services: networkProfile.serviceCidr, "
        "server: fqdn}'"
    )


def _eks(invocation: Invocation) -> str:
    option = invocation.option
    if bool(option("access-key-id")) != bool(option("secret-access-key")):
        raise CommandError("--access-key-id and --secret-access-key go together: one of them is missing")
    return (
        f"aws eks describe-cluster --name {option('eks-cluster-name')} --region {option('eks-cluster-region')} "
        "--query 'cluster.{services: kubernetesNetworkConfig.serviceIpv4Cidr, server: endpoint, "
        "vpc: resourcesVpcConfig.vpcId}' (pods have addresses of the VPC)"
    )


def _gke(invocation: Invocation) -> str:
    option = invocation.option
    if option("zone") and option("region"):
        raise CommandError("cannot specify both --zone and --region at the same time")
    if not option("zone") and not option("region"):
        raise CommandError("either --zone or --region must be specified")
    where = f"--zone {option('zone')}" if option("zone") else f"--region {option('region')}"
    return (
        f"gcloud container clusters describe {option('cluster-id')} --project {option('project-id')} {where} "
        "--format 'value(clusterIpv4Cidr, servicesIpv4Cidr, endpoint)'"
    )
