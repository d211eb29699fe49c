"""Simulated nodes, and the network between their pods.

`cluster_nodes.ClusterNodes` is what a cluster runs; `node` puts one node together. A pod's life is `pod_worker`, a
container's is `container`; which images run for real and which are imitated is in `images`, `programs` and `simulated`;
bytes travel in `fabric`.
"""
