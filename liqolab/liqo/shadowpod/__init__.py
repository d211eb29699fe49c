"""ShadowPods: the provider's own wish that a consumer's pod runs here.

The indirection is what makes offloaded pods outlive the consumer: the consumer's virtual kubelet writes a ShadowPod
once, and from then on this cluster keeps the pod alive by itself, evicted, deleted or not.
"""

from __future__ import annotations

from liqolab.liqo.shadowpod.install import install

__all__ = ["install"]
