"""Playgrounds: named sets of clusters, where they live, and the providers that make them."""
