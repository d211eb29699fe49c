"""Mutating and validating webhooks: the rules that a cluster's owner keeps in programs of his own.

There is no way around them: every write by anybody, the cluster's own controllers included, comes through here, and a
webhook that cannot be asked refuses the request unless its owner has said otherwise.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import ApiError, bad_request, internal
from liqolab.apimachinery.patches import PatchError, apply_json_patch
from liqolab.apimachinery.resources import Object
from liqolab.kube.access.authz import Authorizer
from liqolab.kube.admission.plugin import Attributes, refuse
from liqolab.kube.admission.request_matching import in_version
from liqolab.kube.admission.webhook_calls import CallError, WebhookCaller, decode_patch, review
from liqolab.kube.admission.webhook_rules import Match, Matcher, Webhook, compile_webhooks
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.registry import Registry
from liqolab.kube.store.derived import Derived
from liqolab.kube.store.store import Store

log = logging.getLogger(__name__)

_MUTATING = "mutatingwebhookconfigurations.admissionregistration.k8s.io"
_VALIDATING = "validatingwebhookconfigurations.admissionregistration.k8s.io"

_SERVER_FIELDS = ("namespace", "uid", "creationTimestamp", "deletionTimestamp", "resourceVersion", "generation")


class Webhooks:
    """Asks the webhooks of a request.

    Args:
        store: where configurations, namespaces and services are.
        registry: knows the versions of kinds.
        caller: does the asking.
        authorizer: answers what match conditions ask.
    """

    def __init__(self, store: Store, registry: Registry, caller: WebhookCaller, authorizer: Authorizer) -> None:
        self._caller = caller
        self._authorizer = authorizer
        self._matcher = Matcher(store, registry)
        self._mutating = Derived(store, (_MUTATING,), lambda found: compile_webhooks(found[_MUTATING], mutating=True))
        self._validating = Derived(
            store, (_VALIDATING,), lambda found: compile_webhooks(found[_VALIDATING], mutating=False)
        )

    async def mutate(self, attributes: Attributes) -> bool:
        """Let every mutating webhook have its say, in order.

        Returns:
            Whether any of them changed the object.

        Raises:
            ApiError: one refused, or could not be asked.
        """
        return await self._mutate_with(self._mutating.value(), attributes)

    async def mutate_again(self, attributes: Attributes) -> None:
        """Ask those again that want to see what others have changed.

        Raises:
            ApiError: as `mutate`.
        """
        await self._mutate_with([webhook for webhook in self._mutating.value() if webhook.reinvoke], attributes)

    async def _mutate_with(self, webhooks: Iterable[Webhook], attributes: Attributes) -> bool:
        changed = False
        for match in self._matcher.matching(webhooks, attributes):
            if not self._wanted(match, attributes):
                continue
            response = await self._ask(match, attributes)
            if response is not None and self._apply(match, attributes, response):
                changed = True
        return changed

    async def validate(self, attributes: Attributes) -> None:
        """Ask all validating webhooks at once; the first refusal in their order counts.

        Raises:
            ApiError: one refused, or could not be asked.
        """
        found = self._matcher.matching(self._validating.value(), attributes)
        matches = [match for match in found if self._wanted(match, attributes)]
        if not matches:
            return
        results = await asyncio.gather(*(self._ask(match, attributes) for match in matches), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    def _wanted(self, match: Match, attributes: Attributes) -> bool:
        """Whether the match conditions of a webhook hold.

        Raises:
            ApiError: 403, they cannot be told, and the webhook fails closed.
        """
        conditions = match.webhook.conditions
        if conditions is None:
            return True
        from liqolab.kube.admission.conditions import ConditionError, RequestVariables

        variables = RequestVariables(self._authorizer, lambda _: None)
        try:
            return conditions.hold(variables.of(attributes, match.spec, with_namespace=False))
        except ConditionError as error:
            if match.webhook.fails_closed:
                raise refuse(attributes, str(error)) from None
            return False

    async def _ask(self, match: Match, attributes: Attributes) -> Object | None:
        """The answer of a webhook that allows the request; None when it could not be asked and need not be."""
        webhook = match.webhook
        if attributes.dry_run and not webhook.harmless:
            raise bad_request(f'admission webhook "{webhook.name}" does not support dry run')
        try:
            response = await self._caller.ask(webhook, review(attributes, match))
        except CallError as error:
            _could_not_ask(webhook, error)
            return None
        attributes.warnings += [str(text) for text in response.get("warnings") or ()]
        if not response.get("allowed"):
            raise denial(webhook.name, response.get("status"))
        return response

    def _apply(self, match: Match, attributes: Attributes, response: Object) -> bool:
        try:
            patch = decode_patch(response)
            if not patch or attributes.object is None:
                return False
            own = attributes.spec
            before = in_version(attributes.object, own, match.spec)
            patched = apply_json_patch(before, patch)
            if not isinstance(patched, dict):
                raise PatchError("the patch leaves no object")
        except (CallError, PatchError) as error:
            # A patch that cannot be applied is a failure to mutate, not a verdict.
            _could_not_ask(match.webhook, CallError(str(error)))
            return False
        result = in_version(patched, match.spec, own) or patched
        return _accept(attributes, result)


def _accept(attributes: Attributes, result: Object) -> bool:
    """Take over a webhook's object, but for what belongs to the server."""
    old = attributes.object
    assert old is not None, "only requests with an object are mutated"
    result["kind"], result["apiVersion"] = old.get("kind"), old.get("apiVersion")
    if "metadata" in old:
        _restore(result, old["metadata"], with_name=attributes.operation != "CREATE")
    if not attributes.subresource or attributes.subresource == "status":
        schemas.drop_unknown(attributes.spec, result)
        schemas.apply_defaults(attributes.spec, result)
    if result == old:
        return False
    attributes.object = result
    attributes.name = attributes.name or str(meta.get_path(result, "metadata", "name", default=""))
    return True


def _restore(result: Object, before: Object, *, with_name: bool) -> None:
    """Put the server's own metadata back to what they were."""
    metadata = result["metadata"] = result.get("metadata") or {}
    for field in ("name", *_SERVER_FIELDS) if with_name else _SERVER_FIELDS:
        if field in before:
            metadata[field] = before[field]
        else:
            metadata.pop(field, None)


def _could_not_ask(webhook: Webhook, error: CallError) -> None:
    if webhook.fails_closed:
        raise internal(f'failed calling webhook "{webhook.name}": {error}')
    log.warning('webhook "%s" of %s is ignored: %s', webhook.name, webhook.configuration, error)


def denial(name: str, status: Object | None) -> ApiError:
    """The Status of a request that a webhook refused: the webhook's own, made to be a failure."""
    given = status if isinstance(status, dict) else {}
    text = f'admission webhook "{name}" denied the request'
    if given.get("message"):
        text = f"{text}: {given['message']}"
    elif given.get("reason"):
        text = f"{text}: {given['reason']}"
    else:
        text = f"{text} without explanation"
    code = given.get("code")
    result: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": text}
    result.update({key: given[key] for key in ("reason", "details") if given.get(key)})
    result["code"] = code if isinstance(code, int) and code >= 400 else 400
    return ApiError(result)
