"""The code of a class: all that a learner has to type, on one line or in one picture.

``NAME@HOST:PORT/LESSON/ID/SECRET/FINGERPRINT``. The fingerprint is of the desk's certificate: whoever connects compares
it before a word is sent. The secret is what lets somebody take a seat; it is no more than an invitation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from liqolab.classroom.errors import ClassError

_CODE = re.compile(
    r"(?P<name>[a-z0-9][-a-z0-9]*)@(?P<host>[^/@\s]+):(?P<port>\d+)/(?P<lesson>[a-z0-9][-a-z0-9]*)"
    r"/(?P<id>[0-9a-f]{16})/(?P<secret>[0-9a-f]{16})/(?P<fingerprint>[0-9a-f]{32})"
)


@dataclass(frozen=True, slots=True)
class Code:
    """See the module; `host` is without brackets, also for IPv6."""

    name: str
    host: str
    port: int
    lesson: str
    id: str
    secret: str
    fingerprint: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.name}@{host}:{self.port}/{self.lesson}/{self.id}/{self.secret}/{self.fingerprint}"


def read_code(text: str) -> Code:
    """The code that somebody typed.

    Raises:
        ClassError: it is none.
    """
    found = _CODE.fullmatch(text.strip())
    if found is None or not 0 < int(found["port"]) < 65536:
        raise ClassError(
            "that is not the code of a class: it is too short, or a sign of it is wrong",
            "copy the whole line behind --class that the instructor's screen shows",
        )
    parts = found.groupdict()
    host, port = parts.pop("host").strip("[]"), int(parts.pop("port"))
    return Code(host=host, port=port, **parts)
