"""Who may come in: whoever was given the address with its token, in a browser, from this machine's own pages.

A page on loopback can be reached by every program and every user of the machine, and by every web page that a browser
on it shows. So the token is asked for everything that is served. It is taken from the printed address once, and
exchanged for a cookie that no script reads and no other site makes the browser send. `Host` must be loopback's (a name
that somebody points at 127.0.0.1 is not), and `Origin`, where a browser tells it, must be this very server's.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hmac import compare_digest
from typing import Final

HOSTS: Final = ("127.0.0.1", "localhost")
QUERY: Final = "token"
"""Where the token stands in the address."""

_BYTES: Final = 32


class Access:
    """The secrets of one server, and what is asked of every request."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._token = secrets.token_urlsafe(_BYTES)
        self._pass = secrets.token_urlsafe(_BYTES)
        # Browsers keep cookies by host and not by port: two servers must not take each other's away.
        self.cookie = f"liqolab-{port}"

    @property
    def address(self) -> str:
        """What the learner opens; it holds the token."""
        return f"http://{HOSTS[0]}:{self.port}/?{QUERY}={self._token}"

    @property
    def headers(self) -> Mapping[str, str]:
        """For every answer: nothing from elsewhere, nowhere else shown, kept by nobody.

        The terminal of textual-serve writes its own style elements, so styles may be inline; scripts may not.
        """
        sockets = " ".join(f"ws://{host}:{self.port}" for host in HOSTS)
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
            f"img-src 'self' data:; connect-src 'self' {sockets}; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    def is_own_host(self, host: str) -> bool:
        """Whether a `Host` header means this server on loopback."""
        return host.lower() in {f"{own}:{self.port}" for own in HOSTS}

    def is_own_origin(self, origin: str | None, host: str, *, required: bool = False) -> bool:
        """Whether a request comes from a page of this server; browsers do not tell for all, so it may be missing."""
        return not required if origin is None else origin.lower() == f"http://{host.lower()}"

    def knows_token(self, token: str | None) -> bool:
        return token is not None and compare_digest(token.encode(), self._token.encode())

    def knows_cookie(self, value: str | None) -> bool:
        return value is not None and compare_digest(value.encode(), self._pass.encode())

    @property
    def set_cookie(self) -> str:
        """The header that hands the cookie out, for as long as the browser is open."""
        return f"{self.cookie}={self._pass}; Path=/; HttpOnly; SameSite=Strict"
