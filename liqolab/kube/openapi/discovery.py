"""What OpenAPI documents say of the paths at which a server tells about itself: versions, groups, their resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from liqolab.apimachinery.resources import Object

_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1."
_FORMS: Final = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]
_UNAUTHORIZED: Final = {"401": {"description": "Unauthorized"}}
_VERSION: Final = "io.k8s.apimachinery.pkg.version.Info"


def group_word(group: str) -> str:
    """What operations call a group: ``rbacAuthorization``."""
    first, *others = (group.removesuffix(".k8s.io") or "core").split(".")
    return first + "".join(part[:1].upper() + part[1:] for part in others)


def _get(
    tag: str, name: str, about: str, schema: Object, forms: list[str] | None = None, *, read: bool = True
) -> Object:
    forms = forms or _FORMS
    operation = {
        "tags": [tag],
        "description": about,
        "operationId": name,
        "produces": forms,
        "schemes": ["https"],
        "responses": {"200": {"description": "OK", "schema": schema}, **_UNAUTHORIZED},
    }
    return {"get": operation | ({"consumes": forms} if read else {})}


def _of(definition: str) -> Object:
    return {"$ref": f"#/definitions/{definition}"}


def resources_path(group: str, version: str) -> tuple[str, Object]:
    """The path at which the resources of a group version are listed."""
    word = group_word(group)
    name = f"get{word[:1].upper()}{word[1:]}{version[:1].upper()}{version[1:]}APIResources"
    schema = _of(f"{_META}APIResourceList")
    path = f"/apis/{group}/{version}/" if group else f"/api/{version}/"
    return path, _get(f"{word}_{version}", name, "get available resources", schema)


def other_paths(groups: Iterable[str]) -> Iterator[tuple[str, Object]]:
    """The paths that belong to no group version.

    Args:
        groups: the groups of built-in kinds.
    """
    versions = "get available API versions"
    yield "/api/", _get("core", "getCoreAPIVersions", versions, _of(f"{_META}APIVersions"))
    yield "/apis/", _get("apis", "getAPIVersions", versions, _of(f"{_META}APIGroupList"))
    for group in groups:
        word = group_word(group)
        name = f"get{word[:1].upper()}{word[1:]}APIGroup"
        yield f"/apis/{group}/", _get(word, name, "get information of a group", _of(f"{_META}APIGroup"))
    about = "get the version information for this server"
    yield "/version/", _get("version", "getCodeVersion", about, _of(_VERSION), ["application/json"])
    about = "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'"
    name, text = "getServiceAccountIssuerOpenIDConfiguration", {"type": "string"}
    yield (
        "/.well-known/openid-configuration/",
        _get("WellKnown", name, about, text, ["application/json"], read=False),
    )
    about = "get service account issuer OpenID JSON Web Key Set (contains public token verification keys)"
    name = "getServiceAccountIssuerOpenIDKeyset"
    yield "/openid/v1/jwks/", _get("openid", name, about, text, ["application/jwk-set+json"], read=False)
