"""The variables of expressions about requests: policies, and the match conditions of webhooks.

Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/.
"""

from __future__ import annotations

from typing import Final

from liqolab.kube.cel import types
from liqolab.kube.cel.library.authorizer import AUTHORIZER, RESOURCE_CHECK
from liqolab.kube.cel.program import Program, compile_expression
from liqolab.kube.cel.types import BOOL, DYN, INT, STRING, TIMESTAMP, Field, Type, list_of, map_of

REQUEST_RESOURCE: Final = "authorizer.requestResource"


def _object(name: str, /, **fields: Type) -> Type:
    declared = {key: Field(found, key) for key, found in fields.items()}
    return Type("object", name=f"kubernetes.{name}", fields=declared)


_KIND: Final = _object("GroupVersionKind", group=STRING, version=STRING, kind=STRING)
_RESOURCE: Final = _object("GroupVersionResource", group=STRING, version=STRING, resource=STRING)
_STRINGS: Final = list_of(STRING)
_USER: Final = _object("UserInfo", username=STRING, uid=STRING, groups=_STRINGS, extra=map_of(STRING, _STRINGS))
_REQUEST: Final = _object(
    "AdmissionRequest",
    kind=_KIND,
    resource=_RESOURCE,
    subResource=STRING,
    requestKind=_KIND,
    requestResource=_RESOURCE,
    requestSubResource=STRING,
    name=STRING,
    namespace=STRING,
    operation=STRING,
    userInfo=_USER,
    dryRun=BOOL,
    options=DYN,
)
_LABELS: Final = map_of(STRING, STRING)
_CONDITION: Final = _object(
    "NamespaceCondition", status=STRING, type=STRING, lastTransitionTime=TIMESTAMP, message=STRING, reason=STRING
)
_NAMESPACE: Final = _object(
    "Namespace",
    metadata=_object(
        "NamespaceMetadata",
        name=STRING,
        generateName=STRING,
        namespace=STRING,
        labels=_LABELS,
        annotations=_LABELS,
        UID=STRING,
        creationTimestamp=TIMESTAMP,
        deletionGracePeriodSeconds=INT,
        deletionTimestamp=TIMESTAMP,
        generation=INT,
        resourceVersion=STRING,
        finalizers=_STRINGS,
    ),
    spec=_object("NamespaceSpec", finalizers=_STRINGS),
    status=_object("NamespaceStatus", conditions=list_of(_CONDITION), phase=STRING),
)

VARIABLES: Final = "variables"
_ALWAYS: Final = {"object": DYN, "oldObject": DYN, "request": _REQUEST, "namespaceObject": _NAMESPACE}
_ASKING: Final = {
    "authorizer": Type("opaque", name=AUTHORIZER),
    REQUEST_RESOURCE: Type("opaque", name=RESOURCE_CHECK),
}


class Expressions:
    """Compiles the expressions of one policy or webhook.

    Args:
        params: whether there is a variable ``params``.
    """

    def __init__(self, *, params: bool) -> None:
        self._known: dict[str, Type] = {**_ALWAYS, **({"params": DYN} if params else {})}
        self._own: dict[str, Field] = {}

    def compile(self, source: str, *, authorizer: bool = True, object_type: Type | None = None) -> Program:
        """An expression.

        Args:
            source: the expression.
            authorizer: whether it may ask what people may do.
            object_type: of ``object`` and ``oldObject``, where it is known.

        Raises:
            CompileError, InstantiationError: see `compile_expression`.
        """
        known: dict[str, Type] = {**self._known, **(_ASKING if authorizer else {})}
        if object_type is not None:
            known |= {"object": object_type, "oldObject": object_type}
        if self._own:
            known[VARIABLES] = Type("object", name="kubernetes.variables", fields=dict(self._own))
        return compile_expression(source, known)

    def declare(self, name: str, type: Type) -> None:
        """Let what is compiled from here on use ``variables.<name>``."""
        self._own[name] = Field(type, name)


def output_problem(program: Program, *allowed: Type) -> str:
    """Why an expression's value is of no use; empty when it is of use."""
    if program.type in allowed or types.DYN in allowed:
        return ""
    if len(allowed) == 1:
        return f"must evaluate to {allowed[0]} but got {program.type}"
    shown = " ".join(_shown(one) for one in allowed)
    return f"must evaluate to one of [{shown}] but got {_shown(program.type)}"


def _shown(type: Type) -> str:
    return "null_type" if type.kind == "null" else str(type)
