"""The CRD replicator (liqo-crd-replicator): carries the custom resources of a peering from tenant namespace to tenant
namespace, spec forwards and status back.

``table`` says what is replicated in which phase, ``replica`` what a replica looks like, ``peer`` keeps the replicas in
one peer, ``program`` follows the identities, of which each opens one peer.
"""
