"""Who is called by the server: ``clientConfig`` of webhooks that admit objects or convert them."""

from __future__ import annotations

from urllib.parse import urlsplit

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import invalid_value, required


def validate_client(config: Object, path: str) -> list[FieldError]:
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        return [required(path, "exactly one of url or service is required")]
    if service is not None:
        missing = [field for field in ("name", "namespace") if not service.get(field)]
        errors = [required(f"{path}.service.{field}", f"service {field} is required") for field in missing]
        where = service.get("path")
        if where is not None and not where.startswith("/"):
            errors.append(invalid_value(f"{path}.service.path", where, "must start with a '/'"))
        return errors
    return _validate_url(str(url), f"{path}.url")


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
