"""The admission webhooks that the controller manager serves, as the API server must know them."""

from __future__ import annotations

from liqolab.apimachinery.builtin import MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS
from liqolab.apimachinery.resources import Object, Resource
from liqolab.liqo.gen05 import names, resources

MUTATING_CONFIGURATION = "liqo-mutating-webhook"
VALIDATING_CONFIGURATION = "liqo-validating-webhook"


def configurations(namespace: str, authority: str, failure_policy: str) -> list[Object]:
    """The two configurations.

    Args:
        namespace: where the service is.
        authority: CA bundle, PEM in base64.
        failure_policy: ``Fail`` keeps pods out of an offloaded namespace while the webhook cannot be asked.
    """
    pods = {
        "name": names.POD_WEBHOOK,
        "clientConfig": _client(namespace, names.POD_WEBHOOK_PATH, authority),
        "rules": [_rule("", "v1", "pods", ["CREATE"])],
        "namespaceSelector": {"matchLabels": {names.LABEL_SCHEDULING_ENABLED: "true"}},
        "reinvocationPolicy": "Never",
    }
    kind = resources.NAMESPACE_OFFLOADINGS
    offloadings = {
        "name": names.OFFLOADING_WEBHOOK,
        "clientConfig": _client(namespace, names.OFFLOADING_WEBHOOK_PATH, authority),
        "rules": [_rule(kind.group, kind.version, kind.plural, ["CREATE", "UPDATE"])],
    }
    common = {"admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": failure_policy}
    return [
        _configuration(MUTATING_WEBHOOKS, MUTATING_CONFIGURATION, pods | common),
        _configuration(VALIDATING_WEBHOOKS, VALIDATING_CONFIGURATION, offloadings | common),
    ]


def _configuration(resource: Resource, name: str, webhook: Object) -> Object:
    return resource.manifest(name, webhooks=[webhook])


def _client(namespace: str, path: str, authority: str) -> Object:
    service = {"name": names.CONTROLLER_MANAGER, "namespace": namespace, "path": path, "port": 443}
    return {"service": service, "caBundle": authority}


def _rule(group: str, version: str, plural: str, operations: list[str]) -> Object:
    return {
        "apiGroups": [group],
        "apiVersions": [version],
        "resources": [plural],
        "operations": operations,
        "scope": "*",
    }
