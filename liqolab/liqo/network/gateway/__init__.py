"""The gateway (liqo-gateway): keeps a tunnel for every TunnelEndpoint and carries connections through it.

``links`` keeps the tunnels, ``translation`` turns the addresses that peers use into local ones, ``controller`` follows
the TunnelEndpoints and reports, ``program`` starts it all.
"""
