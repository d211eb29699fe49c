"""The virtual kubelet: a node of this cluster that is another cluster.

There is one process for each provider. To this cluster it is a kubelet (`node`, `heartbeat`, `kubelet`), to the
provider an ordinary client, with the identity that the provider issued and with the rights that the provider granted
in the namespaces offloaded to it; nothing else of this cluster is known there.

What it carries between the two, once the NamespaceMap says that the provider has accepted a namespace (`mappings`):

- pods, forward as ShadowPods and back as status (`pods`, with the pure `shadow` and `podstatus`);
- the objects that pods need around them, forward only (`reflection`, with the pure `kinds`).

Pods on the node whose namespace is not accepted are refused, or aborted if they ran (`refusal`). Giving the node back
is `withdrawal`. All of it is level-based: each reconcile compares both sides as they are, so a restart of either
cluster, of this process, or a lost connection has no memory to restore.
"""
