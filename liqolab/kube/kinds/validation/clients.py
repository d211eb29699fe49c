"""Who is called by the server: ``clientConfig`` of webhooks that admit objects or convert them."""

from __future__ import annotations

from urllib.parse import urlsplit

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import invalid_value, required


def validate_client(config: Object, path: str) -> list[FieldError]:
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        return [required(path, "exactly one of url or service is required")]
    if service is not None:
        return _validate_service(service, f"{path}.service")
    return _validate_url(str(url), f"{path}.url")


def _validate_service(service: Object, path: str) -> list[FieldError]:
    errors = [required(f"{path}.{field}") for field in ("name", "namespace") if not service.get(field)]
    port = int(service.get("port", 443))
    if wrong := names.port_number(port):
        errors.append(invalid_value(f"{path}.port", port, f"port is not valid: {', '.join(wrong)}"))
    return errors + _validate_path(service.get("path") or "/", f"{path}.path")


def _validate_path(where: str, path: str) -> list[FieldError]:
    """A path of names of DNS; nothing and ``/`` are one as well."""
    if where == "/":
        return []
    errors = [] if where.startswith("/") else [invalid_value(path, where, "must start with a '/'")]
    for index, segment in enumerate(where[1:].removesuffix("/").split("/")):
        if not segment:
            errors.append(invalid_value(path, where, f"segment[{index}] may not be empty"))
            continue
        for wrong in names.dns1123_subdomain(segment):
            errors.append(invalid_value(path, where, f"segment[{index}]: {wrong}"))
    return errors


def _validate_url(url: str, path: str) -> list[FieldError]:
    form = "; desired format: https://host[/path]"
    parts = urlsplit(url)
    errors = []
    if parts.scheme != "https":
        text = f"'https' is the only allowed URL scheme{form}"
        errors.append(invalid_value(path, parts.scheme, text))
    if not parts.netloc:
        errors.append(invalid_value(path, parts.netloc, f"host must be specified{form}"))
    if parts.username:
        user = parts.netloc.rpartition("@")[0]
        errors.append(invalid_value(path, user, "user information is not permitted in the URL"))
    if parts.fragment:
        errors.append(invalid_value(path, parts.fragment, "fragments are not permitted in the URL"))
    if parts.query:
        errors.append(invalid_value(path, parts.query, "query parameters are not permitted in the URL"))
    return errors
