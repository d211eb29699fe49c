"""The admission webhooks that the controller manager serves, as the API server must know them."""

from __future__ import annotations

from liqolab.apimachinery.builtin import MUTATING_WEBHOOKS, VALIDATING_WEBHOOKS
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names, resources
from liqolab.liqo.gen05.chart import labels


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
    common = {"admissionReviewVersions": ["v1", "v1beta1"], "sideEffects": "None", "failurePolicy": failure_policy}
    return [
        MUTATING_WEBHOOKS.manifest(names.WEBHOOK, labels=labels.whole(names.WEBHOOK), webhooks=[pods | common]),
        VALIDATING_WEBHOOKS.manifest(
            names.WEBHOOK, labels=labels.whole(names.WEBHOOK), webhooks=[offloadings | common]
        ),
    ]


def _client(namespace: str, path: str, authority: str) -> Object:
    service = {"name": names.CONTROLLER_MANAGER, "namespace": namespace, "path": path, "port": names.WEBHOOK_PORT}
    return {"service": service, "caBundle": authority}


def _rule(group: str, version: str, plural: str, operations: list[str]) -> Object:
    return {
        "apiGroups": [group],
        "apiVersions": [version],
        "resources": [plural],
        "operations": operations,
        "scope": "*",
    }
