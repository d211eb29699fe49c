"""Signs certificate signing requests that were approved, for the signers that are built into Kubernetes.

Each signer has rules about subject and usages; a request that breaks them gets the condition Failed. Keys may be RSA,
elliptic-curve or Ed25519 (Liqo's identities): the request's own signature proves possession whatever the kind.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CERTIFICATE_SIGNING_REQUESTS
from liqolab.apimachinery.resources import Object
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.settings import ControllerSettings

DEFAULT_SECONDS = 365 * 24 * 3600
LEAST_SECONDS = 600
BACKDATE = timedelta(minutes=5)

_CLIENT_USAGES = frozenset(("digital signature", "key encipherment", "client auth"))
_SERVER_USAGES = frozenset(("digital signature", "key encipherment", "server auth"))

_KEY_USAGES = {
    "signing": "digital_signature",
    "digital signature": "digital_signature",
    "content commitment": "content_commitment",
    "key encipherment": "key_encipherment",
    "data encipherment": "data_encipherment",
    "key agreement": "key_agreement",
    "cert sign": "key_cert_sign",
    "crl sign": "crl_sign",
    "encipher only": "encipher_only",
    "decipher only": "decipher_only",
}
_EXTENDED_USAGES = {
    "any": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    "server auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "client auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code signing": ExtendedKeyUsageOID.CODE_SIGNING,
    "email protection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "timestamping": ExtendedKeyUsageOID.TIME_STAMPING,
    "ocsp signing": ExtendedKeyUsageOID.OCSP_SIGNING,
}


class UnacceptableError(ValueError):
    """A request that its signer will never sign; the text says why."""


def install(manager: Manager, settings: ControllerSettings) -> None:
    _Signer(manager, settings.ca_certificate, settings.ca_key)


class _Signer:
    def __init__(self, manager: Manager, certificate: bytes, key: bytes) -> None:
        self._client = manager.client
        self._issuer = x509.load_pem_x509_certificate(certificate)
        loaded = serialization.load_pem_private_key(key, password=None)
        self._key = cast(CertificateIssuerPrivateKeyTypes, loaded)
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
        return self._sign(wanted, usages, spec.get("expirationSeconds"))

    def _sign(self, wanted: x509.CertificateSigningRequest, usages: frozenset[str], seconds: int | None) -> bytes:
        now = datetime.now(UTC).replace(microsecond=0)
        lifetime = timedelta(seconds=min(max(seconds or DEFAULT_SECONDS, LEAST_SECONDS), DEFAULT_SECONDS))
        builder = (
            x509.CertificateBuilder()
            .subject_name(wanted.subject)
            .issuer_name(self._issuer.subject)
            .public_key(wanted.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATE)
            .not_valid_after(min(now + lifetime, self._issuer.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(self._authority(), critical=False)
        )
        extensions: list[tuple[x509.ExtensionType | None, bool]] = [
            (_key_usage(usages), True),
            (_extended_usage(usages), False),
            (_alternative_names(wanted), False),
        ]
        for extension, critical in extensions:
            if extension is not None:
                builder = builder.add_extension(extension, critical=critical)
        hashed = isinstance(self._key, RSAPrivateKey | EllipticCurvePrivateKey)
        issued = builder.sign(self._key, hashes.SHA256() if hashed else None)
        return issued.public_bytes(serialization.Encoding.PEM)

    def _authority(self) -> x509.AuthorityKeyIdentifier:
        try:
            own = self._issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        except x509.ExtensionNotFound:
            return x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _is_due(request: Object) -> bool:
    """Approved, neither denied nor failed, and not signed yet."""
    verdicts = {condition["type"] for condition in meta.get_path(request, "status", "conditions", default=[])}
    signed = meta.get_path(request, "status", "certificate")
    return "Approved" in verdicts and not verdicts & {"Denied", "Failed"} and not signed


def _key_usage(usages: frozenset[str]) -> x509.KeyUsage | None:
    bits = dict.fromkeys(_KEY_USAGES.values(), False)
    for usage in usages & _KEY_USAGES.keys():
        bits[_KEY_USAGES[usage]] = True
    if not bits["key_agreement"]:
        # Both have a meaning together with key agreement only.
        bits["encipher_only"] = bits["decipher_only"] = False
    return x509.KeyUsage(**bits) if any(bits.values()) else None


def _extended_usage(usages: frozenset[str]) -> x509.ExtendedKeyUsage | None:
    found = [oid for usage, oid in _EXTENDED_USAGES.items() if usage in usages]
    return x509.ExtendedKeyUsage(found) if found else None


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
