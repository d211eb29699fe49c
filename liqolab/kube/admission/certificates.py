"""Certificates: who asked is written down by the server, nobody becomes an administrator through a signing request, and
only signers sign.
"""

from __future__ import annotations

from cryptography.x509 import NameOID

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery.resources import Object
from liqolab.kube.access.authz import Authorizer
from liqolab.kube.access.user import MASTERS, User
from liqolab.kube.admission.attributes import Attributes
from liqolab.kube.admission.plugin import Plugin, creates, refuse
from liqolab.kube.kinds.strategies.certificates import decode_request

CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client"


class CertificateRequests(Plugin):
    """Keeps signing requests honest.

    Args:
        authorizer: knows who may sign.
    """

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    async def admit(self, attributes: Attributes) -> None:
        if creates(attributes, resources.CERTIFICATE_SIGNING_REQUESTS) and attributes.object is not None:
            _write_requester(attributes.object.setdefault("spec", {}), attributes.user)

    def validate(self, attributes: Attributes) -> None:
        own = attributes.spec.resource
        if own.group_resource != resources.CERTIFICATE_SIGNING_REQUESTS.group_resource or not attributes.object:
            return
        if creates(attributes, resources.CERTIFICATE_SIGNING_REQUESTS):
            _refuse_masters(attributes, attributes.object.get("spec") or {})
        elif attributes.operation == "UPDATE" and attributes.subresource == "status":
            self._check_signer(attributes)

    def _check_signer(self, attributes: Attributes) -> None:
        after, before = (((obj or {}).get("status") or {}) for obj in (attributes.object, attributes.old_object))
        if after.get("certificate") == before.get("certificate"):
            return
        signer = str(((attributes.object or {}).get("spec") or {}).get("signerName", ""))
        if not self._authorizer.may_use_signer(attributes.user, "sign", signer):
            raise refuse(attributes, f'user not permitted to sign requests with signerName "{signer}"')


def _write_requester(spec: Object, user: User) -> None:
    info = user.info()
    for field in ("username", "uid", "groups", "extra"):
        if field in info:
            spec[field] = info[field]
        else:
            spec.pop(field, None)


def _refuse_masters(attributes: Attributes, spec: Object) -> None:
    if spec.get("signerName") != CLIENT_SIGNER:
        return
    try:
        subject = decode_request(spec).subject
    except ValueError:
        return
    groups = [row.value for row in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    if MASTERS in groups:
        raise refuse(attributes, f"use of {CLIENT_SIGNER} signer with {MASTERS} group is not allowed")
