"""What answers a request that is neither a read nor a write of an object: subresources with a meaning of their own, and
kinds that are only posted and answered (reviews).

Handlers are registered by (group, plural, subresource). They get the pipeline and the request, already authorised, and
return the document to answer with, or a whole HTTP response.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from liqolab.apimachinery.resources import Object
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest

Handler = Callable[[Pipeline, ResourceRequest], Awaitable[Object | web.StreamResponse]]
Address = tuple[str, str, str]
"""Group, plural, subresource. The group ``*`` stands for every kind that has the subresource (scale); an empty
subresource is a posted kind.
"""

CONNECTED: Final = frozenset(("attach", "exec", "portforward", "proxy"))
"""Subresources that take the connection over: admission hears of them as CONNECT, and their bodies are left alone."""
