"""What ``peer in-band`` and ``unpeer in-band`` of ``liqoctl`` 0.5 print, step by step.

Upstream reaches the IPAM through a port-forward and says so; here the command changes the IpamStorage itself, with the
rights of whoever runs it, and the lines about the port-forward are not printed.
"""

from __future__ import annotations

from typing import Final

from liqolab.liqo.gen05.messages import Step

LOCAL: Final = "local"
REMOTE: Final = "remote"
AUTH_ENDPOINT: Final = "auth"
PROXY_ENDPOINT: Final = "proxy"
SAME_CLUSTER: Final = "local and remote clusters must be different"


def _retrieving(what: str, success: str = "") -> Step:
    done = f"{success or what} correctly retrieved"
    return Step(f"retrieving {what}", done, f"an error occurred while retrieving {what}: ")


IDENTITY: Final = _retrieving("cluster identity")
NETWORK: Final = _retrieving("network configuration")
WIREGUARD: Final = _retrieving("WireGuard configuration", "wireGuard configuration")
WIREGUARD_PRIVATE: Final = 'wireGuard configuration correctly retrieved: endpoint IP "{ip}" seems to be private.'
TOKEN: Final = Step(
    "retrieving authentication token",
    "authentication token correctly retrieved",
    "an error occurred while retrieving auth token: ",
)
AUTH: Final = _retrieving("authentication endpoint")
PROXY: Final = _retrieving("proxy endpoint")

TENANT: Final = Step(
    'creating tenant namespace for remote cluster "{remote}"',
    'tenant namespace "{namespace}" created for remote cluster "{remote}"',
    'an error occurred while creating tenant namespace for remote cluster "{remote}": ',
)
NETWORK_LOCAL: Final = Step(
    "creating network configuration in local cluster",
    'network configuration created in local cluster "{local}"',
    "an error occurred while creating network configuration in local cluster: ",
)
NETWORK_REMOTE: Final = Step(
    'creating network configuration in remote cluster "{remote}"',
    'network configuration created in remote cluster "{remote}"',
    "an error occurred while creating network configuration in remote cluster: ",
)
NETWORK_PROCESSED: Final = Step(
    'waiting network configuration to be processed by remote cluster "{remote}"',
    'network configuration status correctly reflected from cluster "{remote}"',
    "",
)
NETWORK_TIMEOUT: Final = (
    'timeout ({seconds:.0f}s) expired while waiting for cluster "{remote}" to process the networkconfig'
)
MAP: Final = Step(
    'mapping {what} ip "{ip}" for cluster "{remote}"',
    '{what} address "{ip}" remapped to "{mapped}" for remote cluster "{remote}"',
    'an error occurred while mapping {what} address "{ip}" for cluster "{remote}": ',
)
UNMAP: Final = Step(
    'unmapping {what} ip for cluster "{remote}"',
    '{what} address "{ip}" unmapped for remote cluster "{remote}"',
    'an error occurred while unmapping {what} address "{ip}" for cluster "{remote}": ',
)
FOREIGN_CLUSTER: Final = Step(
    'creating foreign cluster for the remote cluster "{remote}"',
    'foreign cluster for remote cluster "{remote}" correctly configured',
    'an error occurred while creating/updating foreign cluster for remote cluster "{remote}": ',
)

DISABLE: Final = Step(
    'disabling peering for the remote cluster "{remote}"',
    'peering correctly disabled for remote cluster "{remote}"',
    'an error occurred while disabling peering for remote cluster "{remote}": ',
)
UNPEER: Final = Step(
    'Unpeering from the remote cluster "{remote}"',
    'Successfully unpeered from remote cluster "{remote}"',
    'Failed unpeering from remote cluster "{remote}": ',
)
DELETE: Final = Step(
    'deleting foreigncluster for the remote cluster "{remote}"',
    'foreigncluster deleted for remote cluster "{remote}"',
    'an error occurred while deleting foreigncluster for remote cluster "{remote}": ',
)
REMOVED_ALREADY: Final = 'it seems that the foreign cluster for remote cluster "{remote}" has been already removed'
TEAR_DOWN: Final = Step(
    'removing tenant namespace "{namespace}" for remote cluster "{remote}"',
    'tenant namespace "{namespace}" correctly removed for remote cluster "{remote}"',
    'an error occurred while deleting tenant namespace "{namespace}" for remote cluster "{remote}": ',
)
TENANT_NOT_FOUND: Final = 'tenant namespace "{namespace}" for remote cluster "{remote}" not found'
TENANT_TIMEOUT: Final = 'timeout expired while waiting for the tenant namespace "{namespace}" to be deleted'

MIXED: Final = (
    'cluster "{local}" is peered out-of-band with "{remote}" already (outgoing {outgoing}, incoming {incoming}), and'
    " one tunnel cannot be kept in both ways: unpeer first (liqoctl unpeer, on each side that uses the other), then run"
    " this command again"
)
ONE_SIDE: Final = (
    "This command needs both clusters. To end the peering on one side alone: liqoctl unpeer NAME, or, if the other"
    " cluster never comes back, kubectl delete foreigncluster NAME"
)
