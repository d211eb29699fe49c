"""Services and the pods behind them.

- `backends`: which pods back a service, on which ports; pure.
- `endpoints`: the classic Endpoints object of each service.
- `mirroring`: EndpointSlices for Endpoints that people write.
- `slices`: EndpointSlices, which kube-proxy, the network of the lab and Liqo read.
"""
