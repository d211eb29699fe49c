"""``test-service-account-issuer-discovery``: verifies a token as somebody would who knows only who issued it."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from liqolab.apimachinery.errors import ApiError
from liqolab.controller.http import HttpClient
from liqolab.kube.node.agnhost.job import FatalError, Job

_HALF = 32
_KEYS = "application/jwk-set+json"


async def verify(job: Job) -> int:
    """Look the issuer's keys up, and check the token's signature and audience."""
    token = job.read(job.options["token-path"]).decode()
    await job.log("OK: Got token")
    await job.log("validating with in-cluster discovery")
    claims = _part(token, 1)
    issuer = str(claims.get("iss"))
    await job.log(f"OK: got issuer {issuer}")
    try:
        async with HttpClient.in_cluster(job.container) as client:
            found = orjson.loads(await client.raw("/.well-known/openid-configuration"))
            keys = orjson.loads(await client.raw(urlsplit(found["jwks_uri"]).path, accept="application/jwk-set+json"))[
                "keys"
            ]
    except (ApiError, OSError) as error:
        raise FatalError(f"failed to validate with in-cluster discovery: {error}") from error
    if found["issuer"] != issuer:
        raise FatalError(f'oidc: issuer did not match the issuer returned by provider, expected "{issuer}"')
    await job.log(f"OK: Constructed OIDC provider for issuer {issuer}")
    _check(token, claims, keys, job.options["audience"])
    await job.log("OK: Validated signature on JWT")
    await job.log("OK: Got valid claims from token!")
    return 0


def _check(token: str, claims: dict[str, Any], keys: list[dict[str, Any]], audience: str) -> None:
    if audience not in claims.get("aud", ()):
        raise FatalError(f'oidc: expected audience "{audience}" got {claims.get("aud")}')
    wanted = _part(token, 0).get("kid")
    key = next((each for each in keys if each.get("kid") == wanted), None)
    if key is None:
        raise FatalError("failed to verify signature: failed to verify id token signature")
    signed, _, signature = token.strip().rpartition(".")
    pair = _decoded(signature)
    first, second = int.from_bytes(pair[:_HALF], "big"), int.from_bytes(pair[_HALF:], "big")
    numbers = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), ec.SECP256R1())
    try:
        numbers.public_key().verify(encode_dss_signature(first, second), signed.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise FatalError("failed to verify signature: failed to verify id token signature") from error


def _part(token: str, index: int) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        raise FatalError("go-jose/go-jose: compact JWS format must have three parts")
    found: dict[str, Any] = orjson.loads(_decoded(parts[index]))
    return found


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4))


def _number(text: str) -> int:
    return int.from_bytes(_decoded(text), "big")
