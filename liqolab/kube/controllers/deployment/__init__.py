"""Deployments: declarative rollouts over replica sets.

- `controller`: what happens on a change, and in which order.
- `revisions`: which replica set belongs to the current template, and the history.
- `sizes`: the arithmetic of rolling updates and of resizing in their midst; pure.
- `status`: counts, conditions and the progress deadline; pure.
"""
