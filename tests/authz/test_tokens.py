"""Service account tokens: who they speak for, and when they stop."""

from __future__ import annotations

import base64
import json
from typing import Any

PODS = "/api/v1/namespaces/{}/pods"


async def issue(api: Any, namespace: str, account: str = "default", **spec: Any) -> str:
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    answer = await api("POST", path, {"spec": spec}, code=201)
    assert answer["kind"] == "TokenRequest"
    assert answer["status"]["expirationTimestamp"].endswith("Z")
    token: str = answer["status"]["token"]
    return token


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return decoded


async def whoami(api: Any, token: str, code: int = 201) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    return await api("POST", path, {}, headers=headers, tls=api.anonymous_tls, code=code)


async def test_a_token_is_its_account(api: Any, namespace: str) -> None:
    token = await issue(api, namespace)
    user = (await whoami(api, token))["status"]["userInfo"]
    assert user["username"] == f"system:serviceaccount:{namespace}:default"
    assert user["groups"] == [
        "system:serviceaccounts",
        f"system:serviceaccounts:{namespace}",
        "system:authenticated",
    ]
    said = claims(token)
    assert said["sub"] == user["username"]
    assert said["kubernetes.io"]["namespace"] == namespace
    assert said["exp"] - said["iat"] == 3600
    review = await api("POST", "/apis/authentication.k8s.io/v1/tokenreviews", {"spec": {"token": token}}, code=201)
    assert review["status"]["authenticated"] is True
    assert review["status"]["user"]["uid"] == user["uid"]


async def test_a_token_for_others_does_not_open_this_door(api: Any, namespace: str) -> None:
    token = await issue(api, namespace, audiences=["vault"])
    await whoami(api, token, code=401)
    asked = {"spec": {"token": token, "audiences": ["vault", "other"]}}
    review = await api("POST", "/apis/authentication.k8s.io/v1/tokenreviews", asked, code=201)
    assert review["status"]["audiences"] == ["vault"]


async def test_a_changed_token_is_refused(api: Any, namespace: str) -> None:
    head, body, signature = (await issue(api, namespace)).split(".")
    forged = claims(f"{head}.{body}.x") | {"sub": "system:serviceaccount:kube-system:default"}
    other = base64.urlsafe_b64encode(json.dumps(forged).encode()).rstrip(b"=").decode()
    await whoami(api, f"{head}.{other}.{signature}", code=401)
    nothing = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    await whoami(api, f"{nothing}.{other}.", code=401)


async def test_a_token_dies_with_its_account(api: Any, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    await api("POST", path, {"metadata": {"name": "robot"}}, code=201)
    token = await issue(api, namespace, "robot")
    await whoami(api, token)
    await api("DELETE", f"{path}/robot", code=200)
    await whoami(api, token, code=401)
    await api("POST", path, {"metadata": {"name": "robot"}}, code=201)
    await whoami(api, token, code=401)


async def test_a_token_dies_with_its_pod(api: Any, namespace: str) -> None:
    spec = {"containers": [{"name": "c", "image": "nginx"}], "schedulerName": "nobody"}
    pod = await api("POST", PODS.format(namespace), {"metadata": {"name": "p"}, "spec": spec}, code=201)
    bound = {"kind": "Pod", "apiVersion": "v1", "name": "p", "uid": pod["metadata"]["uid"]}
    token = await issue(api, namespace, boundObjectRef=bound)
    assert claims(token)["kubernetes.io"]["pod"] == {"name": "p", "uid": pod["metadata"]["uid"]}
    await whoami(api, token)
    await api("DELETE", PODS.format(namespace) + "/p", code=200)
    await whoami(api, token, code=401)


async def test_requests_that_make_no_sense(api: Any, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token"
    answer = await api("POST", path, {"spec": {"expirationSeconds": 10}}, code=422)
    assert answer["message"] == (
        'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 10: may not specify '
        "a duration less than 10 minutes"
    )
    await api("POST", path.replace("default", "nobody"), {"spec": {}}, code=404)
    missing = {"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "none"}}
    await api("POST", path, {"spec": missing}, code=404)
    review = await api("POST", "/apis/authentication.k8s.io/v1/tokenreviews", {"spec": {"token": "abc"}}, code=201)
    assert review["status"] == {"user": {}, "error": "invalid bearer token"}
