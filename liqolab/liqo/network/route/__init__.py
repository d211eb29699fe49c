"""The route agent (liqo-route): one on every physical node."""
