"""Pages seen through the API server's proxies: links to the root of the server behind lead through the proxy.

As Kubernetes does it: in HTML, the attributes that hold addresses; and where a redirect leads.
"""

from __future__ import annotations

import posixpath
import re
from functools import partial
from typing import Final
from urllib.parse import urlsplit, urlunsplit

_ATTRIBUTES: Final[dict[str, frozenset[str]]] = {
    tag: frozenset(names.split())
    for tag, names in {
        "a": "href", "applet": "codebase", "area": "href", "audio": "src", "base": "href", "blockquote": "cite",
        "body": "background", "button": "formaction", "command": "icon", "del": "cite", "embed": "src",
        "form": "action", "frame": "longdesc src", "head": "profile", "html": "manifest", "iframe": "longdesc src",
        "img": "longdesc src usemap", "input": "src usemap formaction", "ins": "cite", "link": "href",
        "object": "classid codebase data usemap", "q": "cite", "script": "src", "source": "src", "video": "poster src",
    }.items()
}  # fmt: skip
_TAG: Final = re.compile(r"<([a-zA-Z][a-zA-Z0-9]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_VALUE: Final = re.compile(r"""([a-zA-Z]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")


def through_proxy(page: str, prefix: str, hosts: frozenset[str]) -> str:
    """A page whose links stay within the proxy.

    Args:
        page: HTML.
        prefix: the path of the proxy itself, without a slash at its end.
        hosts: the names of the server behind, and of the API server.
    """

    def in_tag(found: re.Match[str]) -> str:
        names = _ATTRIBUTES.get(found[1].lower())
        if names is None:
            return found[0]
        return f"<{found[1]}{_VALUE.sub(partial(_in_value, names, prefix, hosts), found[2])}>"

    return _TAG.sub(in_tag, page)


def _in_value(names: frozenset[str], prefix: str, hosts: frozenset[str], found: re.Match[str]) -> str:
    if found[1].lower() not in names:
        return found[0]
    value = found[3] or found[4] or found[5] or ""
    return f'{found[1]}{found[2]}"{link(value, prefix, hosts)}"'


def link(address: str, prefix: str, hosts: frozenset[str]) -> str:
    """An address as it is reached through the proxy; those of other servers, and relative ones, as they are."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    if (parts.netloc and parts.netloc not in hosts) or not parts.path.startswith("/"):
        return address
    path = parts.path
    if not path.startswith(prefix):
        # Joining takes the slash at the end away.
        path = posixpath.normpath(f"{prefix}/{path}") + ("/" if path.endswith("/") else "")
    return urlunsplit(("", "", path, parts.query, parts.fragment))
