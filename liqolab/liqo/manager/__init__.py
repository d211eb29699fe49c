"""liqo-controller-manager: one program for all controllers and webhooks that need nothing but the API server.

Both halves of every peering run in it, because any cluster can be consumer and provider at once.
"""
