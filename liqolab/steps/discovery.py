"""Which kinds a cluster knows, by the words that kubectl takes for them.

What was learnt is kept until a word is not known or the server has forgotten a kind, so nothing is asked twice in vain.
"""

from __future__ import annotations

from collections.abc import Callable

from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.discovery import ACCEPT, ROOTS, Kinds, Served, carry_out
from liqolab.steps.transport import RefusedError, Transport


class Discovery:
    """The kinds of one cluster."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._kinds: Kinds | None = None

    def find(self, word: str) -> Resource | None:
        """The kind that a word means; None when the cluster does not know it.

        Raises:
            UnreachableError: it does not answer.
        """
        return self._look(lambda kinds: kinds.find(word))

    def of(self, api_version: str, kind: str) -> Resource | None:
        """The kind of a manifest; None when the cluster does not know it."""
        return self._look(lambda kinds: kinds.of(api_version, kind))

    def remembered(self, word: str) -> Resource | None:
        """The kind that a word means, as far as the cluster was asked; asks nothing."""
        return None if self._kinds is None else self._kinds.find(word)

    def kinds(self) -> tuple[Served, ...]:
        """All kinds, each in its group's preferred version, the core group first."""
        return self._known().preferred

    def forget(self) -> None:
        """Ask anew the next time: kinds have come or gone."""
        self._kinds = None

    def _look(self, find: Callable[[Kinds], Resource | None]) -> Resource | None:
        """It is asked anew before it is said that a cluster does not know a kind."""
        fresh = self._kinds is None
        found = find(self._known())
        if found is None and not fresh:
            self.forget()
            found = find(self._known())
        return found

    def _known(self) -> Kinds:
        if self._kinds is None:
            self._kinds = carry_out(self._ask)
        return self._kinds

    def _ask(self, path: str) -> Object | None:
        try:
            document: Object = self._transport.call("get", path, accept=ACCEPT)
        except RefusedError:
            if path in ROOTS:
                raise
            return None
        return document
