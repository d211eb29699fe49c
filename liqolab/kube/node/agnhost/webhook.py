"""``webhook``: admission webhooks that allow, deny and change what Kubernetes' own tests send."""

from __future__ import annotations

import asyncio
import base64
from functools import partial
from typing import Any

import orjson

from liqolab.apimachinery.resources import Object
from liqolab.kube.node.agnhost.job import Job
from liqolab.kube.node.agnhost.reviews import Review, serve_reviews

_LABEL, _ADDED = "webhook-e2e-test", "added-label"
_INIT, _SIDECAR = "webhook-added-init-container", "webhook-added-sidecar"
_DELAY_SECONDS = 5.0


async def serve(job: Job) -> int:
    """Serve all of them, each on its path."""
    paths: dict[str, Review] = {
        "/always-allow-delay-5s": _allow_later,
        "/always-deny": _deny,
        "/add-label": _add_label,
        "/pods": _pods,
        "/pods/attach": _attachment,
        "/mutating-pods": _init_container,
        "/mutating-pods-sidecar": partial(_sidecar, job.options["sidecar-image"]),
        "/configmaps": partial(_data, "the configmap contains unwanted key and value", "the configmap"),
        "/mutating-configmaps": _stages,
        "/custom-resource": partial(_data, "the custom resource contains unwanted data", "the custom resource"),
        "/mutating-custom-resource": _stages,
        "/crd": _definition,
    }
    return await serve_reviews(job, "AdmissionReview", paths)


def _allowed(*patch: Object) -> Object:
    if not patch:
        return {"allowed": True}
    return {"allowed": True, "patchType": "JSONPatch", "patch": base64.b64encode(orjson.dumps(patch)).decode()}


def _denied(**status: Any) -> Object:
    return {"allowed": False, "status": {"metadata": {}, **status}}


def _add(path: str, value: Any) -> Object:
    return {"op": "add", "path": path, "value": value}


async def _allow_later(request: Object) -> Object:
    await asyncio.sleep(_DELAY_SECONDS)
    return _allowed() | {"status": {"metadata": {}, "message": "this webhook allows all requests"}}


async def _deny(request: Object) -> Object:
    return _denied(message="this webhook denies all requests")


async def _add_label(request: Object) -> Object:
    labels = request["object"].get("metadata", {}).get("labels") or {}
    if not labels:
        return _allowed(_add("/metadata/labels", {_ADDED: "yes"}))
    if labels.get(_ADDED) == "yes":
        return _allowed()
    verb = "replace" if _ADDED in labels else "add"
    return _allowed({"op": verb, "path": f"/metadata/labels/{_ADDED}", "value": "yes"})


async def _pods(request: Object) -> Object:
    pod = request["object"]
    label = (pod["metadata"].get("labels") or {}).get(_LABEL)
    said = []
    if label == "webhook-disallow":
        said.append("the pod contains unwanted label; ")
    if label == "wait-forever":
        await asyncio.Event().wait()
    said += [
        "the pod contains unwanted container name; "
        for container in pod["spec"].get("containers") or ()
        if "webhook-disallow" in container["name"]
    ]
    return _denied(message="".join(said).strip()) if said else _allowed()


async def _attachment(request: Object) -> Object:
    options = request.get("object") or {}
    if request.get("name") != "to-be-attached-pod" or not options.get("stdin"):
        return _allowed()
    if options.get("container") != "container1":
        return _allowed()
    return _denied(message="attaching to pod 'to-be-attached-pod' is not allowed")


async def _init_container(request: Object) -> Object:
    pod = request["object"]
    present = any(row["name"] == _INIT for row in pod["spec"].get("initContainers") or ())
    if pod["metadata"].get("name") != "webhook-to-be-mutated" or present:
        return _allowed()
    container = {"image": "webhook-added-image", "name": _INIT, "resources": {}}
    return _allowed(_add("/spec/initContainers", [container]))


async def _sidecar(image: str, request: Object) -> Object:
    if not image:
        message = "No image specified by the sidecar-image parameter"
        return _denied(status="Failure", message=message, code=500)
    if any(row["name"] == _SIDECAR for row in request["object"]["spec"].get("containers") or ()):
        return _allowed()
    return _allowed(_add("/spec/containers/-", {"image": image, "name": _SIDECAR, "resources": {}}))


async def _data(unwanted: str, what: str, request: Object) -> Object:
    """Objects whose data says that they must not be made, or not be deleted."""
    deletes = request["operation"] == "DELETE"
    value = ((request["oldObject"] if deletes else request["object"]).get("data") or {}).get(_LABEL)
    if value == "webhook-disallow" and request["operation"] in ("CREATE", "UPDATE"):
        return _denied(reason=unwanted)
    if value == "webhook-nondeletable" and deletes:
        return _denied(reason=f"{what} cannot be deleted because it contains unwanted key and value")
    return _allowed()


async def _stages(request: Object) -> Object:
    """Each of two webhooks on one path adds its part."""
    data = request["object"].get("data") or {}
    if data.get("mutation-stage-1") == "yes":
        return _allowed(_add("/data/mutation-stage-2", "yes"))
    if data.get("mutation-start") == "yes":
        return _allowed(_add("/data/mutation-stage-1", "yes"))
    return _allowed()


async def _definition(request: Object) -> Object:
    labels = request["object"]["metadata"].get("labels") or {}
    if labels.get(_LABEL) == "webhook-disallow":
        return _denied(message="the crd contains unwanted label")
    return _allowed()
