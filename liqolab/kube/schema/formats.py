"""String formats that the API server enforces in custom resources; unknown formats are not checked."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit

_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)"
)
_DURATION = re.compile(
    r"-?(?:(?:\d+(?:\.\d*)?|\.\d+)\s*"
    r"(?:ns|us|µs|μs|ms|s|m|h|d|w|nano|micro|milli|sec|min|hr|hours?|minutes?|seconds?|days?|weeks?)\s*)+|0"
)
_HOSTNAME = re.compile(
    r"[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)*\.?"
)
_EMAIL = re.compile(r"[^@\s<>\"(),:;\[\]\\]+@[^@\s<>\"(),:;\[\]\\]+")
_MAC = re.compile(
    r"[0-9a-fA-F]{2}(?:([:-])[0-9a-fA-F]{2})(?:\1[0-9a-fA-F]{2}){4}|[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4}){2}"
)
_HEX = "[0-9a-fA-F]"
_UUID = rf"{_HEX}{{8}}-?{_HEX}{{4}}-?%s{_HEX}{{3}}-?%s{_HEX}{{3}}-?{_HEX}{{12}}"
_LABEL = re.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")

Check = Callable[[str], bool]


def _matches(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _raises_not(convert: Callable[[str], object]) -> Check:
    def check(text: str) -> bool:
        try:
            convert(text)
        except (ValueError, binascii.Error):
            return False
        return True

    return check


def _date_time(text: str) -> bool:
    match = _DATE_TIME.fullmatch(text)
    return match is not None and _raises_not(date.fromisoformat)(match[1])


def _cidr(text: str) -> bool:
    return "/" in text and _raises_not(lambda value: ipaddress.ip_network(value, strict=False))(text)


def _uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme) or text.startswith("/")


def _base64(text: str) -> bool:
    return _raises_not(lambda value: base64.b64decode(value, validate=True))(text)


FORMATS: dict[str, Check] = {
    "date-time": _date_time,
    "datetime": _date_time,
    "date": lambda text: len(text) == 10 and _raises_not(date.fromisoformat)(text),
    "duration": lambda text: _DURATION.fullmatch(text) is not None,
    "ipv4": _raises_not(ipaddress.IPv4Address),
    "ipv6": _raises_not(ipaddress.IPv6Address),
    "cidr": _cidr,
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "hostname": lambda text: len(text) <= 255 and _HOSTNAME.fullmatch(text) is not None,
    "mac": lambda text: _MAC.fullmatch(text) is not None,
    "uri": _uri,
    "byte": _base64,
    "uuid": _matches(_UUID % (_HEX, _HEX)),
    "uuid3": _matches(_UUID % ("3", _HEX)),
    "uuid4": _matches(_UUID % ("4", "[89abAB]")),
    "uuid5": _matches(_UUID % ("5", "[89abAB]")),
    "hexcolor": _matches("#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    "isbn": _matches("[0-9-]{9,17}[0-9X]"),
    "k8s-short-name": lambda text: _LABEL.fullmatch(text) is not None,
    "k8s-long-name": lambda text: len(text) <= 253 and _SUBDOMAIN.fullmatch(text) is not None,
}

INTEGER_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
