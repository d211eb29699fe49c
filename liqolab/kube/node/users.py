"""Which user a container's processes have, judged as a kubelet does before it creates the container."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.kube.node import texts
from liqolab.kube.node.images import ImageReference, simulation


def check_user(pod: Object, spec: Object, image: ImageReference | None) -> None:
    """Hold a container back that has to run as somebody else than root and would not.

    Args:
        pod: whose security context counts where the container's own says nothing.
        spec: the container of the pod's spec.
        image: its user is the container's where nobody names one; of images that nobody here knows, none is known.

    Raises:
        PermissionError: in a kubelet's words.
    """
    shared, own = pod["spec"].get("securityContext") or {}, spec.get("securityContext") or {}
    if not own.get("runAsNonRoot", shared.get("runAsNonRoot")):
        return
    where = {"pod": f"{meta.name(pod)}_{meta.namespace(pod)}({meta.uid(pod)})", "container": spec["name"]}
    number = own.get("runAsUser", shared.get("runAsUser"))
    if number == 0:
        raise PermissionError(texts.ROOT_WANTED.format(**where))
    user = simulation(image).user if number is None and image is not None else ""
    if user == "root":
        raise PermissionError(texts.ROOT_OF_IMAGE.format(**where))
    if user and not user.isdigit():
        raise PermissionError(texts.NAMED_USER.format(user=user, **where))
