"""The authentication service (liqo-auth): where a peer presents the token and gets an identity.

``protocol`` is the wire format, shared with the ForeignCluster controller that is its client; ``service`` decides;
``program`` serves.
"""
