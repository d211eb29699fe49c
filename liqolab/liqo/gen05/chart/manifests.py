"""All objects of an installation, in the stages in which a cluster should get them."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from liqolab.apimachinery.builtin import CONFIG_MAPS, STORAGE_CLASSES
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.chart import access, components, labels, webhooks
from liqolab.liqo.gen05.chart.certificate import ServingCertificate
from liqolab.liqo.gen05.chart.values import arguments, lookup


@dataclass(frozen=True, slots=True)
class Installation:
    """What an installation is made from. Identity and certificate outlive upgrades.

    Attributes:
        values: all values, see `values`.
        cluster_id: this cluster's ID.
        certificate: of the webhooks' server.
    """

    namespace: str
    values: Object
    cluster_id: str
    certificate: ServingCertificate


def foundation(installation: Installation) -> list[Object]:
    """What pods need before they start: accounts, rights, configuration, Services."""
    namespace = installation.namespace
    objects = [installation.certificate.secret(namespace)]
    for component in components.COMPONENTS:
        objects += access.grants(component.name, namespace)
    objects += access.unbound_roles()
    objects += components.services(installation.values, namespace)
    if lookup(installation.values, "storage.enable"):
        objects.append(_storage_class(installation.values))
    return [labels.released(each, installation.namespace) for each in objects]


def workloads(installation: Installation) -> list[Object]:
    """The pods' owners, and the webhooks that they serve."""
    told = arguments(installation.values, installation.cluster_id, installation.namespace)
    objects = [
        components.workload(component, told, installation.values, installation.namespace)
        for component in components.COMPONENTS
    ]
    authority = base64.b64encode(installation.certificate.authority).decode()
    policy = str(lookup(installation.values, "webhook.failurePolicy", "Fail"))
    objects += webhooks.configurations(installation.namespace, authority, policy)
    return [labels.released(each, installation.namespace) for each in objects]


def identity(namespace: str, cluster_name: str, cluster_id: str) -> Object:
    """The ConfigMap that says who this cluster is. It is no part of the release: a later installation keeps it."""
    return CONFIG_MAPS.manifest(
        names.CLUSTER_ID_CONFIG_MAP,
        namespace,
        labels=labels.whole(names.CLUSTER_ID_CONFIG_MAP),
        data={names.CLUSTER_ID_KEY: cluster_id, names.CLUSTER_NAME_KEY: cluster_name},
    )


def _storage_class(values: Object) -> Object:
    return STORAGE_CLASSES.manifest(
        lookup(values, "storage.virtualStorageClassName", names.STORAGE_CLASS),
        provisioner=names.STORAGE_PROVISIONER,
        volumeBindingMode="WaitForFirstConsumer",
    )
