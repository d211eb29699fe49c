"""What travels between a cluster and its peer's authentication service."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from liqolab.apimachinery.names import dns1123_label
from liqolab.apimachinery.resources import Object
from liqolab.liqo.identity.secrets import Grant

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class MalformedError(ValueError):
    """A body that is not what the protocol says."""


@dataclass(frozen=True, slots=True)
class ClusterIdentity:
    """A cluster: its ID (a UUID) and its name."""

    cluster_id: str
    cluster_name: str

    @classmethod
    def from_object(cls, document: Any) -> ClusterIdentity:
        """From ``{clusterID, clusterName}``. The name ends up in names and labels, so it must be fit for that. The ID
        becomes a user's name, so it must be one that no other user has: a UUID.

        Raises:
            MalformedError: a field is missing or unusable.
        """
        cluster_id, cluster_name = _text(document, "clusterID"), _text(document, "clusterName")
        if not _UUID.fullmatch(cluster_id):
            raise MalformedError("clusterID: a UUID in lower case is expected")
        if errors := dns1123_label(cluster_name):
            raise MalformedError(f"clusterName: {errors[0]}")
        return cls(cluster_id, cluster_name)

    def to_object(self) -> Object:
        return {"clusterID": self.cluster_id, "clusterName": self.cluster_name}


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """The body of POST /identity/certificate.

    Attributes:
        cluster: who asks.
        token: the token of the cluster that is asked.
        signing_request: PEM.
        origin_token: the asker's own token, so that the asked cluster can authenticate in return; may be empty.
    """

    cluster: ClusterIdentity
    token: str
    signing_request: bytes
    origin_token: str = ""

    @classmethod
    def from_object(cls, document: Any) -> CertificateRequest:
        """Raises MalformedError."""
        try:
            signing_request = base64.b64decode(_text(document, "certificateSigningRequest"), validate=True)
        except binascii.Error as error:
            raise MalformedError(f"certificateSigningRequest: {error}") from error
        return cls(
            cluster=ClusterIdentity.from_object(document.get("cluster")),
            token=_text(document, "destinationClusterToken", optional=True),
            signing_request=signing_request,
            origin_token=_text(document, "originClusterToken", optional=True),
        )

    def to_object(self) -> Object:
        document: Object = {
            "cluster": self.cluster.to_object(),
            "destinationClusterToken": self.token,
            "certificateSigningRequest": base64.b64encode(self.signing_request).decode(),
        }
        if self.origin_token:
            document["originClusterToken"] = self.origin_token
        return document


def grant_to_object(grant: Grant) -> Object:
    """The answer to a `CertificateRequest`; the fields for one cloud provider's own identities stay empty."""
    return {
        "namespace": grant.namespace,
        "certificate": base64.b64encode(grant.certificate).decode(),
        "apiServerUrl": grant.api_server_url,
        "apiServerCA": base64.b64encode(grant.api_server_ca).decode(),
        "aws": {"accessKeyID": "", "secretAccessKey": "", "region": "", "eksClusterID": "", "iamUserArn": ""},
    }


def grant_from_object(document: Any) -> Grant:
    """Raises MalformedError."""
    try:
        return Grant(
            namespace=_text(document, "namespace"),
            certificate=base64.b64decode(_text(document, "certificate"), validate=True),
            api_server_url=_text(document, "apiServerUrl"),
            api_server_ca=base64.b64decode(_text(document, "apiServerCA"), validate=True),
        )
    except binascii.Error as error:
        raise MalformedError(str(error)) from error


def ids_to_object(cluster: ClusterIdentity) -> Object:
    """The answer to GET /ids."""
    return {"clusterId": cluster.cluster_id, "clusterName": cluster.cluster_name}


def ids_from_object(document: Any) -> ClusterIdentity:
    """Raises MalformedError."""
    return ClusterIdentity.from_object(
        {"clusterID": _text(document, "clusterId"), "clusterName": _text(document, "clusterName")}
    )


def _text(document: Any, field: str, *, optional: bool = False) -> str:
    if not isinstance(document, dict):
        raise MalformedError("a JSON object is expected")
    value = document.get(field)
    if value is None and optional:
        return ""
    if not isinstance(value, str) or (not value and not optional):
        raise MalformedError(f"{field}: a non-empty string is expected")
    return value
