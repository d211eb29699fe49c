"""ingress-nginx's images on a cluster: the jobs make a certificate, and the controller carries requests to Services."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from yarl import URL

from liqolab.apimachinery.builtin import (
    CLUSTER_ROLE_BINDINGS,
    INGRESS_CLASSES,
    INGRESSES,
    JOBS,
    NAMESPACES,
    SECRETS,
    SERVICES,
    VALIDATING_WEBHOOKS,
)
from liqolab.apimachinery.errors import ApiError
from liqolab.certificates import self_signed
from liqolab.controller.tls import unverified_tls
from liqolab.kube.node.fetch import Answer, exchange
from tests.node.conftest import Lab, Object

pytestmark = pytest.mark.asyncio(loop_scope="session")

_IMAGES = "registry.k8s.io/ingress-nginx"
_CONTROLLER = "lab.test/ingress-nginx"
_WEBHOOK = "ingress-test"


def _path(path: str, service: str = "web", type: str = "Prefix", port: Object | None = None) -> Object:
    backend = {"service": {"name": service, "port": port or {"number": 80}}}
    return {"path": path, "pathType": type, "backend": backend}


def _rule(host: str, *paths: Object) -> Object:
    return {"http": {"paths": list(paths)}} | ({"host": host} if host else {})


async def _job(lab: Lab, name: str, *args: str) -> None:
    container = {"name": "c", "image": f"{_IMAGES}/kube-webhook-certgen:v1.6.9@sha256:{'0' * 64}", "args": list(args)}
    template = {"spec": {"restartPolicy": "OnFailure", "serviceAccountName": "default", "containers": [container]}}
    await lab.create(JOBS, JOBS.manifest(name, spec={"template": template}))
    await lab.until(name, lambda job: job["status"].get("succeeded") == 1, JOBS)


async def _controller(lab: Lab) -> str:
    """The address of a controller that is ready."""
    args = (
        *("--ingress-class=test", f"--controller-class={_CONTROLLER}", "--publish-status-address=localhost"),
        *("--validating-webhook=:8443", "--validating-webhook-certificate=/certs/cert"),
        "--validating-webhook-key=/certs/key",
    )
    container = {
        "image": f"{_IMAGES}/controller:v1.15.1",
        "args": ["/nginx-ingress-controller", *args],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 10254}, "periodSeconds": 1},
        "volumeMounts": [{"name": "certs", "mountPath": "/certs"}],
    }
    volumes = [{"name": "certs", "secret": {"secretName": "admission"}}]
    await lab.pod("controller", container, volumes=volumes)
    return str((await lab.ready("controller"))["status"]["podIP"])


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def ingress(running: Lab) -> AsyncIterator[tuple[Lab, str]]:
    """A namespace with a controller and the Services `web` and `api`; and the controller's address."""
    lab = Lab(running.folder, running.cluster, running.client, "ingress")
    await lab.client.create(NAMESPACES, NAMESPACES.manifest(lab.namespace))
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": lab.namespace}
    await lab.client.create(
        CLUSTER_ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS.manifest(_WEBHOOK) | {"roleRef": role, "subjects": [subject]}
    )
    await lab.client.create(INGRESS_CLASSES, INGRESS_CLASSES.manifest("test", spec={"controller": _CONTROLLER}))
    for name in ("web", "api"):
        await lab.pod(name, {"image": "hashicorp/http-echo", "args": [f"-text={name}"]})
        ports = [{"name": "http", "port": 80, "targetPort": 5678}]
        await lab.create(SERVICES, SERVICES.manifest(name, spec={"selector": {"app": name}, "ports": ports}))
        await lab.ready(name)
    await lab.create(SERVICES, SERVICES.manifest("hollow", spec={"selector": {"app": "none"}, "ports": [{"port": 80}]}))
    space = f"--namespace={lab.namespace}"
    await _job(lab, "create", "create", f"--host=webhook,webhook.{lab.namespace}.svc", space, "--secret-name=admission")
    address = await _controller(lab)
    yield lab, address
    await lab.client.delete(NAMESPACES, lab.namespace)
    await lab.client.delete(VALIDATING_WEBHOOKS, _WEBHOOK)
    await lab.client.delete(CLUSTER_ROLE_BINDINGS, _WEBHOOK)


async def ask(lab: Lab, address: str, host: str, path: str, scheme: str = "http") -> Answer:
    url = URL(f"{scheme}://{host or 'unnamed'}{path}")
    return await exchange(await lab.cluster.fabric.dial(address, url.port or 80), url, [("Host", host or "unnamed")])


