"""Writes down what upstream's chart of Liqo 0.5.4 makes, as facts: names, labels, ports, arguments, fields of kinds.

Helm renders the chart (a real one, which the tests do not need), and this takes from each object what a client of the
API could look for. Tests take the same facts from what our own installation makes, so both are compared field by field.

    helm template liqo CHART --namespace liqo --kube-version 1.25.0 -f tests/liqo_upstream/values.yaml > rendered.yaml
    python tools/upstream_facts.py rendered.yaml CHART/crds
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

Facts = dict[str, Any]

FOLDER = Path(__file__).parents[1] / "tests/liqo_upstream"
WORKLOADS = ("DaemonSet", "Deployment", "Job")
_HELMS_OWN = "meta.helm.sh/"
_SCHEMA_WORDS = ("format", "enum", "default", "pattern", "minimum", "maximum", "nullable")
_NOT_REPEATED = "spec.pod"
"""The field of a ShadowPod that is a whole pod: its schema is the one of pods."""


def main() -> None:
    rendered, folder = map(Path, sys.argv[1:])
    objects = [each for each in yaml.safe_load_all(rendered.read_text()) if each]
    definitions = [yaml.safe_load(file.read_text()) for file in sorted(folder.glob("*.yaml"))]
    _write("chart.yaml", {called(each): facts(each) for each in objects})
    _write("kinds.yaml", {each["metadata"]["name"]: kind_facts(each) for each in definitions})


def called(manifest: Facts) -> str:
    """``Deployment liqo-auth``; hooks of a chart may be several that are called the same."""
    hook = (manifest["metadata"].get("annotations") or {}).get("helm.sh/hook")
    return f"{manifest['kind']} {manifest['metadata']['name']}" + (f" ({hook})" if hook else "")


def facts(manifest: Facts) -> Facts:
    """What a client could look for in an object of a chart; empty things are left out."""
    metadata, kind = manifest["metadata"], manifest["kind"]
    annotations = {
        key: value for key, value in (metadata.get("annotations") or {}).items() if not key.startswith(_HELMS_OWN)
    }
    found: Facts = {"labels": metadata.get("labels"), "annotations": annotations}
    if kind in WORKLOADS:
        found |= _workload(manifest["spec"])
    elif kind == "Service":
        spec = manifest["spec"]
        ports = [_port(port, "port", "targetPort") for port in spec["ports"]]
        found |= {"type": spec.get("type", "ClusterIP"), "selector": spec["selector"], "ports": ports}
    elif kind.endswith("WebhookConfiguration"):
        found["webhooks"] = [_webhook(each) for each in manifest["webhooks"]]
    elif kind.endswith("Role"):
        found["rules"] = _rules(manifest.get("rules") or ())
    elif kind.endswith("Binding"):
        found["role"] = f"{manifest['roleRef']['kind']} {manifest['roleRef']['name']}"
        found["subjects"] = [f"{each['namespace']}/{each['name']}" for each in manifest["subjects"]]
    elif kind == "ConfigMap":
        found["keys"] = sorted(manifest["data"])
    elif kind in ("APIService", "StorageClass"):
        found |= {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind", "metadata")}
    return _without_empty(found)


def kind_facts(definition: Facts) -> Facts:
    """What a CustomResourceDefinition says, one line a field, without its descriptions."""
    spec = definition["spec"]
    versions = {}
    for version in spec["versions"]:
        schema = version["schema"]["openAPIV3Schema"]
        columns = [
            " ".join([column["name"], column["jsonPath"], column["type"], str(column.get("priority", 0))])
            for column in version.get("additionalPrinterColumns") or ()
        ]
        versions[version["name"]] = _without_empty(
            {
                "served": version["served"],
                "storage": version["storage"],
                "subresources": sorted(version.get("subresources") or ()),
                "columns": columns,
                "fields": list(_fields(schema, "", False)),
            }
        )
    return {"names": spec["names"], "scope": spec["scope"], "versions": versions}


def flat(found: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Facts as (path, text), so that differences have names; what is in a list without order has its own text."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield from flat(value, f"{path}/{key}" if path else str(key))
    elif isinstance(found, list) and path.endswith(("subjects", "columns", "fields", "keys", "env", "args")):
        for value in found:
            yield f"{path}/{value}", ""
    elif isinstance(found, list):
        for number, value in enumerate(found):
            yield from flat(value, f"{path}/{number}")
    else:
        yield path, str(found)


def _workload(spec: Facts) -> Facts:
    template = spec["template"]
    pod = template["spec"]
    return {
        "replicas": spec.get("replicas", 1),
        "strategy": (spec.get("strategy") or {}).get("type"),
        "selector": (spec.get("selector") or {}).get("matchLabels"),
        "pod labels": template["metadata"].get("labels"),
        "account": pod.get("serviceAccountName"),
        "host network": pod.get("hostNetwork"),
        "run as": pod.get("securityContext"),
        "tolerations": pod.get("tolerations"),
        "volumes": {each["name"]: _source(each) for each in pod.get("volumes") or ()},
        "init containers": {each["name"]: _container(each) for each in pod.get("initContainers") or ()},
        "containers": {each["name"]: _container(each) for each in pod["containers"]},
    }


def _container(container: Facts) -> Facts:
    return {
        "image": container["image"],
        "pull": container.get("imagePullPolicy"),
        "command": " ".join(container.get("command") or ()),
        "args": container.get("args"),
        "env": sorted(f"{each['name']} = {_variable(each)}" for each in container.get("env") or ()),
        "ports": [_port(port, "containerPort") for port in container.get("ports") or ()],
        "requests": (container.get("resources") or {}).get("requests"),
        "privileges": container.get("securityContext"),
        "ready": ((container.get("readinessProbe") or {}).get("httpGet") or {}).get("path"),
        "mounts": {each["name"]: each["mountPath"].rstrip("/") for each in container.get("volumeMounts") or ()},
    }


def _port(port: Facts, *keys: str) -> str:
    numbers = " to ".join(str(port.get(key, port.get("port"))) for key in keys)
    return " ".join([port.get("name", ""), numbers, port.get("protocol", "TCP")]).strip()


def _variable(variable: Facts) -> str:
    (source,) = (variable.get("valueFrom") or {"value": variable.get("value", "")}).values()
    return " ".join(map(str, source.values())) if isinstance(source, dict) else str(source)


def _source(volume: Facts) -> str:
    return next(key for key in volume if key != "name")


def _webhook(webhook: Facts) -> Facts:
    service = webhook["clientConfig"]["service"]
    rules = [
        f"{' '.join(rule['operations'])} {'/'.join([*rule['apiGroups'], *rule['apiVersions'], *rule['resources']])}"
        for rule in webhook["rules"]
    ]
    return {
        "name": webhook["name"],
        "service": f"{service['namespace']}/{service['name']}:{service['port']}{service['path']}",
        "rules": rules,
        "reviews": " ".join(webhook["admissionReviewVersions"]),
        "policy": f"{webhook['failurePolicy']} {webhook['sideEffects']}",
        "namespaces": webhook.get("namespaceSelector"),
    }


def _rules(rules: Iterable[Facts]) -> dict[str, str]:
    """What may be done with which resource."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        names = f" {'|'.join(sorted(rule['resourceNames']))}" if rule.get("resourceNames") else ""
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                found.setdefault(f"{resource}{'.' if group else ''}{group}{names}", set()).update(rule["verbs"])
    return {resource: " ".join(sorted(verbs)) for resource, verbs in found.items()}


