"""The storage class ``liqo``: volumes are made where the first pod that uses them runs, and keep later pods there.

- `claims`: what both sides know of claims of that class. Pure.
- `provisioner`: volumes for pods on this cluster's own nodes; what is left of any volume of the class.

Volumes for pods on a virtual node are its virtual kubelet's: `liqolab.liqo.virtualkubelet.claims`.
"""
