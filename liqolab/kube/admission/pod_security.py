"""Pod Security: what the labels of a namespace let its pods be.

Source: ``k8s.io/pod-security-admission``, which is built into API servers as the plugin ``PodSecurity``. Nothing is
exempt, and namespaces without labels allow everything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import FieldError, invalid
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.admission.plugin import Attributes, Plugin, concerns, refuse
from liqolab.kube.admission.pod_security_checks import NEWEST, Violation, violations
from liqolab.kube.kinds.field_errors import invalid_value, quoted
from liqolab.kube.store.store import Store

_LEVELS: Final = ("privileged", "baseline", "restricted")
_PREFIX: Final = "pod-security.kubernetes.io/"
_VERSION: Final = re.compile(r"v1\.(0|[1-9][0-9]*)")
_UNLOOKED: Final = frozenset(("exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status"))
_MOST_PODS: Final = 3000
_TEMPLATES: Final[Mapping[str, Sequence[str]]] = {
    "podtemplates": ("template",),
    "replicationcontrollers": ("spec", "template"),
    "replicasets.apps": ("spec", "template"),
    "deployments.apps": ("spec", "template"),
    "statefulsets.apps": ("spec", "template"),
    "daemonsets.apps": ("spec", "template"),
    "jobs.batch": ("spec", "template"),
    "cronjobs.batch": ("spec", "jobTemplate", "spec", "template"),
}


class _Rule(NamedTuple):
    """A level, and the version of its checks."""

    level: str = "privileged"
    version: str = "latest"

    def __str__(self) -> str:
        return f"{self.level}:{self.version}"

    @property
    def strictness(self) -> int:
        return _LEVELS.index(self.level)

    def violations(self, pod: Object) -> list[Violation]:
        minor = NEWEST if self.version == "latest" else int(self.version.removeprefix("v1."))
        return violations(self.level, minor, pod.get("metadata") or {}, pod.get("spec") or {})


class _Policy(NamedTuple):
    """What a namespace enforces and warns about. Audits are not kept, so what they ask is only validated."""

    enforce: _Rule
    warn: _Rule
    errors: list[FieldError]


def _policy(namespace: Object) -> _Policy:
    labels = meta.get_path(namespace, "metadata", "labels") or {}
    errors: list[FieldError] = []
    rules: dict[str, _Rule] = {}
    for mode, otherwise in (("enforce", "restricted"), ("audit", "privileged"), ("warn", "privileged")):
        level, version = labels.get(f"{_PREFIX}{mode}"), labels.get(f"{_PREFIX}{mode}-version")
        if level is not None and level not in _LEVELS:
            errors.append(_wrong(mode, level, f"must be one of {', '.join(_LEVELS)}"))
            level = otherwise
        if version not in (None, "latest") and not _VERSION.fullmatch(version):
            errors.append(_wrong(f"{mode}-version", version, 'must be "latest" or "v1.x"'))
            version = "latest"
        rules[mode] = _Rule(level or "privileged", version or "latest")
    enforce, warn = rules["enforce"], rules["warn"]
    asked = labels.get(f"{_PREFIX}enforce") in _LEVELS and f"{_PREFIX}warn" not in labels
    if asked and enforce.strictness > warn.strictness:
        warn = _Rule(enforce.level, warn.version if f"{_PREFIX}warn-version" in labels else enforce.version)
    return _Policy(enforce, warn, errors)


def _wrong(label: str, value: str, why: str) -> FieldError:
    return invalid_value(f"metadata.labels[{_PREFIX}{label}]", value, why)


class PodSecurity(Plugin):
    """Refuses pods, and warns about pods and about what makes some.

    Args:
        store: where the namespaces and the pods are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def validate(self, attributes: Attributes) -> None:
        obj = attributes.object
        if attributes.operation not in ("CREATE", "UPDATE") or obj is None:
            return
        if concerns(attributes, resources.NAMESPACES):
            self._check_namespace(attributes, obj)
        elif attributes.spec.resource.group_resource == resources.PODS.group_resource:
            self._check_pod(attributes, obj)
        elif not attributes.subresource:
            self._check_template(attributes, obj)

    def _check_namespace(self, attributes: Attributes, namespace: Object) -> None:
        new = _policy(namespace)
        old = None if attributes.old_object is None else _policy(attributes.old_object)
        if new.errors and (old is None or new.errors != old.errors):
            raise invalid(attributes.spec.resource, attributes.name, new.errors)
        if old is None or new.enforce == old.enforce or new.enforce.level == "privileged":
            return
        if new.enforce.version == old.enforce.version and new.enforce.strictness <= old.enforce.strictness:
            return
        attributes.warnings.extend(self._existing(attributes.name, new.enforce))

    def _existing(self, namespace: str, rule: _Rule) -> list[str]:
        """What is to be said about the pods that a new rule finds in its namespace."""
        pods = _by_priority([record.object for record in self._store.list(resources.PODS.group_resource, namespace)])
        names: dict[str, list[str]] = {}
        for pod in pods[:_MOST_PODS]:
            if found := rule.violations(pod):
                names.setdefault(", ".join(one.reason for one in found), []).append(pod["metadata"]["name"])
        warnings = []
        if len(pods) > _MOST_PODS:
            checked = f"{_MOST_PODS} of {len(pods)} existing pods"
            warnings.append(f"new PodSecurity enforce level only checked against the first {checked}")
        if names:
            text = f'existing pods in namespace "{namespace}" violate the new PodSecurity enforce level "{rule}"'
            warnings.append(text)
        return [*warnings, *sorted(f"{_among(found)}: {reasons}" for reasons, found in names.items())]

    def _check_pod(self, attributes: Attributes, pod: Object) -> None:
        if attributes.subresource in _UNLOOKED:
            return
        policy = self._policy_of(attributes)
        if attributes.old_object is not None and not _is_significant(pod, attributes.old_object):
            return
        if found := policy.enforce.violations(pod):
            raise refuse(attributes, f"violates PodSecurity {quoted(str(policy.enforce))}: {_details(found)}")
        self._warn(attributes, policy.warn, pod)

    def _check_template(self, attributes: Attributes, obj: Object) -> None:
        path = _TEMPLATES.get(attributes.spec.resource.group_resource)
        if path is not None and (template := meta.get_path(obj, *path)):
            self._warn(attributes, self._policy_of(attributes).warn, template)

    def _policy_of(self, attributes: Attributes) -> _Policy:
        record = self._store.get(resources.NAMESPACES.group_resource, "", attributes.namespace)
        return _policy({} if record is None else record.object)

    @staticmethod
    def _warn(attributes: Attributes, rule: _Rule, pod: Object) -> None:
        if found := rule.violations(pod):
            text = f"would violate PodSecurity {quoted(str(rule))}: {_details(found)}"
            attributes.warnings.append(text)


