"""The network manager (liqo-network-manager): agrees with each peer on how the two see each other's networks.

``configs`` builds the objects, ``controller`` brings them about in each tenant namespace, ``program`` starts it.
"""
