"""Runs programs as the processes of real pods: what `liqolab.kube.node` is to embedded nodes, on the kernel.

A program (see `liqolab.program`) cannot tell the two apart. Here its network is the pod's own: sockets are the
kernel's, routes are set over netlink, and connections to addresses beyond the cluster are caught by a rule of nftables.

``runner`` starts the program and ends with it, ``place`` finds out which pod this is, ``health`` answers the kubelet's
probes, ``network`` is `program.Network`, ``redirect`` takes the connections that are routed here, ``kernel`` is all
that asks for privileges, in processes that ``errands`` starts for it.
"""