def _details(found: Sequence[Violation]) -> str:
    return ", ".join(map(str, found))


def _by_priority(pods: Objects) -> Objects:
    """One pod of every controller first: its others are hardly different."""
    first: Objects = []
    others: Objects = []
    known: set[str] = set()
    for pod in pods:
        owners = pod["metadata"].get("ownerReferences") or ()
        controller = next((owner["uid"] for owner in owners if owner.get("controller")), None)
        (others if controller in known else first).append(pod)
        if controller is not None:
            known.add(controller)
    return [*first, *others]


def _among(names: Sequence[str]) -> str:
    """Pods that are told about together."""
    more = len(names) - 1
    if not more:
        return names[0]
    return f"{min(names)} (and {more} other {'pod' if more == 1 else 'pods'})"


def _is_significant(pod: Object, old: Object) -> bool:
    """Whether an update changes what checks look at; containers hardly change after their creation."""
    new, before = pod["spec"], old["spec"]
    for field in ("containers", "initContainers"):
        if _images(new, field) != _images(before, field):
            return True
    known = dict(zip(_names(before), _images(before, "ephemeralContainers"), strict=True))
    given = zip(_names(new), _images(new, "ephemeralContainers"), strict=True)
    return any(known.get(name) != image for name, image in given)


def _images(spec: Object, field: str) -> list[str]:
    return [container.get("image") or "" for container in spec.get(field) or ()]


def _names(spec: Object) -> list[str]:
    return [container["name"] for container in spec.get("ephemeralContainers") or ()]
