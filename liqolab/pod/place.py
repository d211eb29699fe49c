"""Which pod this process is of, from its environment, its service account's token and what is mounted."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from liqolab.program import SERVICE_ACCOUNT_PATH

_NOT_VOLUMES = ("/proc", "/sys", "/dev")


class Place(NamedTuple):
    """What `liqolab.program.Container` says of a pod. What the chart does not tell is read from the token."""

    namespace: str
    pod: str
    pod_uid: str
    pod_ip: str
    node: str
    host_ip: str
    service_account: str

    @classmethod
    def find(cls, env: Mapping[str, str], account: Path = Path(SERVICE_ACCOUNT_PATH)) -> Place:
        """Raises OSError or ValueError when neither the environment nor a token tells where this is."""
        claims = _claims((account / "token").read_text())
        return cls(
            namespace=env.get("POD_NAMESPACE") or claims["namespace"],
            pod=env.get("POD_NAME") or claims.get("pod", {}).get("name", ""),
            pod_uid=claims.get("pod", {}).get("uid", ""),
            pod_ip=env.get("POD_IP") or _own_address(env),
            node=env.get("NODE_NAME") or claims.get("node", {}).get("name", ""),
            host_ip=env.get("HOST_IP", ""),
            service_account=claims.get("serviceaccount", {}).get("name", ""),
        )


def mounts(mountinfo: Path = Path("/proc/self/mountinfo")) -> dict[str, Path]:
    """The volumes of this container: path → the same path, for here both are one."""
    points = [line.split()[4] for line in mountinfo.read_text().splitlines()]
    volumes = [point for point in points if point != "/" and not point.startswith(_NOT_VOLUMES)]
    # Where /var/run is a link, the kernel has the service account's volume under another name than programs have.
    return {point: Path(point) for point in [SERVICE_ACCOUNT_PATH, *volumes] if Path(point).is_dir()}


def _claims(token: str) -> dict[str, Any]:
    """What a service account's token says of its pod; nobody checks it here, the API server does."""
    try:
        body = token.split(".")[1]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["kubernetes.io"]
    except (IndexError, KeyError, ValueError) as error:
        raise ValueError("the token of the service account tells no pod") from error
    return found


def _own_address(env: Mapping[str, str]) -> str:
    """The address from which this pod would talk to the API server."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Connecting a datagram socket sends nothing: it only asks the kernel for the way.
        probe.connect((env["KUBERNETES_SERVICE_HOST"], int(env.get("KUBERNETES_SERVICE_PORT", "443"))))
        return str(probe.getsockname()[0])
