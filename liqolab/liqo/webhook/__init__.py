"""The admission webhooks: where "nor should it be able to bypass them" is kept.

A namespace's owner writes pods; a cluster's administrator writes the NamespaceOffloading and the labels of namespaces
and nodes. The policy has to hold against the former, whatever they put into a pod, with the rights of the built-in role
``edit``. Three independent fences do that, and each way around one of them ends at another:

1. *Admission* (`policy`): every pod that is created in an offloaded namespace, by a person or by any workload
   controller, gets the imposed required node affinity multiplied into its own. A product can only narrow: each of the
   pod's alternatives must also satisfy one imposed term, so wider affinities, other selectors or a crafted empty term
   gain nothing (an empty term, which matches nothing in Kubernetes, stays empty on either side). ``failurePolicy:
   Fail`` refuses pods while the webhook is down. Creation is the only moment to guard: afterwards the API server lets
   nobody loosen a required node affinity or choose another node.
2. *The taint* ``virtual-node.liqo.io/not-allowed:NoExecute`` of every virtual node. Only the webhook hands out its
   toleration, so pods of namespaces that are not offloaded, of strategy Local, or created while somebody had removed
   the namespace's label (the NamespaceOffloading controller restores it at once) stay off virtual nodes, and a pod
   that was put there with ``nodeName`` is evicted.
3. *The mapping*. A pod may bring a toleration of its own (``operator: Exists``) and name its node, and then it does
   reach a virtual node without scheduler or taint having a say. The virtual kubelet of a provider runs only pods of
   namespaces that the NamespaceMap has accepted there, and the identity it uses has no rights in any other namespace
   of the provider: a pod of ``liqo-demo`` on ``liqo-florence`` stays Pending with reason OffloadingBackOff, and
   Florence never hears of it. The virtual kubelet also asks the NamespaceOffloading before it takes a pod: with
   strategy Local the namespace is mapped (its services are reflected), but its pods are not taken.

What administrators do with labels of nodes and namespaces, or with the NamespaceOffloading itself, is policy, not
bypass: no role that is aggregated to ``edit`` may write them.

Where this differs from upstream's 0.5: ``matchFields`` of the pod and of the cluster selector are kept. Upstream drops
the pod's, which lets pods of a DaemonSet land on nodes they were not made for, and keeping them can only narrow.
"""

from __future__ import annotations

from liqolab.liqo.webhook.install import install

__all__ = ["install"]