def _fields(schema: Facts, path: str, required: bool) -> Iterator[str]:
    """One line a field: its path, its type, and what else a validating server goes by."""
    if path == _NOT_REPEATED and "metadata" not in path:
        yield f"{path}: a pod's"
        return
    words = [f"{word}={schema[word]}" for word in _SCHEMA_WORDS if word in schema]
    words += [key for key, value in schema.items() if key.startswith("x-kubernetes-") and value]
    if path:
        yield " ".join([f"{path}:", schema.get("type", "any"), *(["required"] if required else []), *words])
    below = path + "." if path else ""
    for name, inner in sorted((schema.get("properties") or {}).items()):
        yield from _fields(inner, below + name, name in (schema.get("required") or ()))
    if isinstance(more := schema.get("additionalProperties"), dict):
        yield from _fields(more, path + "{}", False)
    if items := schema.get("items"):
        yield from _fields(items, path + "[]", False)


def _without_empty(found: Any) -> Any:
    if isinstance(found, dict):
        cleaned = {key: _without_empty(value) for key, value in found.items()}
        return {key: value for key, value in cleaned.items() if value not in (None, {}, [], "")}
    return [_without_empty(each) for each in found] if isinstance(found, list) else found


def _write(name: str, content: Facts | Iterable[Facts]) -> None:
    notice = "# Written by tools/upstream_facts.py from upstream's chart of Liqo 0.5.4: not to be edited.\n"
    (FOLDER / name).write_text(notice + yaml.safe_dump(content, sort_keys=True, width=119))


if __name__ == "__main__":
    main()
