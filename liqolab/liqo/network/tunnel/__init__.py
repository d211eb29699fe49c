"""The tunnel between two gateways: one TLS connection that carries many streams.

It stands in for upstream's WireGuard. WireGuard needs a kernel interface and UDP between the clusters; the lab's pod
network lives in user space and carries streams. What is kept: one key pair per cluster, public keys exchanged through
NetworkConfigs and trusted for nothing else, everything encrypted between the gateways, and a state that follows from
whether the peer answers. What is not: packets (only TCP streams pass; who opens one is said when it is opened, and
kept where the receiving side's network can show it).

``keys`` identifies a gateway, ``handshake`` proves it, ``frames`` is the wire format, ``session`` the multiplexer.
"""
