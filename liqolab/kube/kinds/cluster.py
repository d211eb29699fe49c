"""The small groups that run a cluster: leases, certificates, classes, storage, disruption budgets, webhooks, CRDs and
API services.
"""

from __future__ import annotations

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery.resources import Resource
from liqolab.kube.kinds.declaring import READ_WRITE, fields_at, kind
from liqolab.kube.kinds.printers import cluster as printers
from liqolab.kube.kinds.printers.common import CREATED_AT, counted
from liqolab.kube.kinds.spec import Subresource
from liqolab.kube.kinds.strategies import (
    api_services,
    certificates,
    policies,
    policy,
    storage,
    storage_classes,
    webhooks,
)
from liqolab.kube.kinds.strategies.common import Plain
from liqolab.kube.kinds.strategies.definitions import DefinitionStrategy
from liqolab.kube.kinds.strategies.scheduling import PRIORITY_CLASS
from liqolab.kube.kinds.validation.csi_drivers import compare_csi_drivers, validate_csi_driver
from liqolab.kube.kinds.validation.csi_nodes import validate_csi_node

_EXTENSIONS = ("api-extensions",)

COORDINATION = (
    kind(
        resources.LEASES,
        strategy=Plain(unconditional=False, validate=policy.validate_lease),
        printer=printers.LEASE,
    ),
)

CERTIFICATES = (
    kind(
        resources.CERTIFICATE_SIGNING_REQUESTS,
        short=("csr",),
        has_status=True,
        subresources=(Subresource("approval", READ_WRITE, kind="CertificateSigningRequest"),),
        strategy=certificates.SigningRequestStrategy(),
        printer=printers.SIGNING_REQUEST,
        selectable=fields_at("spec.signerName"),
    ),
)

POLICY = (
    kind(
        resources.POD_DISRUPTION_BUDGETS,
        short=("pdb",),
        has_status=True,
        strategy=policy.DISRUPTION_BUDGET,
        printer=printers.DISRUPTION_BUDGET,
    ),
)

SCHEDULING = (
    kind(resources.PRIORITY_CLASSES, short=("pc",), strategy=PRIORITY_CLASS, printer=printers.PRIORITY_CLASS),
)


def _storage(plural: str, kind_name: str) -> Resource:
    return Resource("storage.k8s.io", "v1", plural, kind_name, False)


STORAGE = (
    kind(
        _storage("csidrivers", "CSIDriver"),
        strategy=Plain(
            returns_object=True, unconditional=False, validate=validate_csi_driver, compare=compare_csi_drivers
        ),
        printer=printers.CSI_DRIVER,
    ),
    kind(
        _storage("csinodes", "CSINode"),
        strategy=Plain(returns_object=True, unconditional=False, validate=validate_csi_node),
        printer=counted("Drivers", lambda obj: len((obj.get("spec") or {}).get("drivers") or []), type="integer"),
    ),
    kind(
        Resource("storage.k8s.io", "v1", "csistoragecapacities", "CSIStorageCapacity"),
        strategy=storage.STORAGE_CAPACITY,
    ),
    kind(
        resources.STORAGE_CLASSES,
        short=("sc",),
        strategy=storage_classes.STORAGE_CLASS,
        printer=printers.STORAGE_CLASS,
    ),
    kind(
        _storage("volumeattachments", "VolumeAttachment"),
        has_status=True,
        strategy=storage_classes.VOLUME_ATTACHMENT,
        printer=printers.VOLUME_ATTACHMENT,
    ),
    kind(
        resources.VOLUME_ATTRIBUTES_CLASSES,
        short=("vac",),
        strategy=storage.ATTRIBUTES_CLASS,
        printer=printers.VOLUME_ATTRIBUTES_CLASS,
    ),
)

NODE = (
    kind(
        resources.RUNTIME_CLASSES,
        strategy=storage_classes.RUNTIME_CLASS,
        printer=printers.RUNTIME_CLASS,
    ),
)

_WEBHOOKS = counted("Webhooks", lambda obj: len(obj.get("webhooks") or []), type="integer")

ADMISSION = (
    kind(
        resources.MUTATING_WEBHOOKS,
        categories=_EXTENSIONS,
        strategy=webhooks.WEBHOOKS,
        printer=_WEBHOOKS,
    ),
    kind(
        resources.VALIDATING_POLICIES,
        categories=_EXTENSIONS,
        has_status=True,
        strategy=policies.POLICY,
        printer=printers.VALIDATING_POLICY,
    ),
    kind(
        resources.VALIDATING_POLICY_BINDINGS,
        categories=_EXTENSIONS,
        strategy=policies.BINDING,
        printer=printers.VALIDATING_POLICY_BINDING,
    ),
    kind(
        resources.VALIDATING_WEBHOOKS,
        categories=_EXTENSIONS,
        strategy=webhooks.WEBHOOKS,
        printer=_WEBHOOKS,
    ),
)

API_EXTENSIONS = (
    kind(
        resources.CUSTOM_RESOURCE_DEFINITIONS,
        short=("crd", "crds"),
        categories=_EXTENSIONS,
        has_status=True,
        strategy=DefinitionStrategy(),
        printer=CREATED_AT,
    ),
)

API_REGISTRATION = (
    kind(
        resources.API_SERVICES,
        categories=_EXTENSIONS,
        has_status=True,
        strategy=api_services.API_SERVICE,
        printer=printers.API_SERVICE,
    ),
)
