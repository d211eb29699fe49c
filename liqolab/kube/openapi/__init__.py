"""The OpenAPI documents of a cluster, made from its kinds and the definitions that they refer to."""
