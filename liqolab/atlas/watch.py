"""One cluster through its good and bad days: there, silent, gone, back again.

Watches alone do not tell that a cluster has died in silence (a stopped process, a cut cable): nothing arrives, as on a
quiet day. So a cheap request goes out a few times a second, and the whole conversation begins anew once one is answered
again after it was not. What was last seen stays in the view meanwhile, with the error beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Objects, Resource
from liqolab.atlas.identities import Identities
from liqolab.atlas.mirror import Mirror
from liqolab.atlas.trimmed import TrimmedClient
from liqolab.atlas.world import ClusterView
from liqolab.controller.kubeconfig import Access, KubeconfigError, load

PULSE_SECONDS: Final = 0.3
"""Between an answered request and the next."""
SILENCE_SECONDS: Final = 0.6
"""How long an answer may take; both together stay under the second within which a view must be true."""
_PULSE_PATH: Final = "/version"
_REFUSED: Final = (401, 403)
_ODD: Final = "its objects cannot be understood"
_ODD_SECONDS: Final = 5.0
"""Before objects that could not be understood are read again."""
_ANEW: Final = "its kubeconfig has changed, it is being connected to anew"


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why there is no view; `gone`: that is certain, and not only a silence."""

    text: str = ""
    gone: bool = True


_log = logging.getLogger(__name__)


class ClusterWatch:
    """Run `run` as a task; `view` makes the view, and is None until anything is known."""

    def __init__(
        self,
        name: str,
        kubeconfig: Path,
        changed: Callable[[], None],
        doubted: Callable[[], None],
        seen: ClusterView | None = None,
    ) -> None:
        """`changed` is called when the view may be another, `doubted` when the cluster may have been taken down;
        `seen` is shown until there is a view.
        """
        self.name = name
        self.kubeconfig = kubeconfig
        self._changed = changed
        self._doubted = doubted
        self._mirror: Mirror | None = None
        self._trouble = _Trouble()
        self._refused: Resource | None = None
        self._doubt = asyncio.Event()
        self._seen = seen

    def view(self, known: Identities) -> ClusterView | None:
        """The view of this moment."""
        if self._mirror is not None:
            try:
                seen = self._mirror.view(self.name, self._trouble.text, known)
                self._seen = replace(seen, waiting=not self._trouble.gone)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                # Custom resources may hold anything where their definition does not say what.
                odd = f"{_ODD}: {type(error).__name__}: {error}"
                return replace(
                    self._seen or ClusterView(self.name),
                    error=self._trouble.text or odd,
                    waiting=not self._trouble.gone,
                )
            return self._seen
        if self._seen is not None:
            waiting = not (self._trouble.text and self._trouble.gone)
            return replace(self._seen, error=self._trouble.text or _ANEW, waiting=waiting)
        text = self._trouble.text
        return ClusterView(self.name, error=text, waiting=not self._trouble.gone) if text else None

    def identity(self) -> tuple[Objects, Objects]:
        """What tells the IDs of this cluster and of its peers."""
        return self._mirror.identity() if self._mirror is not None else ([], [])

    async def run(self) -> None:
        """Follow the cluster until cancelled; a kubeconfig that cannot be used ends it with an error in the view."""
        try:
            access = await asyncio.to_thread(load, self.kubeconfig)
            client = TrimmedClient(access, self._told)
        except (KubeconfigError, OSError, ValueError) as error:
            self._fail(_Trouble(str(error)))
            return
        async with client:
            while True:
                if (trouble := await self._pulse(client)) is None:
                    await self._follow(client, access)
                else:
                    self._fail(trouble)
                await asyncio.sleep(PULSE_SECONDS)

    async def _follow(self, client: TrimmedClient, access: Access) -> None:
        """Follow the cluster until it does not answer any more."""
        mirror = Mirror(client, self._changed)
        following = asyncio.create_task(mirror.run())
        arriving = asyncio.create_task(self._arrive(mirror))
        try:
            while (trouble := await self._pulse(client)) is None and not following.done():
                with contextlib.suppress(TimeoutError):
                    # A watch that breaks off is a reason to ask at once.
                    async with asyncio.timeout(PULSE_SECONDS):
                        await self._doubt.wait()
                self._doubt.clear()
            if following.done():
                self._fail(_Trouble(f"{_ODD}: {following.exception()}"))
                await asyncio.sleep(_ODD_SECONDS)
            else:
                self._fail(trouble or _Trouble())
        finally:
            for task in (following, arriving):
                task.cancel()
            await asyncio.gather(following, arriving, return_exceptions=True)
            # Broken connections would only fail once more.
            await client.renew(access)

    async def _arrive(self, mirror: Mirror) -> None:
        """Show the new view when it is whole, so that nobody sees half of it."""
        await mirror.synced()
        self._mirror = mirror
        if self._refused is None:
            self._trouble = _Trouble()
        self._changed()

    async def _pulse(self, client: TrimmedClient) -> _Trouble | None:
        """None when the cluster answers, else why not."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                await client.raw(_PULSE_PATH)
        except ApiError as error:
            return _Trouble(f"it refuses: {error.message}") if error.code in _REFUSED else None
        except TimeoutError:
            if loop.time() - asked > 2 * SILENCE_SECONDS:
                # It was this program that had no time, so nothing is known of the cluster.
                return None
            return _Trouble(f"{client.access.server} does not answer", gone=False)
        except OSError as error:
            refused = getattr(getattr(error.__cause__, "os_error", None), "errno", None) == errno.ECONNREFUSED
            if refused:
                return _Trouble(f"nothing listens at {client.access.server}")
            # A connection that broke tells nothing of what the next one will meet.
            return _Trouble(str(error) or type(error).__name__, gone=False)
        return None

    def _told(self, resource: Resource, error: Exception | None) -> None:
        """How one list went, or that a watch broke."""
        if isinstance(error, ApiError) and error.code in _REFUSED:
            self._refused = resource
            self._fail(_Trouble(f"{resource.group_resource} may not be read: {error.message}"))
        elif error is not None:
            self._doubt.set()
        elif self._refused == resource:
            self._refused = None
            self._trouble = _Trouble()
            self._changed()

    def _fail(self, trouble: _Trouble) -> None:
        self._doubted()
        if trouble != self._trouble:
            _log.debug("%s: %s", self.name, trouble.text)
            self._trouble = trouble
            self._changed()
