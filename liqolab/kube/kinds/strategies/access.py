"""Roles and bindings: rules that make sense, and role references that never change."""

from __future__ import annotations

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import Internal, each_invalid, invalid_value, not_supported, required
from liqolab.kube.kinds.strategies.common import Plain
from liqolab.kube.kinds.validation.labels import validate_label_selector

GROUP = "rbac.authorization.k8s.io"


def _validate_rules(role: Object, *, namespaced: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, rule in enumerate(role.get("rules") or []):
        path = f"rules[{index}]"
        if not rule.get("verbs"):
            errors.append(required(f"{path}.verbs", "verbs must contain at least one value"))
        if rule.get("nonResourceURLs"):
            if namespaced:
                text = "namespaced rules cannot apply to non-resource URLs"
                errors.append(invalid_value(f"{path}.nonResourceURLs", rule["nonResourceURLs"], text))
            if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
                text = "rules cannot apply to both regular resources and non-resource URLs"
                errors.append(invalid_value(f"{path}.nonResourceURLs", rule["nonResourceURLs"], text))
            continue
        if not rule.get("apiGroups"):
            errors.append(required(f"{path}.apiGroups", "resource rules must supply at least one api group"))
        if not rule.get("resources"):
            errors.append(required(f"{path}.resources", "resource rules must supply at least one resource"))
    return errors


def _validate_cluster_role(role: Object) -> list[FieldError]:
    errors, aggregation = _validate_rules(role, namespaced=False), role.get("aggregationRule")
    if aggregation is None:
        return errors
    path, selectors = "aggregationRule.clusterRoleSelectors", aggregation.get("clusterRoleSelectors") or []
    if not selectors:
        text = "at least one clusterRoleSelector required if aggregationRule is non-nil"
        errors.append(required(path, text))
    for index, selector in enumerate(selectors):
        at = f"{path}[{index}]"
        if problems := validate_label_selector(selector, at):
            errors += [*problems, invalid_value(at, None, "invalid label selector.")]
    return errors


def _validate_ref(binding: Object, kinds: tuple[str, ...]) -> list[FieldError]:
    ref = binding.get("roleRef") or {}
    errors: list[FieldError] = []
    if ref.get("apiGroup") != GROUP:
        errors.append(not_supported("roleRef.apiGroup", ref.get("apiGroup", ""), (GROUP,)))
    if ref.get("kind") not in kinds:
        errors.append(not_supported("roleRef.kind", ref.get("kind", ""), kinds))
    if not ref.get("name"):
        errors.append(required("roleRef.name"))
    else:
        errors += each_invalid("roleRef.name", ref["name"], names.path_segment(ref["name"]))
    return errors


def _validate_subjects(binding: Object, *, namespaced: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, subject in enumerate(binding.get("subjects") or []):
        path = f"subjects[{index}]"
        kind, group = subject.get("kind", ""), subject.get("apiGroup", "")
        if not subject.get("name"):
            errors.append(required(f"{path}.name"))
        if kind == "ServiceAccount":
            if name := subject.get("name"):
                errors += each_invalid(f"{path}.name", name, names.dns1123_subdomain(name))
            if group:
                errors.append(not_supported(f"{path}.apiGroup", group, ("",)))
            # In a RoleBinding an account without a namespace is one of the binding's own.
            if not namespaced and not subject.get("namespace"):
                errors.append(required(f"{path}.namespace"))
        elif kind in ("User", "Group"):
            if group != GROUP:
                errors.append(not_supported(f"{path}.apiGroup", group, (GROUP,)))
        else:
            errors.append(not_supported(f"{path}.kind", kind, ("ServiceAccount", "User", "Group")))
    return errors


def _ref_is_immutable(new: Object, old: Object) -> list[FieldError]:
    if (new.get("roleRef") or {}) == (old.get("roleRef") or {}):
        return []
    return [invalid_value("roleRef", Internal("rbac.RoleRef", new.get("roleRef")), "cannot change roleRef")]


class _BindingStrategy(Plain):
    """Fills in the API groups that everybody leaves out."""

    def prepare_create(self, obj: Object) -> None:
        fill_groups(obj)

    def prepare_update(self, new: Object, old: Object) -> None:
        fill_groups(new)


def fill_groups(binding: Object) -> None:
    """Default ``apiGroup`` of the role reference and of users and groups."""
    ref = binding.get("roleRef")
    if isinstance(ref, dict) and not ref.get("apiGroup"):
        binding["roleRef"] = {"apiGroup": GROUP, **{key: ref[key] for key in ref if key != "apiGroup"}}
    for subject in binding.get("subjects") or []:
        if subject.get("kind") in ("User", "Group") and not subject.get("apiGroup"):
            subject["apiGroup"] = GROUP


def _binding(*kinds: str, namespaced: bool) -> Plain:
    def validate(binding: Object) -> list[FieldError]:
        return [*_validate_ref(binding, kinds), *_validate_subjects(binding, namespaced=namespaced)]

    return _BindingStrategy(validate=validate, compare=_ref_is_immutable)


class _RoleStrategy(Plain):
    """An empty list of rules is somebody's, and then it is stored as none."""

    def prepare_create(self, obj: Object) -> None:
        obj["rules"] = obj.get("rules") or None

    def prepare_update(self, new: Object, old: Object) -> None:
        self.prepare_create(new)


ROLE = _RoleStrategy(validate=lambda role: _validate_rules(role, namespaced=True))
CLUSTER_ROLE = _RoleStrategy(validate=_validate_cluster_role)
ROLE_BINDING = _binding("Role", "ClusterRole", namespaced=True)
CLUSTER_ROLE_BINDING = _binding("ClusterRole", namespaced=False)
