"""Signs certificate signing requests that were approved, for the signers that are built into Kubernetes.

Each signer has rules about subject and usages; a request that breaks them gets the condition Failed. Keys may be RSA,
elliptic-curve or Ed25519 (Liqo's identities): the request's own signature proves possession whatever the kind.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CERTIFICATE_SIGNING_REQUESTS
from liqolab.apimachinery.resources import Object
from liqolab.certificates import Authority
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts

DEFAULT_SECONDS = 365 * 24 * 3600
LEAST_SECONDS = 600

_CLIENT_USAGES = frozenset(("digital signature", "key encipherment", "client auth"))
_SERVER_USAGES = frozenset(("digital signature", "key encipherment", "server auth"))


class UnacceptableError(ValueError):
    """A request that its signer will never sign; the text says why."""


class CertificateSigner:
    def __init__(self, manager: Manager, authority: Authority) -> None:
        self._client = manager.client
        self._authority = authority
        self._requests = manager.informer(CERTIFICATE_SIGNING_REQUESTS)
        controller = Controller("certificatesigningrequest-signing-controller", self._reconcile, workers=2)
        manager.add(controller.watches(self._requests))

    async def _reconcile(self, name: str) -> None:
        request = self._requests.get(name)
        if request is None or not _is_due(request):
            return
        check = _CHECKS.get(request["spec"].get("signerName", ""))
        if check is None:
            return
        status = {**(request.get("status") or {})}
        try:
            issued = self._issue(request, check)
        except UnacceptableError as error:
            reason, message = texts.SIGNER_VALIDATION_FAILURE, str(error)
            failed = {"type": "Failed", "status": "True", "reason": reason, "message": message}
            status["conditions"] = meta.set_condition(status.get("conditions"), failed)
        else:
            status["certificate"] = base64.b64encode(issued).decode()
        body = {**request, "status": status}
        await self._client.update(CERTIFICATE_SIGNING_REQUESTS, body, subresource="status")

    def _issue(self, request: Object, check: Check) -> bytes:
        """The certificate as PEM.

        Raises:
            UnacceptableError: the request breaks the signer's rules.
        """
        spec = request["spec"]
        try:
            wanted = x509.load_pem_x509_csr(base64.b64decode(spec["request"]))
            valid = wanted.is_signature_valid
        except (ValueError, UnsupportedAlgorithm) as error:
            raise UnacceptableError(f"unable to parse csr {meta.name(request)!r}: {error}") from error
        if not valid:
            raise UnacceptableError(f"unable to verify certificate request {meta.name(request)!r} signature")
        usages = frozenset(spec.get("usages") or ())
        check(wanted, usages)
        seconds = min(max(spec.get("expirationSeconds") or DEFAULT_SECONDS, LEAST_SECONDS), DEFAULT_SECONDS)
        return self._authority.sign_request(wanted, usages, timedelta(seconds=seconds))


def _is_due(request: Object) -> bool:
    """Approved, neither denied nor failed, and not signed yet."""
    verdicts = {condition["type"] for condition in meta.get_path(request, "status", "conditions", default=[])}
    signed = meta.get_path(request, "status", "certificate")
    return "Approved" in verdicts and not verdicts & {"Denied", "Failed"} and not signed


def _alternative_names(wanted: x509.CertificateSigningRequest) -> x509.SubjectAlternativeName | None:
    try:
        return wanted.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


Check = Callable[[x509.CertificateSigningRequest, frozenset[str]], None]
"""Raises `UnacceptableError` when a request with these usages breaks the rules of a signer."""


def _check_client(wanted: x509.CertificateSigningRequest, usages: frozenset[str]) -> None:
    if "client auth" not in usages or usages - _CLIENT_USAGES:
        raise UnacceptableError(f"invalid usages for client certificate: {_shown(usages)}")


def _check_kubelet_client(wanted: x509.CertificateSigningRequest, usages: frozenset[str]) -> None:
    _check_node_subject(wanted)
    if _alternative_names(wanted) is not None:
        raise UnacceptableError("DNS, IP, email and URI subjectAltNames are not allowed")
    if not {"digital signature", "client auth"} <= usages or usages - _CLIENT_USAGES:
        raise UnacceptableError(f"usages did not match {_shown(_CLIENT_USAGES)}")


def _check_kubelet_serving(wanted: x509.CertificateSigningRequest, usages: frozenset[str]) -> None:
    _check_node_subject(wanted)
    names = _alternative_names(wanted)
    general: list[object] = [] if names is None else list(names)
    if not any(isinstance(name, x509.DNSName | x509.IPAddress) for name in general):
        raise UnacceptableError("DNS or IP subjectAltName is required")
    if any(isinstance(name, x509.RFC822Name | x509.UniformResourceIdentifier) for name in general):
        raise UnacceptableError("email and URI subjectAltNames are not allowed")
    if not {"digital signature", "server auth"} <= usages or usages - _SERVER_USAGES:
        raise UnacceptableError(f"usages did not match {_shown(_SERVER_USAGES)}")


def _check_node_subject(wanted: x509.CertificateSigningRequest) -> None:
    organizations = [attribute.value for attribute in wanted.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    if organizations != ["system:nodes"]:
        raise UnacceptableError("subject organization is not system:nodes")
    names = [str(attribute.value) for attribute in wanted.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if not (names and names[0].startswith("system:node:")):
        raise UnacceptableError("subject common name does not begin with system:node:")


def _check_nothing(wanted: x509.CertificateSigningRequest, usages: frozenset[str]) -> None:
    """The legacy signer guarantees nothing, so it asks for nothing."""


def _shown(usages: frozenset[str]) -> str:
    return "[" + " ".join(sorted(usages)) + "]"


_CHECKS: dict[str, Check] = {
    "kubernetes.io/kube-apiserver-client": _check_client,
    "kubernetes.io/kube-apiserver-client-kubelet": _check_kubelet_client,
    "kubernetes.io/kubelet-serving": _check_kubelet_serving,
    "kubernetes.io/legacy-unknown": _check_nothing,
}
