"""The controller runtime that the embedded cluster and Liqo share.

A controller is written once against `client.Client` and runs unchanged inside a cluster's process (where the client
enters the API server's own request pipeline) and outside of it (where the client speaks HTTPS to any cluster).
"""
