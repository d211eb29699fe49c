"""What ``install`` knows of each kind of cluster, and how a cluster is reached by flags alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CONFIG_MAPS, CUSTOM_RESOURCE_DEFINITIONS, LEASES, PODS
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.http import HttpClient
from liqolab.controller.kubeconfig import load
from liqolab.controller.waiting import wait_for
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS
from tests.liqoctl.conftest import Finished, Liqoctl

NETWORKS = "networks.config.openshift.io"


@pytest.fixture
async def openshift(admin: HttpClient, cluster: Path) -> AsyncIterator[Object]:
    """A cluster that has what OpenShift says of its networks; the fixture's object is that, to be changed."""
    names = {"plural": "networks", "singular": "network", "kind": "Network", "listKind": "NetworkList"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    spec: Object = {"group": "config.openshift.io", "scope": "Cluster", "names": names}
    spec["versions"] = [{"name": "v1", "served": True, "storage": True, "schema": schema}]
    await admin.create(CUSTOM_RESOURCE_DEFINITIONS, CUSTOM_RESOURCE_DEFINITIONS.manifest(NETWORKS, spec=spec))
    await wait_for(
        admin,
        CUSTOM_RESOURCE_DEFINITIONS,
        lambda store: any(meta.condition_is_true(each, "Established") for each in store.values()),
        name=NETWORKS,
        seconds=60,
    )
    body = NETWORK.manifest("cluster", status={})
    yield await admin.create(NETWORK, body)
    await admin.delete(CUSTOM_RESOURCE_DEFINITIONS, NETWORKS)


NETWORK = Resource("config.openshift.io", "v1", "networks", "Network", namespaced=False)


async def test_openshift_says_itself_what_its_networks_are(
    liqoctl: Liqoctl, cluster: Path, admin: HttpClient, tmp_path: Path, openshift: Object
) -> None:
    line = ("install", "openshift", "--only-output-values", "--dump-values-path", str(tmp_path / "values"))
    flags = ("--cluster-name", "venice", "--skip-validation")

    async def with_status(**status: Any) -> Finished:
        await admin.patch(NETWORK, "cluster", {"status": {"clusterNetwork": None, "serviceNetwork": None, **status}})
        return await liqoctl(*line, *flags, kubeconfig=cluster)

    failed = "ERRO: Error retrieving provider specific configuration: "
    assert (await with_status()).outcomes[-1] == f"{failed}no cluster network found"
    pods = [{"cidr": "10.200.0.0/16", "hostPrefix": 23}]
    finished = await with_status(clusterNetwork=pods, serviceNetwork=["10.90.0.0/12", "10.80.0.0/12"])
    assert (finished.code, finished.outcomes[-1]) == (1, f"{failed}multiple service networks found")
    finished = await with_status(clusterNetwork=pods, serviceNetwork=["10.90.0.0/12"])
    # What it goes on to is the address of the API server, which no peer could use here.
    assert "cannot use localhost as API Server address" in finished.outcomes[-1]


async def test_k3s_has_node_ports_and_an_address_that_its_kubeconfig_does_not_name(
    liqoctl: Liqoctl, cluster: Path, tmp_path: Path
) -> None:
    file = tmp_path / "values.yaml"
    line = ("install", "k3s", "--api-server-url", "https://10.0.0.5:6443", "--skip-validation", "--cluster-name", "v")
    finished = await liqoctl(*line, "--only-output-values", "--dump-values-path", str(file), kubeconfig=cluster)
    assert finished.code == 0, finished.out
    written = yaml.safe_load(file.read_text())
    assert [written[each]["service"]["type"] for each in ("auth", "gateway")] == ["NodePort", "NodePort"]
    assert written["apiServer"]["address"] == "https://10.0.0.5:6443"
    networks = written["networkManager"]["config"]
    assert (networks["podCIDR"], networks["serviceCIDR"]) == ("10.42.0.0/16", "10.43.0.0/16")


AKS = "aks --resource-group-name g --resource-name venice"
GKE = "gke --credentials-path k --project-id p --cluster-id venice"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (AKS, "neither --subscription-id nor --subscription-name specified"),
        (f"{AKS} --subscription-id s", "az aks show --name venice --resource-group g --subscription s "),
        (f"{GKE} --zone a --region b", "cannot specify both --zone and --region at the same time"),
        (GKE, "either --zone or --region must be specified"),
        (f"{GKE} --zone a", "gcloud container clusters describe venice --project p --zone a "),
        (
            "eks --eks-cluster-region r --eks-cluster-name venice --access-key-id x",
            "go together: one of them is missing",
        ),
        ("eks --eks-cluster-region r --eks-cluster-name venice", "aws eks describe-cluster --name venice --region r "),
    ],
)
async def test_clouds_are_not_asked_but_it_is_said_how(liqoctl: Liqoctl, cluster: Path, line: str, said: str) -> None:
    finished = await liqoctl("install", *line.split(), kubeconfig=cluster)
    assert finished.code == 1
    assert finished.outcomes[0] == "INFO: Installer initialized"
    assert finished.outcomes[1].startswith("ERRO: Error retrieving provider specific configuration: ")
    assert said in finished.outcomes[1]


