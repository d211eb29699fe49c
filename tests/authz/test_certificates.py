"""Certificate signing requests: asked, approved, signed, and used to come in."""

from __future__ import annotations

import base64
import ssl
import uuid
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from liqolab.apimachinery.errors import ApiError
from liqolab.certificates import private_pem, signing_request
from liqolab.kube.access.authz import AUTHENTICATED, Authorizer, Decision, User
from liqolab.kube.access.rbac_rules import Request, Rule
from liqolab.kube.access.tokens import TokenIssuer
from liqolab.kube.admission.chain import AdmissionChain
from liqolab.kube.api.backends import Backends
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.subresources import call_subresource
from liqolab.kube.kinds.builtin import BUILTIN
from liqolab.kube.kinds.registry import Registry
from liqolab.kube.store.store import Store

CSR = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
SIGNER = "kubernetes.io/kube-apiserver-client"
Key = ec.EllipticCurvePrivateKey


def request(name: str, organisation: str = "dev", signer: str = SIGNER) -> tuple[dict[str, Any], Key]:
    key = ec.generate_private_key(ec.SECP256R1())
    spec = {
        "request": base64.b64encode(signing_request(key, name, [organisation])).decode(),
        "signerName": signer,
        "usages": ["client auth"],
        "username": "forged",
    }
    return {"metadata": {"name": name}, "spec": spec}, key


@pytest.fixture
def name() -> str:
    return f"csr-{uuid.uuid4().hex[:8]}"


def decision(kind: str = "Approved") -> dict[str, Any]:
    return {"type": kind, "status": "True", "reason": "Test", "message": "for a test"}


async def test_the_requester_is_written_down_by_the_server(api: Any, name: str) -> None:
    body, _ = request(name)
    made = await api("POST", CSR, body, headers={"Impersonate-User": "eve"}, code=403)
    made = await api("POST", CSR, body, code=201)
    assert made["spec"]["username"] != "forged"
    assert "system:masters" in made["spec"]["groups"]
    table = await api("GET", f"{CSR}/{name}", accept="application/json;as=Table;v=v1;g=meta.k8s.io", code=200)
    assert table["rows"][0]["cells"][-1] == "Pending"
    await api("DELETE", f"{CSR}/{name}", code=200)


async def test_approved_request_becomes_a_credential(api: Any, name: str, tmp_path: Path) -> None:
    body, key = request(name)
    made = await api("POST", CSR, body, code=201)
    made["status"] = {"conditions": [decision()], "certificate": "Zm9yZ2Vk"}
    approved = await api("PUT", f"{CSR}/{name}/approval", made, code=200)
    assert "certificate" not in approved["status"]
    async for event in api.lines(f"{CSR}?watch=1&fieldSelector=metadata.name%3D{name}&timeoutSeconds=20"):
        if event["object"].get("status", {}).get("certificate"):
            issued = base64.b64decode(event["object"]["status"]["certificate"])
            break
    (tmp_path / "crt").write_bytes(issued)
    (tmp_path / "key").write_bytes(private_pem(key))
    tls = ssl.create_default_context(cadata=_authority(api))
    tls.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    user = (await api("POST", path, {}, tls=tls, code=201))["status"]["userInfo"]
    assert (user["username"], user["groups"]) == (name, ["dev", "system:authenticated"])
    await api("GET", "/api/v1/nodes", tls=tls, code=403)
    await api("DELETE", f"{CSR}/{name}", code=200)


def _authority(api: Any) -> str:
    (der,) = api.anonymous_tls.get_ca_certs(binary_form=True)
    return ssl.DER_cert_to_PEM_cert(der)


async def test_nobody_becomes_an_administrator_by_asking(api: Any, name: str) -> None:
    body, _ = request(name, "system:masters")
    answer = await api("POST", CSR, body, code=403)
    assert answer["message"].endswith(f"use of {SIGNER} signer with system:masters group is not allowed")


