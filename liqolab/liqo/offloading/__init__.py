"""Namespace offloading: from a NamespaceOffloading on the consumer to a namespace on each selected provider.

- `namespaceoffloading` (consumer) writes the wanted mappings into the NamespaceMaps of the selected virtual nodes.
- `virtualnode` (consumer) gives every virtual node its NamespaceMap.
- `namespacemap` (provider) makes the mappings of replicated NamespaceMaps true.
- `phases` says what the consumer's user reads about it.
"""

from __future__ import annotations

from liqolab.liqo.offloading.install import install

__all__ = ["install"]
