"""The record of an installation: a Helm release in a Secret, as Helm 3 writes it.

Its values are where ``liqoctl status`` reads the cluster's labels and an upgrade finds what was said before; its
manifest is what an uninstallation removes, whatever version of this project wrote it.
"""

from __future__ import annotations

import base64
import gzip
from typing import Final, cast

import orjson

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import SECRETS
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import images, names

SECRET_TYPE: Final = "helm.sh/release.v1"  # noqa: S105
SELECTOR: Final = f"owner=helm,name={names.RELEASE}"
"""Finds the records of all revisions."""

DEPLOYED: Final = "deployed"
PENDING_INSTALL: Final = "pending-install"
PENDING_UPGRADE: Final = "pending-upgrade"
SUPERSEDED: Final = "superseded"
_DESCRIPTIONS: Final = {
    DEPLOYED: "Install complete",
    PENDING_INSTALL: "Initial install underway",
    PENDING_UPGRADE: "Preparing upgrade",
    SUPERSEDED: "Superseded",
}


def record(
    namespace: str, revision: int, values: Object, manifests: list[Object], status: str, first: str, now: str
) -> Object:
    """The Secret of one revision; `first` and `now` say when the release was first and last deployed (RFC 3339)."""
    release = {
        "name": names.RELEASE,
        "info": {
            "first_deployed": first,
            "last_deployed": now,
            "deleted": "",
            "description": _DESCRIPTIONS[status],
            "status": status,
        },
        "chart": {
            "metadata": {
                "name": "liqo",
                "version": images.VERSION,
                "appVersion": images.VERSION,
                "apiVersion": "v2",
                "description": "Liqo, on the Kubernetes API only",
            },
            "lock": None,
            "templates": [],
            "values": {},
            "schema": None,
            "files": None,
        },
        "config": values,
        "manifest": "".join(f"---\n{orjson.dumps(manifest).decode()}\n" for manifest in manifests),
        "version": revision,
        "namespace": namespace,
    }
    return _secret(release)


def with_status(secret: Object, status: str) -> Object:
    """The record of the same revision in another state."""
    release = decode(secret)
    return _secret(release | {"info": release["info"] | {"status": status, "description": _DESCRIPTIONS[status]}})


def _secret(release: Object) -> Object:
    packed = base64.b64encode(gzip.compress(orjson.dumps(release), mtime=0))
    revision = str(release["version"])
    return SECRETS.manifest(
        f"sh.helm.release.v1.{release['name']}.v{revision}",
        release["namespace"],
        labels={
            "name": release["name"],
            "owner": "helm",
            "status": release["info"]["status"],
            "version": revision,
        },
        type=SECRET_TYPE,
        data=meta.secret_data({"release": packed}),
    )


def decode(secret: Object) -> Object:
    """The release in a Secret.

    Raises:
        ValueError: it does not hold one.
    """
    try:
        packed = base64.b64decode(meta.secret_value(secret, "release"))
        return cast(Object, orjson.loads(gzip.decompress(packed)))
    except (KeyError, TypeError, OSError) as error:
        raise ValueError(f"Invalid release information: {error}") from None


def latest(secrets: list[Object]) -> Object | None:
    """The Secret with the highest revision."""
    return max(secrets, key=revision, default=None)


def revision(secret: Object) -> int:
    """The revision that a record is about; 0 when its label is unreadable."""
    text = (secret["metadata"].get("labels") or {}).get("version", "")
    return int(text) if text.isdecimal() else 0


def manifests(release: Object) -> list[Object]:
    """The objects of a release. Helm's own are YAML, those written here JSON; both are read."""
    text = str(release.get("manifest", ""))
    try:
        return [orjson.loads(part) for part in text.split("---\n") if part.strip()]
    except orjson.JSONDecodeError:
        import yaml  # only upstream's releases need it

        return [document for document in yaml.safe_load_all(text) if document]
