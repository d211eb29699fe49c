"""The certificate of the webhooks' server: made at installation, trusted through ``caBundle``, kept in a Secret."""

from __future__ import annotations

from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import SECRETS
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names


@dataclass(frozen=True, slots=True)
class ServingCertificate:
    """PEM: the authority that signed, the certificate and its key."""

    authority: bytes
    certificate: bytes
    key: bytes

    @classmethod
    def issue(cls, service: str, namespace: str) -> ServingCertificate:
        """A new one for a Service's DNS names; its authority's key is thrown away."""
        # cryptography takes longer to import than most commands of liqoctl run.
        from liqolab.certificates import SERVER, TEN_YEARS, Authority

        host = f"{service}.{namespace}"
        hosts = (f"{host}.svc", f"{host}.svc.cluster.local", host, service)
        authority = Authority.create(f"{service}-ca")
        pair = authority.issue(f"{host}.svc", hosts=hosts, usages=SERVER, lifetime=TEN_YEARS)
        return cls(authority.pem, pair.certificate, pair.key)

    @classmethod
    def from_secret(cls, secret: Object) -> ServingCertificate | None:
        """The one that an earlier installation made, if its Secret is whole."""
        try:
            return cls(*(meta.secret_value(secret, key) for key in ("ca.crt", "tls.crt", "tls.key")))
        except (KeyError, ValueError):
            return None

    def secret(self, namespace: str) -> Object:
        parts = {"ca.crt": self.authority, "tls.crt": self.certificate, "tls.key": self.key}
        return SECRETS.manifest(
            names.WEBHOOK_CERTIFICATE_SECRET,
            namespace,
            type="kubernetes.io/tls",
            data=meta.secret_data(parts),
        )