async def test_approval_is_one_decision_by_those_who_may(api: Any, name: str) -> None:
    made = await api("POST", CSR, request(name, signer="example.com/mine")[0], code=201)
    path = f"{CSR}/{name}/approval"
    both = {**made, "status": {"conditions": [decision(), decision("Denied")]}}
    await api("PUT", path, both, code=422)
    change = {"status": {"conditions": [decision()]}}
    role = {
        "metadata": {"name": name},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "patch", "update"]}],
    }
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    await api("POST", f"{rbac}/clusterroles", role, code=201)
    binding = {
        "metadata": {"name": name},
        "subjects": [{"kind": "User", "name": name}],
        "roleRef": {"kind": "ClusterRole", "name": name},
    }
    await api("POST", f"{rbac}/clusterrolebindings", binding, code=201)
    headers = {"Impersonate-User": name}
    merge = "application/merge-patch+json"
    answer = await api("PATCH", path, change, type=merge, headers=headers, code=403)
    assert answer["message"].endswith('user not permitted to approve requests with signerName "example.com/mine"')
    real = ssl.DER_cert_to_PEM_cert(api.tls.get_ca_certs(binary_form=True)[0])
    forged = {"status": {"certificate": base64.b64encode(real.encode()).decode()}}
    await api("PATCH", f"{CSR}/{name}/status", forged, type=merge, headers=headers, code=403)
    await api("PATCH", path, change, type=merge, code=200)
    answer = await api("PATCH", path, {"status": {"conditions": []}}, type=merge, code=422)
    assert "may not remove a condition" in answer["message"]
    for kind in ("clusterroles", "clusterrolebindings"):
        await api("DELETE", f"{rbac}/{kind}/{name}", code=200)
    await api("DELETE", f"{CSR}/{name}", code=200)


class Everything(Authorizer):
    """Lets everybody do everything, but approve for the given signers only: an authorizer without roles."""

    def __init__(self, *signers: str) -> None:
        self._signers = signers

    def decide(self, user: User, request: Request) -> Decision:
        return Decision(request.verb != "approve" or request.name in self._signers)

    def rules_for(self, user: User, namespace: str) -> list[Rule]:
        return []

    def role_rules(self, kind: str, name: str, namespace: str) -> None:
        return None


@pytest.mark.parametrize(
    ("signers", "refused"), [((), True), (("example.com/mine",), False), (("example.com/*",), False)]
)
async def test_every_authorizer_is_asked_about_the_signer(
    tmp_path: Path, signers: tuple[str, ...], refused: bool
) -> None:
    async def dial(host: str, port: int) -> Any:
        raise ConnectionRefusedError

    store, registry, authorizer = Store.open(tmp_path / "store.db"), Registry(BUILTIN), Everything(*signers)
    admission = AdmissionChain(store, registry, authorizer, service_cidr="10.90.0.0/16", dial=dial)
    backends = Backends(dial, ssl.create_default_context())
    tokens = TokenIssuer(ec.generate_private_key(ec.SECP256R1()), store)
    pipeline = Pipeline(store, registry, authorizer, admission, tokens, backends)
    spec = registry.lookup("certificates.k8s.io", "v1", "certificatesigningrequests")
    assert spec is not None
    user = User("eve", (AUTHENTICATED,))
    try:
        await pipeline.create(ResourceRequest(user, "create", spec, body=request("csr", signer="example.com/mine")[0]))
        approve = ResourceRequest(
            *(user, "patch", spec, "", "csr", "approval"),
            body={"status": {"conditions": [decision()]}},
            patch_type="merge",
        )
        if refused:
            with pytest.raises(ApiError, match="not permitted to approve requests with signerName"):
                await call_subresource(pipeline, approve)
        else:
            answer = await call_subresource(pipeline, approve)
            assert isinstance(answer, dict)
            assert [row["type"] for row in answer["status"]["conditions"]] == ["Approved"]
    finally:
        await backends.close()
        await admission.close()
        store.close()


async def test_nonsense_is_refused(api: Any, name: str) -> None:
    spec = {"request": "LS0t", "signerName": "a.b/c", "usages": ["client auth"]}
    answer = await api("POST", CSR, {"metadata": {"name": name}, "spec": spec}, code=422)
    assert answer["details"]["causes"] == [
        {
            "reason": "FieldValueInvalid",
            "message": 'Invalid value: "LS0t": PEM block type must be CERTIFICATE REQUEST',
            "field": "spec.request",
        }
    ]
