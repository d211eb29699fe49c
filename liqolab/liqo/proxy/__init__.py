"""Program liqo-proxy: a way to the API server for peers that can reach this cluster through its tunnel only."""
