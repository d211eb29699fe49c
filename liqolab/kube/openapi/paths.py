"""The operations of OpenAPI documents: what may be asked of a kind, and with which parameters.

Names, actions, parameters and answers are upstream's, since generators make clients of them; what they are about is
said more briefly. Operations are made in OpenAPI v2 form; `as_v3` turns them into v3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.spec import KindSpec, Subresource
from liqolab.kube.openapi.discovery import group_word
from liqolab.kube.schema import definitions

_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1."
STATUS: Final = _META + "Status"
PATCH: Final = _META + "Patch"
WATCH_EVENT: Final = _META + "WatchEvent"

_JSON: Final = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]
_STREAMS: Final = [*_JSON, "application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"]
_PATCHES: Final = [
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
]

_QUERY: Final[Mapping[str, tuple[str, str]]] = {
    # name → (type, what it does)
    "allowWatchBookmarks": ("boolean", "whether a watch may contain bookmark events"),
    "command": ("string", "what to run, and its arguments"),
    "container": ("string", "which of the pod's containers"),
    "continue": ("string", "the token of the previous page of a list"),
    "dryRun": ("string", "All: process the request without storing its result"),
    "fieldManager": ("string", "the name under which changed fields are recorded"),
    "fieldSelector": ("string", "restricts a list to objects with these fields"),
    "fieldValidation": ("string", "what to do about unknown or duplicate fields: Ignore, Warn or Strict"),
    "follow": ("boolean", "go on as long as the container runs"),
    "force": ("boolean", "take fields over from other managers in a server-side apply"),
    "gracePeriodSeconds": ("integer", "seconds before the object is deleted"),
    "ignoreStoreReadErrorWithClusterBreakingPotential": ("boolean", "delete what cannot be read any more"),
    "insecureSkipTLSVerifyBackend": ("boolean", "whoever the node says it is, it is believed"),
    "labelSelector": ("string", "restricts a list to objects with these labels"),
    "limit": ("integer", "the most objects that one answer may hold"),
    "limitBytes": ("integer", "the most bytes to read"),
    "orphanDependents": ("boolean", "deprecated: the old way of saying propagationPolicy"),
    "path": ("string", "the path to ask for"),
    "ports": ("integer", "the ports to forward"),
    "pretty": ("string", "whether the answer is indented"),
    "previous": ("boolean", "read what the container before this one wrote"),
    "propagationPolicy": ("string", "whether and how dependents are deleted"),
    "resourceVersion": ("string", "the version that the answer must be based on"),
    "resourceVersionMatch": ("string", "how resourceVersion is applied to a list"),
    "sendInitialEvents": ("boolean", "begin a watch with events for the objects that exist"),
    "sinceSeconds": ("integer", "how far back to begin"),
    "stderr": ("boolean", "whether errors are sent"),
    "stdin": ("boolean", "whether input is read"),
    "stdout": ("boolean", "whether output is sent"),
    "stream": ("string", "All, Stdout or Stderr"),
    "tailLines": ("integer", "how many lines from the end"),
    "timeoutSeconds": ("integer", "how long a list or watch may last"),
    "timestamps": ("boolean", "whether each line begins with its time"),
    "tty": ("boolean", "whether there is a terminal"),
    "watch": ("boolean", "follow changes instead of listing"),
}
_LIST: Final = (
    *("allowWatchBookmarks", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion"),
    *("resourceVersionMatch", "sendInitialEvents", "timeoutSeconds", "watch"),
)
_WRITE: Final = ("dryRun", "fieldManager", "fieldValidation")
_DELETE: Final = (
    *("dryRun", "gracePeriodSeconds", "ignoreStoreReadErrorWithClusterBreakingPotential", "orphanDependents"),
    "propagationPolicy",
)
_LOG: Final = (
    *("container", "follow", "insecureSkipTLSVerifyBackend", "limitBytes", "previous", "sinceSeconds", "stream"),
    *("tailLines", "timestamps"),
)
_STREAMED: Final = ("container", "stderr", "stdin", "stdout", "tty")
_CONNECTED: Final[Mapping[str, tuple[str, ...]]] = {
    "attach": _STREAMED,
    "exec": ("command", *_STREAMED),
    "portforward": ("ports",),
    "proxy": ("path",),
}
"""Subresource that takes the connection over → its parameters."""

_PROXIED: Final = ("delete", "get", "head", "options", "patch", "post", "put")
_OK, _CREATED, _ACCEPTED = {"200": "OK"}, {"201": "Created"}, {"202": "Accepted"}

_ACTIONS: Final[Mapping[str, tuple[str, str, str, str, tuple[str, ...], Mapping[str, str]]]] = {
    # verb → (method, action, word of the operation's id, sentence, query parameters, codes)
    "get": ("get", "get", "read", "read {of}the specified {kind}", (), _OK),
    "list": ("get", "list", "list", "list or watch objects of kind {kind}", _LIST, _OK),
    "create": ("post", "post", "create", "create {of}a {kind}", _WRITE, _OK | _CREATED | _ACCEPTED),
    "update": ("put", "put", "replace", "replace {of}the specified {kind}", _WRITE, _OK | _CREATED),
    "patch": (
        *("patch", "patch", "patch", "partially update {of}the specified {kind}"),
        (*_WRITE, "force"),
        _OK | _CREATED,
    ),
    "delete": ("delete", "delete", "delete", "delete {of}a {kind}", _DELETE, _OK | _ACCEPTED),
    "deletecollection": (
        *("delete", "deletecollection", "delete", "delete collection of {kind}"),
        (*_DELETE, *_LIST[1:-1]),
        _OK,
    ),
}


def _query(name: str) -> Object:
    kind, text = _QUERY[name]
    return {"name": name, "in": "query", "type": kind, "uniqueItems": True, "description": text}


def _in_path(name: str, text: str) -> Object:
    return {"name": name, "in": "path", "type": "string", "required": True, "uniqueItems": True, "description": text}


def _reference(name: str) -> Object:
    return {"$ref": f"#/definitions/{name}"}


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


class _Group:
    """What the operations of a group version are called after."""

    def __init__(self, group: str, version: str) -> None:
        self.word = group_word(group)
        self.tag = f"{self.word}_{version}"
        self.part = _upper(self.word) + _upper(version)


def _operation(group: _Group, name: str, about: str, action: str, gvk: Object, answers: Mapping[str, Any]) -> Object:
    """An operation.

    Args:
        group: of the path.
        name: of the operation.
        about: what it does.
        action: ``x-kubernetes-action``.
        gvk: the kind that it is about.
        answers: code → (words, schema).
    """
    responses = {code: {"description": words, "schema": schema} for code, (words, schema) in answers.items()}
    return {
        "tags": [group.tag],
        "description": about,
        "operationId": name,
        "consumes": ["*/*"],
        "produces": _JSON,
        "schemes": ["https"],
        "parameters": [],
        "responses": {**responses, "401": {"description": "Unauthorized"}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": gvk,
    }


class _Kind:
    """Makes the path items of one kind.

    Args:
        spec: the kind.
        definition: the name of its definition.
        list_definition: that of its lists.
    """

    def __init__(self, spec: KindSpec, definition: str, list_definition: str) -> None:
        resource = spec.resource
        self._spec, self._definition, self._list = spec, definition, list_definition
        self._gvk = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        self._group = _Group(resource.group, resource.version)
        self._scope = ("Namespaced" if resource.namespaced else "") + resource.kind
        self._namespace = [_in_path("namespace", "the namespace of the object")] if resource.namespaced else []
        self._name = _in_path("name", f"the name of the {resource.kind}")

    def items(self) -> Iterator[tuple[str, Object]]:
        resource, verbs = self._spec.resource, self._spec.verbs
        everywhere = resource.path()
        collection = resource.path("{namespace}") if resource.namespaced else everywhere
        single = f"{collection}/{{name}}"
        pretty = _query("pretty")
        if own := [verb for verb in ("list", "create", "deletecollection") if verb in verbs]:
            yield collection, self._item(own, [*self._namespace, pretty])
        if resource.namespaced and "list" in verbs:
            yield everywhere, self._item(["list"], [pretty], suffix="ForAllNamespaces", scope=resource.kind)
        if single_verbs := [verb for verb in ("get", "update", "patch", "delete") if verb in verbs]:
            yield single, self._item(single_verbs, [self._name, *self._namespace, pretty])
        for row in self._spec.subresources:
            yield from self._subresource(row, f"{single}/{row.name}")
        if "watch" in verbs:
            yield from self._watches(everywhere, collection, single)

    def _item(self, verbs: Iterable[str], common: list[Object], *, suffix: str = "", scope: str = "") -> Object:
        made = {}
        for verb in verbs:
            method, action, word, about, query, codes = _ACTIONS[verb]
            answer = self._list if verb == "list" else self._definition
            if verb == "deletecollection" or (verb == "delete" and not self._spec.strategy.returns_object_on_delete):
                answer = STATUS
            middle = "Collection" if verb == "deletecollection" else ""
            name = f"{word}{self._group.part}{middle}{scope or self._scope}{suffix}"
            if verb == "list" and "watch" not in self._spec.verbs:
                about = "list objects of kind {kind}"
            sentence = about.format(of="", kind=self._spec.resource.kind)
            operation = _operation(self._group, name, sentence, action, self._gvk, _answers(codes, answer))
            if verb == "list":
                operation["produces"] = _STREAMS
            made[method] = self._with_body(operation, verb, self._definition, query)
        return _grouped(made, common)

    def _with_body(self, operation: Object, verb: str, definition: str, query: Iterable[str]) -> Object:
        parameters = [_query(name) for name in query]
        if verb == "patch":
            operation["consumes"] = _PATCHES if not self._spec.custom else [*_PATCHES[:2], _PATCHES[3]]
        if verb in ("create", "update", "patch"):
            body = PATCH if verb == "patch" else definition
            parameters.insert(0, {"name": "body", "in": "body", "required": True, "schema": _reference(body)})
        elif verb in ("delete", "deletecollection"):
            parameters.insert(0, {"name": "body", "in": "body", "schema": _reference(definitions.DELETE_OPTIONS)})
        return {**operation, "parameters": parameters}

    def _subresource(self, row: Subresource, path: str) -> Iterator[tuple[str, Object]]:
        named = [self._name, *self._namespace]
        gvk = dict(self._gvk)
        definition = self._definition
        if row.kind:
            group, version = row.group or self._spec.resource.group, row.version or self._spec.resource.version
            gvk = {"group": group, "version": version, "kind": row.kind}
            definition = definitions.name_of_kind(group, version, row.kind) or definition
        if row.name in _CONNECTED:
            yield path, self._connected(row, gvk, named, "")
            if row.name == "proxy":
                rest = _in_path("path", "the path to ask for")
                yield f"{path}/{{path}}", self._connected(row, gvk, [*named, rest], "WithPath")
            return
        made = {}
        for verb in row.verbs:
            method, action, word, about, query, codes = _ACTIONS[verb]
            name = f"{word}{self._group.part}{self._scope}{_upper(row.name)}"
            sentence = about.format(of=f"{row.name} of ", kind=self._spec.resource.kind)
            operation = _operation(self._group, name, sentence, action, gvk, _answers(codes, definition))
            if row.name == "log":
                operation["produces"] = ["text/plain", *_JSON]
                operation["responses"]["200"]["schema"] = {"type": "string"}
                query = _LOG
            made[method] = self._with_body(operation, verb, definition, query)
        yield path, _grouped(made, [*named, *([_query("pretty")])])

    def _connected(self, row: Subresource, gvk: Object, named: list[Object], suffix: str) -> Object:
        made = {}
        for method in _PROXIED if row.name == "proxy" else ("get", "post"):
            name = f"connect{self._group.part}{_upper(method)}{self._scope}{_upper(row.name)}{suffix}"
            about = f"connect {method.upper()} requests to {row.name} of {self._spec.resource.kind}"
            operation = _operation(self._group, name, about, "connect", gvk, {"200": ("OK", {"type": "string"})})
            made[method] = {**operation, "produces": ["*/*"]}
        return _grouped(made, [*named, *map(_query, _CONNECTED[row.name])])

    def _watches(self, everywhere: str, collection: str, single: str) -> Iterator[tuple[str, Object]]:
        """The old paths under ``/watch/``, which only the built-in kinds have."""
        if self._spec.custom:
            return
        resource = self._spec.resource
        kind = resource.kind
        rows = [
            (collection, f"{self._scope}List", "watchlist", self._namespace),
            (single, self._scope, "watch", [self._name, *self._namespace]),
        ]
        if resource.namespaced:
            rows.append((everywhere, f"{kind}ListForAllNamespaces", "watchlist", []))
        prefix = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
        for path, scope, action, common in rows:
            what = f"changes to an object of kind {kind}"
            if action == "watchlist":
                what = f"individual changes to a list of {kind}"
            about = f"watch {what}. deprecated: use the 'watch' parameter with a list operation instead"
            name, answers = f"watch{self._group.part}{scope}", _answers(_OK, WATCH_EVENT)
            operation = _operation(self._group, name, about, action, self._gvk, answers) | {"produces": _STREAMS}
            rest = path.removeprefix(prefix)
            yield f"{prefix}/watch{rest}", _grouped({"get": operation}, [*common, *map(_query, (*_LIST, "pretty"))])


def _answers(codes: Mapping[str, str], definition: str) -> dict[str, tuple[str, Object]]:
    return {code: (words, _reference(definition)) for code, words in codes.items()}


def _grouped(operations: dict[str, Object], common: list[Object]) -> Object:
    """A path item: what all its operations have in common stands with the path."""
    shared = [row for row in _shared(operations.values()) if row["in"] != "body"]
    for operation in operations.values():
        operation["parameters"] = [row for row in operation["parameters"] if row not in shared]
        if not operation["parameters"]:
            del operation["parameters"]
    rows = sorted([*shared, *common], key=lambda row: (row["name"], row["in"]))
    return {**operations, "parameters": rows} if rows else operations


def _shared(operations: Iterable[Object]) -> list[Object]:
    first, *others = (operation["parameters"] for operation in operations)
    return [row for row in first if all(row in other for other in others)]


def paths_of(spec: KindSpec, definition: str, list_definition: str) -> Iterator[tuple[str, Object]]:
    """The paths of a kind, as OpenAPI v2 path items.

    Args:
        spec: the kind.
        definition: the name of its definition.
        list_definition: that of its lists.
    """
    return _Kind(spec, definition, list_definition).items()


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
    if "$ref" not in schema:
        return schema
    return {"$ref": schema["$ref"].replace("#/definitions/", "#/components/schemas/")}


def _operation_v3(operation: Object) -> Object:
    result = {key: value for key, value in operation.items() if key not in ("consumes", "produces", "schemes")}
    given = operation.get("parameters") or ()
    result["parameters"] = [_parameter_v3(row) for row in given if row["in"] != "body"]
    if not result["parameters"]:
        del result["parameters"]
    for row in given:
        if row["in"] == "body":
            content = {kind: {"schema": _schema_v3(row["schema"])} for kind in operation["consumes"]}
            result["requestBody"] = {"content": content, **({"required": True} if row.get("required") else {})}
    result["responses"] = {
        code: {
            "description": answer["description"],
            **(
                {"content": {kind: {"schema": _schema_v3(answer["schema"])} for kind in operation["produces"]}}
                if "schema" in answer
                else {}
            ),
        }
        for code, answer in operation["responses"].items()
    }
    return result
