"""Who a cluster is to its peers: keys and certificates, the Secret that keeps them, the namespace they open.

A cluster proves itself to a peer once, with the peer's token, and from then on acts there as the user named after its
cluster ID, with the rights that role bindings in its tenant namespace grant: nobody's administrator credentials travel.
"""
