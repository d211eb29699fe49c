"""Liqo's network fabric: address remapping, the tunnel between gateways and the routes that lead to it.

``ipam`` and ``mapping`` are pure arithmetic; ``manager`` (program liqo-network-manager) negotiates the mapping with a
peer through NetworkConfigs and writes the outcome to a TunnelEndpoint; ``gateway`` (program liqo-gateway) carries
connections through the tunnel of each TunnelEndpoint; ``route`` (program liqo-route, one a node) sends the node's
traffic for remote addresses to the gateway.
"""
