"""Jobs: pods that run to completion, counted exactly once.

- `outcome`: what the pods' states say about the job; pure.
- `controller`: runs pods and keeps the books.
- `expiry`: removes finished jobs whose time to live is over.
"""
