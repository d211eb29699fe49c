"""A whole life of Liqo in one cluster: installed, asked, upgraded, removed, purged; its programs run for real."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from liqolab.apimachinery.builtin import CUSTOM_RESOURCE_DEFINITIONS, DEPLOYMENTS, NAMESPACES, PODS, SECRETS
from liqolab.apimachinery.resources import Object
from liqolab.controller.http import HttpClient
from liqolab.liqo.gen05.chart import arguments, manifests, values
from liqolab.liqo.gen05.chart.certificate import ServingCertificate
from liqolab.liqo.gen05.chart.manifests import Installation
from liqolab.liqo.programs import IMAGES, PROGRAMS
from tests.liqoctl.conftest import Liqoctl

INSTALLED = [
    "INFO: Installer initialized",
    "INFO: Cluster configuration correctly retrieved",
    "INFO: Installation parameters correctly generated",
    "INFO: All Set! You can now proceed establishing a peering (liqoctl peer --help for more information)",
]
STATUS = """\
┌─ Namespace existence check ──────────────────────────────────────────────────────┐
| INFO: ✔ liqo control plane namespace liqo exists                                 |
└──────────────────────────────────────────────────────────────────────────────────┘

┌─ Liqo control plane check ───────────────────────────────────────────────────────┐
| INFO: ✔ control plane pods are up and running                                    |
└──────────────────────────────────────────────────────────────────────────────────┘

