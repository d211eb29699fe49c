"""agnhost, the image of Kubernetes' own tests and of several tutorials: one program with many modes.

``/agnhost MODE FLAGS``: a web server that tells who answers, an admission webhook, a reader of mounted files … Each
mode does here what it does in the image, on the pod's own network and files. A module of modes is imported when a
container asks for one of them, so clusters without the image pay nothing.
"""

from liqolab.kube.node.agnhost.modes import agnhost

__all__ = ["agnhost"]
