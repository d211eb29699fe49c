"""Creates what must exist, whatever is still missing for it at the moment."""

from __future__ import annotations

import asyncio
import logging

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client

_FIRST_RETRY_SECONDS = 0.02
_LONGEST_RETRY_SECONDS = 5.0

_log = logging.getLogger(__name__)


async def ensure(client: Client, resource: Resource, body: Object) -> None:
    """Create an object unless one of its name is there.

    Refusals are temporary while a cluster comes up (a namespace, a service account, a priority class is yet to be
    made), so they are followed by another attempt, without end.
    """
    delay, said = _FIRST_RETRY_SECONDS, False
    while True:
        try:
            await client.create(resource, body, meta.namespace(body) or None)
        except ApiError as error:
            if error.already_exists:
                return
            if delay >= 1 and not said:
                _log.warning("%s %s: %s", resource.group_resource, meta.name(body), error.message)
                said = True
        except OSError as error:
            _log.debug("%s %s: %s", resource.group_resource, meta.name(body), error)
        else:
            return
        # Whatever refuses gives no sign when it has changed its mind.
        await asyncio.sleep(delay)
        delay = min(delay * 2, _LONGEST_RETRY_SECONDS)
