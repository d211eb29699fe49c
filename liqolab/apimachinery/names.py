"""Names: what Kubernetes accepts as one, why it refuses another, and how it makes them up.

Each validator returns the list of texts that the API server prints after ``Invalid value: "…": ``; an empty list means
that the value is fine. The texts carry the examples and the regular expression, as upstream's do, because people
search the web for them.
"""

from __future__ import annotations

import re
import secrets

SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Letters of generated names: no vowels and no look-alikes, so that no words and few misreadings come up."""

MAX_GENERATED_BASE = 58
"""Longest part of ``generateName`` that is kept: 63 less the five letters of the suffix."""

LABEL_MAX = 63
SUBDOMAIN_MAX = 253

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = _LABEL + r"(\." + _LABEL + ")*"
_DNS1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = "(" + _QUALIFIED + ")?"
_CONFIG_MAP_KEY = "[-._a-zA-Z0-9]+"
_WILDCARD = r"\*\." + _SUBDOMAIN
_UNDERSCORE_LABEL = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_UNDERSCORE_SUBDOMAIN = _UNDERSCORE_LABEL + r"(\." + _UNDERSCORE_LABEL + ")*"
_PERCENT = "[0-9]+%"
_HTTP_HEADER = "[-A-Za-z0-9]+"
_HTTP_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"


def _regex_error(text: str, pattern: str, *examples: str) -> str:
    if not examples:
        return f"{text} (regex used for validation is '{pattern}')"
    shown = ",  or ".join(f"'{example}'" for example in examples)
    return f"{text} (e.g. {shown}, regex used for validation is '{pattern}')"


_LABEL_ERROR = _regex_error(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    "with an alphanumeric character",
    _LABEL,
    "my-name",
    "123-abc",
)
_SUBDOMAIN_ERROR = _regex_error(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character",
    _SUBDOMAIN,
    "example.com",
)
_DNS1035_ERROR = _regex_error(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character",
    _DNS1035,
    "my-name",
    "abc-123",
)
_QUALIFIED_ERROR = _regex_error(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    _QUALIFIED,
    "MyName",
    "my.name",
    "123-abc",
)
_LABEL_VALUE_ERROR = _regex_error(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character",
    _LABEL_VALUE,
    "MyValue",
    "my_value",
    "12345",
)
_CONFIG_MAP_KEY_ERROR = _regex_error(
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    _CONFIG_MAP_KEY,
    "key.name",
    "KEY_NAME",
    "key-name",
)

_WILDCARD_ERROR = _regex_error(
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
    "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    _WILDCARD,
    "*.example.com",
)
_UNDERSCORE_ERROR = _regex_error(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must "
    "start and end with an alphanumeric character",
    _UNDERSCORE_SUBDOMAIN,
    "example.com",
)
_PERCENT_ERROR = _regex_error(
    "a valid percent string must be a numeric string followed by an ending '%'", _PERCENT, "1%", "93%"
)
_HTTP_HEADER_ERROR = _regex_error(
    "a valid HTTP header must consist of alphanumeric characters or '-'", _HTTP_HEADER, "X-Header-Name"
)
_ENV_NAME_ERROR = "a valid environment variable name must consist only of printable ASCII characters other than '='"

_label_match = re.compile(_LABEL).fullmatch
_subdomain_match = re.compile(_SUBDOMAIN).fullmatch
_dns1035_match = re.compile(_DNS1035).fullmatch
_qualified_match = re.compile(_QUALIFIED).fullmatch
_label_value_match = re.compile(_LABEL_VALUE).fullmatch
_config_map_key_match = re.compile(_CONFIG_MAP_KEY).fullmatch


def random_suffix(length: int = 5) -> str:
    """A few letters that make a name unique (not a secret)."""
    return "".join(secrets.choice(SUFFIX_ALPHABET) for _ in range(length))


def generate(base: str) -> str:
    """A name for ``metadata.generateName``: the base, cut to fit, and five letters."""
    return base[:MAX_GENERATED_BASE] + random_suffix()


def too_long(limit: int) -> str:
    """The text for a value of more than `limit` characters."""
    return f"must be no more than {limit} characters"


def dns1123_label(value: str) -> list[str]:
    """Names of namespaces, containers, ports …: one part of a DNS name."""
    errors = [too_long(LABEL_MAX)] if len(value) > LABEL_MAX else []
    if not _label_match(value):
        # Upstream names the subdomain rule when only the dots are wrong, so that people see which of the two applies.
        errors.append(_LABEL_ERROR if not _subdomain_match(value) else "must not contain dots")
    return errors


def dns1123_subdomain(value: str) -> list[str]:
    """Names of most objects: DNS labels with dots between them."""
    errors = [too_long(SUBDOMAIN_MAX)] if len(value) > SUBDOMAIN_MAX else []
    if not _subdomain_match(value):
        errors.append(_SUBDOMAIN_ERROR)
    return errors


def dns1035_label(value: str) -> list[str]:
    """Names of Services: a DNS label that starts with a letter."""
    errors = [too_long(LABEL_MAX)] if len(value) > LABEL_MAX else []
    if not _dns1035_match(value):
        errors.append(_DNS1035_ERROR)
    return errors


def qualified_name(value: str) -> list[str]:
    """Keys of labels, annotations, taints and conditions: ``name`` or ``dns.prefix/name``."""
    prefix, slash, name = value.rpartition("/")
    if "/" in prefix:
        tail = " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return ["a qualified name " + _QUALIFIED_ERROR + tail]
    errors: list[str] = []
    if slash:
        if not prefix:
            errors.append("prefix part must be non-empty")
        errors += ["prefix part " + text for text in dns1123_subdomain(prefix)] if prefix else []
    if not name:
        errors.append("name part must be non-empty")
    elif len(name) > LABEL_MAX:
        errors.append("name part " + too_long(LABEL_MAX))
    if not _qualified_match(name):
        errors.append("name part " + _QUALIFIED_ERROR)
    return errors


def label_value(value: str) -> list[str]:
    """Values of labels; may be empty."""
    errors = [too_long(LABEL_MAX)] if len(value) > LABEL_MAX else []
    if not _label_value_match(value):
        errors.append(_LABEL_VALUE_ERROR)
    return errors


def config_map_key(value: str) -> list[str]:
    """Keys of ConfigMaps and Secrets, which become file names in volumes."""
    errors = [too_long(SUBDOMAIN_MAX)] if len(value) > SUBDOMAIN_MAX else []
    if not _config_map_key_match(value):
        errors.append(_CONFIG_MAP_KEY_ERROR)
    if value == ".":
        errors.append("must not be '.'")
    elif value == "..":
        errors.append("must not be '..'")
    elif value.startswith(".."):
        errors.append("must not start with '..'")
    return errors


def wildcard_subdomain(value: str) -> list[str]:
    """Hosts of ingresses that stand for every name below a domain: ``*.example.com``."""
    errors = [too_long(SUBDOMAIN_MAX)] if len(value) > SUBDOMAIN_MAX else []
    return errors if re.fullmatch(_WILDCARD, value) else [*errors, _WILDCARD_ERROR]


def underscore_subdomain(value: str) -> list[str]:
    """Search domains, which may begin with an underscore as service records do."""
    errors = [too_long(SUBDOMAIN_MAX)] if len(value) > SUBDOMAIN_MAX else []
    return errors if re.fullmatch(_UNDERSCORE_SUBDOMAIN, value) else [*errors, _UNDERSCORE_ERROR]


def environment_name(value: str) -> list[str]:
    """Names of environment variables: printable ASCII, since 1.34."""
    if not value:
        return ["environment variable name must be non-empty"]
    return [] if all(" " <= letter <= "~" and letter != "=" for letter in value) else [_ENV_NAME_ERROR]


def port_name(value: str) -> list[str]:
    """IANA service names, as container and target ports are named."""
    errors = [too_long(15)] if len(value) > 15 else []
    if not re.fullmatch("[-a-z0-9]+", value):
        errors.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        errors.append("must contain at least one letter (a-z)")
    if "--" in value:
        errors.append("must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        errors.append("must not begin or end with a hyphen")
    return errors


def in_range(value: int, low: int, high: int) -> list[str]:
    """Numbers from `low` to `high`."""
    return [] if low <= value <= high else [f"must be between {low} and {high}, inclusive"]


def port_number(value: int) -> list[str]:
    """Ports."""
    return in_range(value, 1, 65535)


def numeric_id(value: int) -> list[str]:
    """Users and groups of Linux."""
    return in_range(value, 0, 2**31 - 1)


def percent(value: str) -> list[str]:
    """``25%``."""
    return [] if re.fullmatch(_PERCENT, value) else [_PERCENT_ERROR]


def http_header(value: str) -> list[str]:
    """Names of HTTP headers."""
    return [] if re.fullmatch(_HTTP_HEADER, value) else [_HTTP_HEADER_ERROR]


def http_path(value: str) -> list[str]:
    """What may follow a domain and a slash in a name such as ``acme.io/foo``."""
    return [] if re.fullmatch(_HTTP_PATH, value) else [_regex_error("Invalid path", _HTTP_PATH)]


def path_segment(value: str) -> list[str]:
    """Names that only have to fit into a URL: roles, their bindings, API services (``v1.`` is one)."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{character}'" for character in "/%" if character in value]


def in_making(value: str) -> str:
    """A ``generateName`` as a name that its rule can judge: a dash at the end is one before the suffix."""
    return value[:-2] + "a" if len(value) > 1 and value.endswith("-") else value
