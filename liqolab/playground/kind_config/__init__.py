"""KinD's configuration of a cluster, ``kind.x-k8s.io/v1alpha4``: read as KinD reads it, to the letter of its errors.

Nothing of a file is passed over in silence. What KinD would refuse is refused in its words (`decoding`, `validation`);
what KinD would do and an embedded cluster does is in the `model`; what an embedded cluster knows but cannot do is told
(`unsupported`). `kubeadm` is what patches of kubeadm's documents come to.
"""
