"""The operations of OpenAPI documents: what may be asked of a kind, and with which parameters.

Clients read little of it, but that little matters: kubectl looks for ``dryRun`` and ``fieldValidation`` among the
parameters of PATCH to learn whether the server can do what it is about to ask, and ``explain`` finds a kind by the
path of its resource. Operations are made in OpenAPI v2 form; `as_v3` turns them into v3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.schema import definitions

_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1."
STATUS: Final = _META + "Status"
PATCH: Final = _META + "Patch"

_JSON: Final = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]
_PATCHES: Final = [
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
]

_QUERY: Final[Mapping[str, tuple[str, str]]] = {
    # name → (type, what it does)
    "allowWatchBookmarks": ("boolean", "whether a watch may contain bookmark events"),
    "continue": ("string", "the token of the previous page of a list"),
    "dryRun": ("string", "All: process the request without storing its result"),
    "fieldManager": ("string", "the name under which changed fields are recorded"),
    "fieldSelector": ("string", "restricts a list to objects with these fields"),
    "fieldValidation": ("string", "what to do about unknown or duplicate fields: Ignore, Warn or Strict"),
    "force": ("boolean", "take fields over from other managers in a server-side apply"),
    "gracePeriodSeconds": ("integer", "seconds before the object is deleted"),
    "labelSelector": ("string", "restricts a list to objects with these labels"),
    "limit": ("integer", "the most objects that one answer may hold"),
    "propagationPolicy": ("string", "whether and how dependents are deleted"),
    "resourceVersion": ("string", "the version that the answer must be based on"),
    "resourceVersionMatch": ("string", "how resourceVersion is applied to a list"),
    "sendInitialEvents": ("boolean", "begin a watch with events for the objects that exist"),
    "timeoutSeconds": ("integer", "how long a list or watch may last"),
    "watch": ("boolean", "follow changes instead of listing"),
}
_LIST: Final = (
    "allowWatchBookmarks",
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "timeoutSeconds",
    "watch",
)
_WRITE: Final = ("dryRun", "fieldManager", "fieldValidation")
_DELETE: Final = ("dryRun", "gracePeriodSeconds", "propagationPolicy")

_ACTIONS: Final = {
    # verb → (method, action, query parameters)
    "get": ("get", "get", ()),
    "list": ("get", "list", _LIST),
    "create": ("post", "post", _WRITE),
    "update": ("put", "put", _WRITE),
    "patch": ("patch", "patch", (*_WRITE, "force")),
    "delete": ("delete", "delete", _DELETE),
    "deletecollection": ("delete", "deletecollection", (*_DELETE, *_LIST[:-1])),
}


def _parameter(name: str) -> Object:
    kind, text = _QUERY[name]
    return {"name": name, "in": "query", "type": kind, "uniqueItems": True, "description": text}


def _in_path(name: str, text: str) -> Object:
    return {"name": name, "in": "path", "type": "string", "required": True, "uniqueItems": True, "description": text}


def _reference(name: str) -> Object:
    return {"$ref": f"#/definitions/{name}"}


def _operation(verb: str, gvk: Object, body: str, answer: str, where: str) -> Object:
    method, action, query = _ACTIONS[verb]
    version = gvk["version"].capitalize()
    group = (gvk["group"] or "core").partition(".")[0].capitalize()
    operation: Object = {
        "tags": [f"{(gvk['group'] or 'core').partition('.')[0]}_{gvk['version']}"],
        "description": f"{action} {gvk['kind']}",
        "operationId": f"{verb}{group}{version}{where}",
        "consumes": _PATCHES if verb == "patch" else ["*/*"],
        "produces": _JSON,
        "parameters": [_parameter(name) for name in query],
        "responses": {
            "200": {"description": "OK", "schema": _reference(answer)},
            "401": {"description": "Unauthorized"},
        },
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": gvk,
    }
    if method in ("post", "put", "patch", "delete"):
        content = {"patch": PATCH, "delete": definitions.DELETE_OPTIONS}.get(method, body)
        row: Object = {"name": "body", "in": "body", "schema": _reference(content)}
        if method != "delete":
            row["required"] = True
        operation["parameters"] = [row, *operation["parameters"]]
    return operation


def paths_of(spec: KindSpec, definition: str, list_definition: str) -> Iterator[tuple[str, Object]]:
    """The paths of a kind, as OpenAPI v2 path items.

    Args:
        spec: the kind.
        definition: the name of its definition.
        list_definition: that of its lists.
    """
    resource, kind = spec.resource, spec.resource.kind
    gvk = {"group": resource.group, "version": resource.version, "kind": kind}
    everywhere = resource.path()
    collection = resource.path("{namespace}") if resource.namespaced else everywhere
    scope = [_in_path("namespace", "the namespace of the object")] if resource.namespaced else []
    where = f"Namespaced{kind}" if resource.namespaced else kind

    def item(verbs: tuple[str, ...], parameters: list[Object], name: str, body: str, kind: Object) -> Object:
        found: Object = {}
        for verb in verbs:
            answer = list_definition if verb == "list" else body
            found[_ACTIONS[verb][0]] = _operation(verb, kind, body, answer, name)
        return {**found, "parameters": parameters} if parameters else found

    def allowed(*verbs: str) -> tuple[str, ...]:
        return tuple(verb for verb in verbs if verb in spec.verbs)

    if own := allowed("list", "create", "deletecollection"):
        yield collection, item(own, scope, where, definition, gvk)
    if resource.namespaced and "list" in spec.verbs:
        yield everywhere, item(("list",), [], f"{kind}ForAllNamespaces", definition, gvk)
    named = [*scope, _in_path("name", f"the name of the {kind}")]
    if own := allowed("get", "update", "patch", "delete"):
        yield f"{collection}/{{name}}", item(own, named, where, definition, gvk)
    for row in spec.subresources:
        sub_gvk = gvk
        if row.kind:
            group, version = row.group or resource.group, row.version or resource.version
            sub_gvk = {"group": group, "version": version, "kind": row.kind}
        verbs = tuple(verb for verb in row.verbs if verb in _ACTIONS)
        name = f"{where}{row.name.capitalize()}"
        yield f"{collection}/{{name}}/{row.name}", item(verbs, named, name, definition, sub_gvk)


def as_v3(path_item: Object) -> Object:
    """A v2 path item in OpenAPI v3 form."""
    return {
        key: [_parameter_v3(row) for row in value] if key == "parameters" else _operation_v3(value)
        for key, value in path_item.items()
    }


def _parameter_v3(row: Object) -> Object:
    schema = {"type": row["type"], "uniqueItems": True}
    kept = {key: value for key, value in row.items() if key not in ("type", "uniqueItems")}
    return {**kept, "schema": schema}


def _schema_v3(schema: Object) -> Object:
    return {"$ref": schema["$ref"].replace("#/definitions/", "#/components/schemas/")}


def _operation_v3(operation: Object) -> Object:
    result = {key: value for key, value in operation.items() if key not in ("consumes", "produces")}
    result["parameters"] = [_parameter_v3(row) for row in operation["parameters"] if row["in"] != "body"]
    for row in operation["parameters"]:
        if row["in"] == "body":
            content = {kind: {"schema": _schema_v3(row["schema"])} for kind in operation["consumes"]}
            result["requestBody"] = {"content": content, "required": row.get("required", False)}
    result["responses"] = {
        code: {
            "description": answer["description"],
            **(
                {"content": {kind: {"schema": _schema_v3(answer["schema"])} for kind in operation["produces"][:2]}}
                if "schema" in answer
                else {}
            ),
        }
        for code, answer in operation["responses"].items()
    }
    return result
