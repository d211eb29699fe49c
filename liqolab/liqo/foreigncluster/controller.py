"""The reconciliation of a ForeignCluster, in the order in which a peering comes about.

Identity of the peer → can it be processed → tunnel → tenant namespace here → identity there → tenant namespace there →
ResourceRequest → state of both directions → permissions → garbage collection. Each step reads what the other
components left in the tenant namespace; none waits: whatever changes there brings the ForeignCluster back here.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, field

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES, SECRETS, SERVICES
from liqolab.apimachinery.errors import missing_ok
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.client import Client
from liqolab.controller.dialing import Dial
from liqolab.controller.manager import Controller, Manager
from liqolab.controller.tcp import tcp_dial
from liqolab.liqo import exposure
from liqolab.liqo.auth.protocol import ClusterIdentity
from liqolab.liqo.foreigncluster import conditions, permissions, requests
from liqolab.liqo.foreigncluster.authentication import Authenticator, AuthError
from liqolab.liqo.foreigncluster.permissions import Permissions
from liqolab.liqo.foreigncluster.phase import incoming_allowed, outgoing_wanted
from liqolab.liqo.foreigncluster.tenants import Tenants
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS
from liqolab.liqo.gen05.texts import ConditionText
from liqolab.liqo.identity import secrets, tenancy
from liqolab.liqo.identity.proxy import check_proxy_url

_WORKERS = 8
"""An unreachable peer occupies a worker until its connection times out."""
_FIRST_RETRY_SECONDS = 0.5
_LONGEST_RETRY_SECONDS = 30.0

_log = logging.getLogger(__name__)


def install(manager: Manager, arguments: Arguments, *, dial: Dial = tcp_dial) -> None:
    """Add the ForeignCluster controller to a manager of this cluster.

    Args:
        manager: of the controller manager.
        arguments: cluster identity, Liqo's namespace, defaults of the peering directions.
        dial: opens connections to peers' authentication services.
    """
    local = ClusterIdentity(arguments.cluster_id, arguments.cluster_name)
    tenants = Tenants.following(manager)
    reconciler = _Reconciler(
        client=manager.client,
        arguments=arguments,
        local=local,
        tenants=tenants,
        authenticator=Authenticator(manager.client, dial, local, arguments.liqo_namespace),
    )
    controller = Controller("foreign-cluster", reconciler.reconcile, workers=_WORKERS)
    controller.watches(tenants.foreign_clusters, tenants.key_and_rivals)
    controller.watches(tenants.namespaces, tenants.of_labelled)
    for informer in tenants.contents():
        controller.watches(informer, tenants.of_content)
    tokens = manager.informer(SECRETS, arguments.liqo_namespace, labels=names.LABEL_AUTH_TOKEN)
    controller.watches(tokens, tenants.of_labelled)
    manager.add(controller)


@dataclass(slots=True)
class _Draft:
    """A status in the making: the steps write to it, the end of the reconciliation stores it."""

    conditions: Objects
    tenant: dict[str, str]

    @classmethod
    def of(cls, foreign_cluster: Object) -> _Draft:
        status = foreign_cluster.get("status") or {}
        return cls(list(status.get("peeringConditions") or []), dict(status.get("tenantNamespace") or {}))

    def set(self, type: str, text: ConditionText) -> None:
        self.conditions = conditions.with_condition(self.conditions, type, text)

    def status(self, type: str) -> str:
        found = meta.find_condition(self.conditions, type)
        return str(found["status"]) if found else texts.NONE


@dataclass(slots=True)
class _Reconciler:
    client: Client
    arguments: Arguments
    local: ClusterIdentity
    tenants: Tenants
    authenticator: Authenticator
    failures: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def reconcile(self, name: str) -> float | None:
        fc = self.tenants.foreign_clusters.get(name)
        if fc is None or meta.is_deleting(fc):
            self.failures.pop(name, None)
            return None
        if await self._complete_identity(fc):
            return None
        draft = _Draft.of(fc)
        again = None
        problem = self._problem(fc)
        draft.set(texts.PROCESS_STATUS, problem or texts.PROCESSABLE)
        if problem is None:
            again = await self._advance(fc, draft)
        await self._store(fc, draft)
        if problem is None:
            await self._collect(fc, draft)
        return again

    # --- The identity of the peer ---

    async def _complete_identity(self, fc: Object) -> bool:
        """Fill in who the peer is, asking it if need be; True if the object was changed (and will be back)."""
        identity = meta.get_path(fc, "spec", "clusterIdentity", default={})
        peer_id, peer_name = identity.get("clusterID"), identity.get("clusterName")
        if peer_id and peer_name:
            if meta.labels(fc).get(names.LABEL_CLUSTER_ID) == peer_id:
                return False
            patch: Object = {"metadata": {"labels": {names.LABEL_CLUSTER_ID: peer_id}}}
        else:
            found = await self._ask_identity(fc)
            patch = {
                "metadata": {"labels": {names.LABEL_CLUSTER_ID: found.cluster_id}},
                "spec": {"clusterIdentity": found.to_object()},
            }
        await self.client.patch(FOREIGN_CLUSTERS, meta.name(fc), patch)
        return True

    async def _ask_identity(self, fc: Object) -> ClusterIdentity:
        """Raises ConnectionError: the work queue backs off."""
        try:
            return await self.authenticator.service_of(fc).ids()
        except (AuthError, ValueError) as error:
            if isinstance(error, AuthError):
                draft = _Draft.of(fc)
                draft.set(texts.AUTHENTICATION_STATUS, error.condition)
                await self._store(fc, draft)
            raise ConnectionError(f"ForeignCluster {meta.name(fc)}: {error}") from error

    def _problem(self, fc: Object) -> ConditionText | None:
        """Why the ForeignCluster cannot be processed, if it cannot."""
        peer_id = fc["spec"]["clusterIdentity"]["clusterID"]
        if peer_id == self.local.cluster_id:
            return texts.LOCAL_CLUSTER
        proxy = fc["spec"].get("foreignProxyUrl")
        if proxy and (error := check_proxy_url(proxy)):
            return texts.INVALID_PROXY_URL.about(url=proxy, error=error)
        elder = self.tenants.foreign_cluster(peer_id)
        if elder is not None and meta.name(elder) != meta.name(fc):
            return texts.CLUSTER_ID_REPETITION.about(name=meta.name(elder))
        return None

    # --- The peering ---

    async def _advance(self, fc: Object, draft: _Draft) -> float | None:
        """Bring the peering one step further; returns seconds until authentication is tried again, if it failed."""
        peer_id = fc["spec"]["clusterIdentity"]["clusterID"]
        namespace = await self._namespace(fc)
        draft.tenant["local"] = namespace
        endpoint = self.tenants.tunnel_endpoint(namespace, peer_id)
        draft.set(texts.NETWORK_STATUS, conditions.network(endpoint, namespace))
        again = await self._authenticate(fc, draft, namespace)
        request, offer = self.tenants.outgoing(namespace, peer_id)
        if outgoing_wanted(fc, self.arguments.auto_join):
            # Without an identity nothing could carry the request to the peer.
            if again is None:
                await requests.peer(self.client, request, offer, lambda: self._request(fc, namespace))
        else:
            await requests.unpeer(self.client, request, offer)
        draft.set(texts.OUTGOING_PEERING, conditions.peering(request, offer, namespace))
        request, offer = self.tenants.incoming(namespace, peer_id)
        draft.set(texts.INCOMING_PEERING, conditions.peering(request, offer, namespace))
        await self._permit(fc, namespace, peer_id)
        return again

    async def _namespace(self, fc: Object) -> str:
        identity = fc["spec"]["clusterIdentity"]
        known = self.tenants.namespace(identity["clusterID"])
        if known is not None:
            return known
        return await tenancy.ensure_namespace(self.client, identity["clusterName"], identity["clusterID"])

    async def _authenticate(self, fc: Object, draft: _Draft, namespace: str) -> float | None:
        name, peer_id = meta.name(fc), fc["spec"]["clusterIdentity"]["clusterID"]
        secret = secrets.oldest(self.tenants.identities(namespace, peer_id))
        try:
            if secret is None or not secrets.is_complete(secret) or secrets.is_running_out(secret):
                secret = await self.authenticator.authenticate(fc, peer_id, namespace)
            else:
                secret = await self.authenticator.keep_proxy(fc, secret)
        except AuthError as failure:
            draft.set(texts.AUTHENTICATION_STATUS, failure.condition)
            self.failures[name] += 1
            seconds = min(_FIRST_RETRY_SECONDS * 2.0 ** self.failures[name], _LONGEST_RETRY_SECONDS)
            _log.warning("no identity in cluster %s: %s (again in %.0f s)", name, failure, seconds)
            return seconds
        self.failures.pop(name, None)
        draft.set(texts.AUTHENTICATION_STATUS, texts.IDENTITY_ACCEPTED)
        draft.tenant["remote"] = secrets.read(secret).remote_namespace
        return None

    async def _request(self, fc: Object, namespace: str) -> Object:
        """The ResourceRequest to send; needs to know how the peer can reach this cluster's authentication service.

        Raises:
            ConnectionError: it cannot be reached, for a reason that the message gives.
        """
        url = self.arguments.advertise_auth_address
        if not url:
            service = await self.client.get(SERVICES, names.AUTH, self.arguments.liqo_namespace)
            try:
                url = exposure.url(*exposure.endpoint(service, (await self.client.list(NODES)).items))
            except exposure.NotExposedError as error:
                if not fc["spec"].get("foreignProxyUrl"):
                    raise ConnectionError(f"peers cannot authenticate to this cluster: {error}") from error
                # An in-band peer was told where it reaches the service when the tunnel was made.
                url = exposure.url(service["spec"]["clusterIP"], int(service["spec"]["ports"][0]["port"]))
        elif "://" not in url:
            url = f"https://{url}"
        peer_id = fc["spec"]["clusterIdentity"]["clusterID"]
        return requests.request_object(self.local, fc, peer_id, namespace, url)

    async def _permit(self, fc: Object, namespace: str, peer_id: str) -> None:
        """Give the peer the rights that the state of the peering asks for; expel one that has lost them."""
        sent, _ = self.tenants.outgoing(namespace, peer_id)
        received, _ = self.tenants.incoming(namespace, peer_id)
        accepted = bool(meta.get_path(received, "status", "offerState") == texts.OFFER_STATE_CREATED)
        allowed = incoming_allowed(fc, self.arguments.enable_incoming_peering)
        offers, configs, maps = self.tenants.replicas(namespace, peer_id)
        bindings = self.tenants.role_bindings.list(namespace)
        held = Permissions.held(bindings)
        wanted = Permissions(
            incoming=accepted or (allowed and (maps or (held.incoming and configs and sent is None))),
            outgoing=sent is not None or offers or (held.outgoing and configs and not accepted),
        )
        await permissions.enforce(self.client, bindings, namespace, peer_id, wanted)
        if not wanted.incoming:
            by_hand = meta.get_path(fc, "spec", "networkingEnabled") == texts.PEERING_NO
            replicas = self.tenants.incoming_replicas(namespace, peer_id, sent is not None or by_hand)
            await permissions.expel(self.client, replicas)

    # --- The end ---

    async def _store(self, fc: Object, draft: _Draft) -> None:
        status: Object = {"peeringConditions": draft.conditions, "tenantNamespace": draft.tenant}
        known = fc.get("status") or {}
        if {key: known.get(key) for key in status} == status:
            return
        with missing_ok:
            await self.client.patch(FOREIGN_CLUSTERS, meta.name(fc), {"status": status}, subresource="status")

    async def _collect(self, fc: Object, draft: _Draft) -> None:
        """Delete a ForeignCluster that an incoming peering made, once nothing is left of any peering."""
        if meta.labels(fc).get(names.LABEL_DISCOVERY_TYPE) != names.DISCOVERY_INCOMING:
            return
        directions = (texts.OUTGOING_PEERING, texts.INCOMING_PEERING)
        if any(draft.status(direction) != texts.NONE for direction in directions):
            return
        if outgoing_wanted(fc, self.arguments.auto_join) or self.tenants.has_traces(draft.tenant["local"]):
            return
        await self.client.delete(FOREIGN_CLUSTERS, meta.name(fc), resource_version=fc["metadata"]["resourceVersion"])
