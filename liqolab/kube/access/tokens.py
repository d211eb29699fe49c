"""Service account tokens: signed statements of who a program is, bound to what has to exist for them to count.

A token is a JWT signed with the cluster's own key (ES256). Its signature never changes its mind, so it is verified once
and remembered; whether the account and the pod it speaks of still exist is looked up on every request, which is what
makes a token worthless the moment its pod is gone.
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from liqolab.apimachinery import clock, meta
from liqolab.apimachinery.resources import Object
from liqolab.kube.access.authz import AUTHENTICATED, SERVICE_ACCOUNT_PREFIX, User
from liqolab.kube.config import write_private
from liqolab.kube.store.store import Store

ISSUER: Final = "https://kubernetes.default.svc.cluster.local"
"""Who issues the tokens, and the audience that they are for when nobody asks for another."""

_ALGORITHM: Final = "ES256"
_HALF: Final = 32
_CACHE: Final = 1024
_CLAIM: Final = "kubernetes.io"
_LEEWAY: Final = 60
"""Seconds by which the clocks of issuer and client may differ."""

_ECDSA: Final = ec.ECDSA(hashes.SHA256())


class TokenError(Exception):
    """A token that does not count; the text says why."""


class TokenIssuer:
    """Makes and checks the tokens of one cluster.

    Args:
        key: the private key that signs.
        store: where the accounts and pods are that tokens are bound to.
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey, store: Store) -> None:
        self._key = key
        self._public = key.public_key()
        self._store = store
        der = self._public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.key_id = _encode(hashlib.sha256(der).digest())
        self._header = _encode_json({"alg": _ALGORITHM, "kid": self.key_id})
        self._verified: OrderedDict[str, Object] = OrderedDict()

    @classmethod
    def load(cls, path: Path, store: Store) -> TokenIssuer:
        """The issuer whose key is in a file, which is made (mode 0600) when there is none.

        Raises:
            ValueError: the file holds something else.
            OSError: it cannot be read or written.
        """
        if not path.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            pem = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            write_private(path, pem)
            return cls(key, store)
        loaded = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{path}: not an elliptic curve key")
        return cls(loaded, store)

    def issue(
        self,
        namespace: str,
        service_account: str,
        audiences: Sequence[str] = (),
        seconds: int = 3600,
        *,
        pod: Object | None = None,
        secret: Object | None = None,
    ) -> str:
        """A token for a service account.

        Args:
            namespace: where the account is.
            service_account: its name.
            audiences: who shall accept it; the API server when empty.
            seconds: how long it counts.
            pod: the pod it dies with; the node is written into it too.
            secret: the secret it dies with.

        Raises:
            TokenError: there is no such service account.
        """
        account = self._store.get("serviceaccounts", namespace, service_account)
        if account is None:
            raise TokenError(f'serviceaccounts "{service_account}" not found')
        now = int(clock.time())
        bound = self._bound(account.object, pod, secret)
        claims: Object = {
            "aud": list(audiences) or [ISSUER],
            "exp": now + seconds,
            "iat": now,
            "iss": ISSUER,
            "jti": str(uuid.uuid4()),
            _CLAIM: bound,
            "nbf": now,
            "sub": f"{SERVICE_ACCOUNT_PREFIX}{namespace}:{service_account}",
        }
        return self._sign(claims)

    def _bound(self, account: Object, pod: Object | None, secret: Object | None) -> Object:
        """What has to exist for the token to count."""
        bound: Object = {"namespace": meta.namespace(account)}
        if pod is not None:
            node = meta.get_path(pod, "spec", "nodeName")
            if node:
                found = self._store.get("nodes", "", node)
                bound["node"] = {"name": node, "uid": meta.uid(found.object)} if found else {"name": node}
            bound["pod"] = _reference(pod)
        if secret is not None:
            bound["secret"] = _reference(secret)
        bound["serviceaccount"] = _reference(account)
        return bound

    def _sign(self, claims: Object) -> str:
        signed = f"{self._header}.{_encode_json(claims)}"
        r, s = decode_dss_signature(self._key.sign(signed.encode(), _ECDSA))
        return f"{signed}.{_encode(r.to_bytes(_HALF, 'big') + s.to_bytes(_HALF, 'big'))}"

    def configuration(self, keys: str) -> Object:
        """The OpenID discovery document of the issuer.

        Args:
            keys: the URL of `key_set`.
        """
        return {
            "issuer": ISSUER,
            "jwks_uri": keys,
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [_ALGORITHM],
        }

    def key_set(self) -> Object:
        """The public key as a JSON Web Key Set (RFC 7517)."""
        numbers = self._public.public_numbers()
        point = {"x": _encode(numbers.x.to_bytes(_HALF, "big")), "y": _encode(numbers.y.to_bytes(_HALF, "big"))}
        key = {"use": "sig", "kty": "EC", "kid": self.key_id, "crv": "P-256", "alg": _ALGORITHM}
        return {"keys": [key | point]}

    def verify(self, token: str, audiences: Sequence[str] = ()) -> tuple[User, list[str]]:
        """Who a token speaks for.

        Args:
            token: the JWT.
            audiences: those who would accept it; the API server when empty.

        Returns:
            The user, and those of the audiences that the token is for.

        Raises:
            TokenError: it is not ours, has expired, is for somebody else, or what it is bound to has gone.
        """
        claims = self._claims(token)
        now = clock.time()
        if now > claims["exp"] + _LEEWAY:
            raise TokenError("service account token has expired")
        if now < claims["nbf"] - _LEEWAY:
            raise TokenError("token is not valid yet")
        accepted = [audience for audience in audiences or (ISSUER,) if audience in claims["aud"]]
        if not accepted:
            held, wanted = (json.dumps(list(of)) for of in (claims["aud"], audiences or (ISSUER,)))
            raise TokenError(f"token audiences {held} is invalid for the target audiences {wanted}")
        return self._user(claims), accepted

    def _claims(self, token: str) -> Object:
        digest = hashlib.sha256(token.encode()).hexdigest()
        found = self._verified.get(digest)
        if found is None:
            found = self._verified[digest] = self._check_signature(token)
            if len(self._verified) > _CACHE:
                self._verified.popitem(last=False)
        return found

    def _check_signature(self, token: str) -> Object:
        try:
            head, body, signature = token.split(".")
            header, raw = _decode_json(head), _decode(signature)
            if header.get("alg") != _ALGORITHM or header.get("kid") != self.key_id or len(raw) != 2 * _HALF:
                raise TokenError("token was not signed by this cluster")
            r, s = int.from_bytes(raw[:_HALF], "big"), int.from_bytes(raw[_HALF:], "big")
            self._public.verify(encode_dss_signature(r, s), f"{head}.{body}".encode(), _ECDSA)
            claims = _decode_json(body)
        except (ValueError, InvalidSignature) as error:
            raise TokenError("invalid bearer token") from error
        if claims.get("iss") != ISSUER or not isinstance(claims.get(_CLAIM), dict):
            raise TokenError("token was not issued by this cluster")
        return claims

    def _user(self, claims: Object) -> User:
        bound = claims[_CLAIM]
        namespace, account = bound["namespace"], bound["serviceaccount"]
        self._must_exist("serviceaccounts", namespace, account, "service account")
        extra: dict[str, tuple[str, ...]] = {}
        if "jti" in claims:
            extra["authentication.kubernetes.io/credential-id"] = (f"JTI={claims['jti']}",)
        if "node" in bound:
            extra["authentication.kubernetes.io/node-name"] = (bound["node"]["name"],)
            if "uid" in bound["node"]:
                extra["authentication.kubernetes.io/node-uid"] = (bound["node"]["uid"],)
        if "pod" in bound:
            self._must_exist("pods", namespace, bound["pod"], "pod")
            extra["authentication.kubernetes.io/pod-name"] = (bound["pod"]["name"],)
            extra["authentication.kubernetes.io/pod-uid"] = (bound["pod"]["uid"],)
        if "secret" in bound:
            self._must_exist("secrets", namespace, bound["secret"], "secret")
        groups = (*service_account_groups(namespace), AUTHENTICATED)
        return User(claims["sub"], groups, account["uid"], extra)

    def _must_exist(self, collection: str, namespace: str, reference: Object, word: str) -> None:
        found = self._store.get(collection, namespace, reference["name"])
        if found is None or meta.uid(found.object) != reference["uid"]:
            raise TokenError(f"{word} {namespace}/{reference['name']} has been deleted")


def service_account_groups(namespace: str) -> tuple[str, str]:
    """The groups that every service account of a namespace is in."""
    return "system:serviceaccounts", f"system:serviceaccounts:{namespace}"


def _reference(obj: Object) -> Object:
    return {"name": meta.name(obj), "uid": meta.uid(obj)}


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _encode_json(value: Any) -> str:
    return _encode(orjson.dumps(value))


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _decode_json(text: str) -> Object:
    value = orjson.loads(_decode(text))
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value