┌─ Local Cluster Information ──────────────────────────────────────────────────────┐
|  Cluster Identity                                                                |
|      Cluster ID: {id}                            |
|      Cluster Name: venice                                                        |
|      Cluster Labels                                                              |
|          liqo.io/provider: kind                                                  |
|          topology.liqo.io/region: north                                          |
|  Network                                                                         |
|      Pod CIDR: 10.200.0.0/16                                                     |
|      Service CIDR: 10.90.0.0/12                                                  |
|      External CIDR: 10.201.0.0/16                                                |
└──────────────────────────────────────────────────────────────────────────────────┘
"""
MISSING = """\
┌─ Namespace existence check ──────────────────────────────────────────────────────┐
| ERRO: ✖ liqo control plane namespace liqo is not OK                              |
| Reason: namespaces "liqo" not found                                              |
└──────────────────────────────────────────────────────────────────────────────────┘
"""
COMMAND = re.compile(
    r"liqoctl peer out-of-band venice --auth-url https://[0-9.]+:\d+ --cluster-id ([0-9a-f-]{36}) "
    r"--auth-token [0-9a-f]{128}\n"
)
LABELS = ("--cluster-name", "venice", "--cluster-labels", "topology.liqo.io/region=north")


async def test_install_status_generate_upgrade_uninstall_purge(liqoctl: Liqoctl, new_cluster: Path) -> None:
    finished = await liqoctl("status", kubeconfig=new_cluster)
    assert (finished.code, finished.out) == (1, MISSING)

    finished = await liqoctl("install", "kind", *LABELS, kubeconfig=new_cluster)
    assert (finished.code, finished.outcomes) == (0, INSTALLED)
    finished = await liqoctl("version", kubeconfig=new_cluster)
    assert finished.out == "Client version: v0.5.4\nServer version: v0.5.4\n"

    generated = await liqoctl("generate", "peer-command", "--only-command", kubeconfig=new_cluster)
    match = COMMAND.fullmatch(generated.out)
    assert match, generated.out
    finished = await liqoctl("--kubeconfig", str(new_cluster), "status")
    assert (finished.code, finished.out) == (0, STATUS.format(id=match[1]))

    # Once more, without a word about the name and the labels: it is still the same cluster.
    finished = await liqoctl("install", "kind", kubeconfig=new_cluster)
    assert (finished.code, finished.outcomes) == (0, INSTALLED)
    assert (await liqoctl("generate", "peer-command", "--only-command", kubeconfig=new_cluster)).out == generated.out
    assert (await liqoctl("status", kubeconfig=new_cluster)).out == STATUS.format(id=match[1])

    removed = ["INFO: Pre-uninstall checks passed", "INFO: Liqo uninstalled"]
    purged = ["INFO: Liqo CRDs purged", "INFO: Liqo namespaces deleted"]
    async with HttpClient.from_kubeconfig(new_cluster) as admin:
        finished = await liqoctl("uninstall", kubeconfig=new_cluster)
        assert (finished.code, finished.outcomes) == (0, removed)
        assert not (await admin.list(PODS, "liqo")).items
        assert len((await admin.list(CUSTOM_RESOURCE_DEFINITIONS)).items) == 10

        finished = await liqoctl("uninstall", "--purge", kubeconfig=new_cluster)
        assert (finished.code, finished.outcomes) == (0, removed + purged)
        assert not (await admin.list(CUSTOM_RESOURCE_DEFINITIONS)).items
        assert "liqo" not in {each["metadata"]["name"] for each in (await admin.list(NAMESPACES)).items}


async def test_installation_goes_on_after_an_interruption(liqoctl: Liqoctl, new_cluster: Path) -> None:
    first = await liqoctl("install", "kind", *LABELS, "--timeout", "10ms", kubeconfig=new_cluster)
    assert first.code == 1
    assert first.outcomes[3] == "ERRO: Error installing or upgrading Liqo: timed out waiting for the condition"
    assert first.outcomes[4] == "INFO: Likely causes for the installation/upgrade timeout could include:"
    second = await liqoctl("install", "kind", *LABELS, kubeconfig=new_cluster)
    assert second.outcomes == INSTALLED
    async with HttpClient.from_kubeconfig(new_cluster) as admin:
        records = (await admin.list(SECRETS, "liqo", labels="owner=helm")).items
        assert [record["metadata"]["labels"]["status"] for record in records] == ["deployed"]
        # A component that is gone is named.
        await admin.delete(DEPLOYMENTS, "liqo-auth", "liqo")
    finished = await liqoctl("status", kubeconfig=new_cluster)
    assert finished.code == 1
    assert 'Deployment\tliqo-auth\tdeployments.apps "liqo-auth" not found' in finished.out


async def test_values_follow_flags_and_settings(
    liqoctl: Liqoctl, cluster: Path, admin: HttpClient, tmp_path: Path
) -> None:
    file = tmp_path / "values.yaml"
    finished = await liqoctl(
        *("install", "kind", *LABELS, "--only-output-values", "--dump-values-path", str(file)),
        *("--reserved-subnets", "10.40.0.0/16,10.50.0.0/16", "--sharing-percentage", "50"),
        *("--set", "gateway.service.type=LoadBalancer,auth.service.annotations.a\\.b/c=d", "--set", "x.y[0]={1,z}"),
        kubeconfig=cluster,
    )
    assert (finished.code, finished.outcomes[-1]) == (0, f'INFO: All Set! Chart values written to "{file}"')
    written = yaml.safe_load(file.read_text())
    assert written["networkManager"]["config"]["reservedSubnets"] == ["10.40.0.0/16", "10.50.0.0/16"]
    assert written["controllerManager"]["config"]["resourceSharingPercentage"] == 50
    assert written["auth"]["service"] == {"type": "NodePort", "annotations": {"a.b/c": "d"}}
    assert written["gateway"]["service"]["type"] == "LoadBalancer"
    assert written["x"] == {"y": [[1, "z"]]}
    # On embedded nodes routes are not the node's, and liqo-route has an address like any other pod.
    assert written["route"] == {"hostNetwork": False, "pod": {"extraArgs": []}}
    assert written["image"] == {"repository": "liqolab"}
    dry = await liqoctl("install", "kind", *LABELS, "--dry-run", kubeconfig=cluster)
    assert (dry.code, dry.outcomes[-1]) == (0, "INFO: Installation completed (dry-run)")
    assert not (await admin.list(DEPLOYMENTS, "liqo")).items


def test_images_are_of_the_repository_that_values_name() -> None:
    certificate = ServingCertificate(b"", b"", b"")
    chosen = values.defaults()
    assert _images(manifests.workloads(Installation("liqo", chosen, "1", certificate))) == set(IMAGES)
    values.assign(chosen, "image.repository=registry.example/team/,tag=v0.5.4-2")
    moved = {f"registry.example/team/{image.removeprefix('liqolab/')}-2" for image in IMAGES}
    assert _images(manifests.workloads(Installation("liqo", chosen, "1", certificate))) == moved
    # Clusters that were made when images had upstream's names go on, on embedded nodes.
    assert {PROGRAMS[f"liqo/{image.partition('/')[2].partition(':')[0]}"] for image in IMAGES} == set(IMAGES.values())


def _images(objects: list[Object]) -> set[str]:
    """Those of the workloads, and the one that virtual kubelets will have."""
    pods = [each["spec"]["template"]["spec"] for each in objects if "template" in each.get("spec", {})]
    containers = [container for pod in pods for container in pod["containers"]]
    told = {arguments.parse(container["args"]).kubelet_image for container in containers}
    return ({container["image"] for container in containers} | told) - {""}


async def test_networks_that_are_not_the_clusters_are_refused(liqoctl: Liqoctl, cluster: Path) -> None:
    flags = ("--service-cidr", "10.90.0.0/12", "--disable-api-server-sanity-check")
    wrong = await liqoctl("install", "--pod-cidr", "10.10.0.0/16", *flags, kubeconfig=cluster)
    assert wrong.code == 1
    message = (
        r'ERRO: Error retrieving configuration: pod "kube-system/\S+" does not match the provided Pod CIDR \(IP: \S+\)'
    )
    assert re.fullmatch(message, wrong.outcomes[-1])
    local = await liqoctl("install", "--pod-cidr", "10.200.0.0/16", *flags, kubeconfig=cluster)
    message = "ERRO: Error generating installation parameters: cannot use localhost as API Server address"
    assert local.outcomes[-1] == message
