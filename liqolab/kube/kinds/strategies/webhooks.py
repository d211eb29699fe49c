"""Webhook configurations: who is called about which requests. A mistake here would be a hole in a policy, so it is
refused when it is written, not found out when it is needed.
"""

from __future__ import annotations

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    duplicate,
    each_invalid,
    invalid_value,
    required,
)
from liqolab.kube.kinds.strategies.common import Plain
from liqolab.kube.kinds.validation.clients import validate_client
from liqolab.kube.kinds.validation.conditions import match_condition_errors
from liqolab.kube.kinds.validation.labels import validate_label_selector
from liqolab.kube.kinds.validation.request_rules import choice, rule_errors

_DEFAULTS: Object = {
    "failurePolicy": "Fail",
    "matchPolicy": "Equivalent",
    "namespaceSelector": {},
    "objectSelector": {},
    "timeoutSeconds": 10,
}


class _WebhookStrategy(Plain):
    """Fills in the defaults, so that what will happen can be read from the object."""

    def prepare_create(self, obj: Object) -> None:
        fill_defaults(obj)

    def prepare_update(self, new: Object, old: Object) -> None:
        fill_defaults(new)


def fill_defaults(configuration: Object) -> None:
    """Write out what is left out."""
    mutating = configuration.get("kind") == "MutatingWebhookConfiguration"
    for webhook in configuration.get("webhooks") or []:
        for field, value in _DEFAULTS.items():
            if webhook.get(field) is None:
                webhook[field] = dict(value) if isinstance(value, dict) else value
        if mutating:
            webhook.setdefault("reinvocationPolicy", "Never")
        service = (webhook.get("clientConfig") or {}).get("service")
        if service:
            service.setdefault("port", 443)
        for rule in webhook.get("rules") or []:
            rule.setdefault("scope", "*")


def _validate(configuration: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, webhook in enumerate(configuration.get("webhooks") or []):
        path, name = f"webhooks[{index}]", webhook.get("name", "")
        errors += _validate_name(name, f"{path}.name")
        if name in seen:
            errors.append(duplicate(f"{path}.name", name))
        seen.add(name)
        errors += _validate_webhook(webhook, path)
        errors += match_condition_errors(webhook.get("matchConditions") or [], f"{path}.matchConditions")
    return errors


def _validate_name(name: str, path: str) -> list[FieldError]:
    if not name:
        return [required(path)]
    errors = each_invalid(path, name, names.dns1123_subdomain(name))
    if len(name.split(".")) < 3:
        errors.append(invalid_value(path, name, "should be a domain with at least three segments separated by dots"))
    return errors


def _validate_webhook(webhook: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, rule in enumerate(webhook.get("rules") or []):
        errors += rule_errors(rule, f"{path}.rules[{index}]")
    errors += choice(webhook.get("failurePolicy"), f"{path}.failurePolicy", ("Fail", "Ignore"))
    errors += choice(webhook.get("matchPolicy"), f"{path}.matchPolicy", ("Equivalent", "Exact"))
    if webhook.get("sideEffects") is None:
        errors.append(required(f"{path}.sideEffects", "must specify one of None, NoneOnDryRun"))
    else:
        errors += choice(webhook["sideEffects"], f"{path}.sideEffects", ("None", "NoneOnDryRun"))
    seconds = webhook.get("timeoutSeconds", 10)
    if not 1 <= seconds <= 30:
        text = "the timeout value must be between 1 and 30 seconds"
        errors.append(invalid_value(f"{path}.timeoutSeconds", seconds, text))
    for field in ("namespaceSelector", "objectSelector"):
        errors += validate_label_selector(webhook.get(field) or {}, f"{path}.{field}")
    policy = webhook.get("reinvocationPolicy", "Never")
    errors += choice(policy, f"{path}.reinvocationPolicy", ("IfNeeded", "Never"))
    errors += validate_client(webhook.get("clientConfig") or {}, f"{path}.clientConfig")
    versions = webhook.get("admissionReviewVersions") or []
    return errors + _validate_versions(versions, f"{path}.admissionReviewVersions")


def _validate_versions(versions: list[str], path: str) -> list[FieldError]:
    if not versions:
        return [required(path, "must specify one of v1, v1beta1")]
    errors: list[FieldError] = []
    for index, version in enumerate(versions):
        if version in versions[:index]:
            errors.append(invalid_value(f"{path}[{index}]", version, "duplicate version"))
        else:
            errors += each_invalid(f"{path}[{index}]", version, names.dns1035_label(version))
    if "v1" not in versions and "v1beta1" not in versions:
        errors.append(invalid_value(path, versions, "must include at least one of v1, v1beta1"))
    return errors


WEBHOOKS = _WebhookStrategy(validate=_validate, generation=True, unconditional=False)