async def test_the_connection_can_be_given_by_flags_alone(
    liqoctl: Liqoctl, cluster: Path, admin: HttpClient, tmp_path: Path
) -> None:
    access = load(cluster)
    files = {name: tmp_path / name for name in ("ca", "certificate", "key")}
    for name, file in files.items():
        file.write_bytes(getattr(access, name))
    flags = [
        *("-s", access.server, "--certificate-authority", str(files["ca"])),
        *("--client-certificate", str(files["certificate"]), "--client-key", str(files["key"])),
    ]
    answered = "liqo control plane namespace liqo exists"
    assert answered in (await liqoctl("status", *flags)).out
    unsafe = await liqoctl("status", *flags[:2], *flags[4:], "--insecure-skip-tls-verify")
    assert answered in unsafe.out
    denied = await liqoctl("status", *flags[:4], "--token", "nobody")
    assert "You must be logged in to the server (Unauthorized)" in denied.out
    other = await liqoctl("status", *flags, "--as", "somebody")
    assert other.out == "ERRO: error: --as is not supported here; use the credentials of that user\n"
    absent = await liqoctl("status", *flags[:2], "--client-key", str(tmp_path / "absent"))
    assert absent.out == f"ERRO: error: --client-key {tmp_path / 'absent'}: No such file or directory\n"


@pytest.mark.journey
async def test_of_two_controller_managers_one_works_and_the_other_takes_over(
    liqoctl: Liqoctl, new_cluster: Path
) -> None:
    said = await liqoctl("install", "kind", "--cluster-name", "venice", "--enable-ha", kubeconfig=new_cluster)
    assert said.code == 0, said.out
    async with HttpClient.from_kubeconfig(new_cluster) as admin:
        selector = "app.kubernetes.io/name=controller-manager"
        pods = {meta.name(pod) for pod in (await admin.list(PODS, "liqo", labels=selector)).items}
        assert len(pods) == 2
        first = await _leader(admin, pods)
        await admin.delete(PODS, first, "liqo")
        assert await _leader(admin, set(), but=first) != first
        # Whoever leads now does the work: a ForeignCluster that nobody can process says so.
        body = FOREIGN_CLUSTERS.manifest("me", spec=_SPEC | {"clusterIdentity": await _identity(admin)})
        await admin.create(FOREIGN_CLUSTERS, body)

        def judged(store: Any) -> bool:
            return any(row["reason"] == "LocalCluster" for fc in store.values() for row in _conditions(fc))

        await wait_for(admin, FOREIGN_CLUSTERS, judged, seconds=120)


_SPEC = {
    "foreignAuthUrl": "https://10.0.0.9:1",
    "outgoingPeeringEnabled": "No",
    "incomingPeeringEnabled": "No",
    "insecureSkipTLSVerify": True,
}


async def _leader(admin: HttpClient, among: set[str], but: str = "") -> str:
    holder = ""

    def held(store: Any) -> bool:
        nonlocal holder
        holder = next((meta.get_path(lease, "spec", "holderIdentity", default="") for lease in store.values()), "")
        return bool(holder) and holder != but and (holder in among or not among)

    await wait_for(admin, LEASES, held, "liqo", name="66cf253f.ctrlmgr.liqo.io", seconds=120)
    return holder


async def _identity(admin: HttpClient) -> dict[str, str]:
    data = (await admin.get(CONFIG_MAPS, "liqo-clusterid-configmap", "liqo"))["data"]
    return {"clusterID": data["CLUSTER_ID"], "clusterName": data["CLUSTER_NAME"]}


def _conditions(foreign_cluster: Object) -> list[Object]:
    found: list[Object] = meta.get_path(foreign_cluster, "status", "peeringConditions", default=[])
    return found