async def made(lab: Lab, name: str, spec: Object, **annotations: str) -> None:
    """Make an Ingress, and wait until the controller has written where it is served."""
    notes = {f"nginx.ingress.kubernetes.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
    body = INGRESSES.manifest(name, annotations=notes, spec={"ingressClassName": "test"} | spec)
    await lab.create(INGRESSES, body)
    await lab.until(
        name, lambda each: bool((each.get("status") or {}).get("loadBalancer", {}).get("ingress")), INGRESSES
    )


async def test_requests_go_by_host_and_path(ingress: tuple[Lab, str]) -> None:
    lab, address = ingress
    paths = (
        _path("/"),
        _path("/api", "api"),
        _path("/only", "api", "Exact"),
        _path("/named", "api", port={"name": "http"}),
        _path("/hollow", "hollow"),
        _path("/nothing", "nothing"),
    )
    await made(lab, "hosts", {"rules": [_rule("a.test", *paths), _rule("*.b.test", _path("/x", "api"))]})
    expected = {
        ("a.test", "/"): (200, "web\n"),
        ("A.test", "/else"): (200, "web\n"),
        ("a.test", "/api"): (200, "api\n"),
        ("a.test", "/api/deeper?q=1"): (200, "api\n"),
        ("a.test", "/apiary"): (200, "web\n"),
        ("a.test", "/only"): (200, "api\n"),
        ("a.test", "/only/"): (200, "web\n"),
        ("a.test", "/named"): (200, "api\n"),
        ("a.test", "/hollow"): (503, ""),
        ("a.test", "/nothing"): (503, ""),
        ("one.b.test", "/x"): (200, "api\n"),
        ("one.b.test", "/"): (404, ""),
        ("b.test", "/x"): (404, ""),
        ("", "/"): (404, ""),
    }
    found: dict[tuple[str, str], Any] = {}
    for host, path in expected:
        answer = await ask(lab, address, host, path)
        found[host, path] = (answer.status, answer.body.decode() if answer.status == 200 else "")
    assert found == expected
    page = (await ask(lab, address, "", "/")).body.decode()
    assert page.startswith("<html>\r\n<head><title>404 Not Found</title></head>\r\n")
    assert "<hr><center>nginx</center>" in page


async def test_a_default_backend_takes_what_nothing_else_does(ingress: tuple[Lab, str]) -> None:
    lab, address = ingress
    backend = _path("/", "api")["backend"]
    await made(lab, "default", {"defaultBackend": backend})
    assert (await ask(lab, address, "", "/")).body == b"api\n"
    await lab.client.delete(INGRESSES, "default", lab.namespace)


async def test_paths_are_rewritten(ingress: tuple[Lab, str]) -> None:
    lab, address = ingress
    rules = [_rule("r.test", _path("/v1(/|$)(.*)", "api", "ImplementationSpecific"))]
    await made(lab, "rewritten", {"rules": rules}, rewrite_target="/$2")
    assert (await ask(lab, address, "r.test", "/v1/x")).body == b"api\n"
    assert (await ask(lab, address, "r.test", "/v2/x")).status == 404


async def test_tls_has_the_certificate_of_the_host_and_redirects(ingress: tuple[Lab, str]) -> None:
    lab, address = ingress
    pair = self_signed("tls.test")
    data = {"tls.crt": pair.certificate, "tls.key": pair.key}
    encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    await lab.create(SECRETS, SECRETS.manifest("pair") | {"type": "kubernetes.io/tls", "data": encoded})
    tls = [{"hosts": ["tls.test"], "secretName": "pair"}]
    await made(lab, "tls", {"rules": [_rule("tls.test", _path("/"))], "tls": tls})
    plain = await ask(lab, address, "tls.test", "/a?b=c")
    assert (plain.status, plain.header("Location")) == (308, "https://tls.test/a?b=c")
    assert (await ask(lab, address, "tls.test", "/", "https")).body == b"web\n"
    names = {}
    for host in ("tls.test", "other.test"):
        connected = await lab.cluster.fabric.dial(address, 443)
        _, writer = await asyncio.open_connection(sock=connected, ssl=unverified_tls(), server_hostname=host)
        certificate = x509.load_der_x509_certificate(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
        names[host] = certificate.subject.rfc4514_string()
        writer.close()
    assert names == {"tls.test": "CN=tls.test", "other.test": "CN=Kubernetes Ingress Controller Fake Certificate"}


async def test_ingresses_of_others_are_left_alone(ingress: tuple[Lab, str]) -> None:
    lab, address = ingress
    body = INGRESSES.manifest("foreign", spec={"ingressClassName": "else", "rules": [_rule("f.test", _path("/"))]})
    await lab.create(INGRESSES, body)
    await made(lab, "own", {"rules": [_rule("o.test", _path("/"))]})
    assert (await ask(lab, address, "f.test", "/")).status == 404
    foreign = await lab.client.get(INGRESSES, "foreign", lab.namespace)
    assert not (foreign.get("status") or {}).get("loadBalancer", {}).get("ingress")


async def test_the_webhook_refuses_a_path_that_is_taken(ingress: tuple[Lab, str]) -> None:
    lab, _ = ingress
    ports = [{"port": 443, "targetPort": 8443}]
    await lab.create(SERVICES, SERVICES.manifest("webhook", spec={"selector": {"app": "controller"}, "ports": ports}))
    rules = [{"apiGroups": ["networking.k8s.io"], "apiVersions": ["v1"], "operations": ["CREATE"]}]
    webhook = {
        "name": "validate.ingress.test",
        "rules": [rules[0] | {"resources": ["ingresses"]}],
        "clientConfig": {
            "service": {"name": "webhook", "namespace": lab.namespace, "path": "/networking/v1/ingresses"}
        },
        "failurePolicy": "Ignore",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    await lab.client.create(VALIDATING_WEBHOOKS, VALIDATING_WEBHOOKS.manifest(_WEBHOOK) | {"webhooks": [webhook]})
    flags = (f"--namespace={lab.namespace}", f"--webhook-name={_WEBHOOK}", "--patch-failure-policy=Fail")
    await _job(lab, "patch", "patch", *flags, "--patch-mutating=false", "--secret-name=admission")
    await made(lab, "first", {"rules": [_rule("w.test", _path("/"))]})
    with pytest.raises(ApiError) as caught:
        await made(lab, "second", {"rules": [_rule("w.test", _path("/"))]})
    message = f'host "w.test" and path "/" is already defined in ingress {lab.namespace}/first'
    assert str(caught.value.message).endswith(message)
