"""What follows from the state of nodes.

- `lifecycle`: heartbeats, conditions and the taints that stand for them.
- `eviction`: pods that do not tolerate a NoExecute taint leave.
- `orphans`: pods of nodes that no longer exist are removed.
"""
