"""The API server as an HTTP server: which paths and methods there are, what may be asked, in which form it answers.

What is expected here was seen at a real control plane 1.34.4.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api_server import Api

MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
JSON_PATCH, APPLY = "application/json-patch+json", "application/apply-patch+yaml"
META = "v=v1;g=meta.k8s.io"

MAPS = "/api/v1/namespaces/default/configmaps"
ROOT_CA = f"{MAPS}/kube-root-ca.crt"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

NOT_ALLOWED = "the server does not allow this method on the requested resource"
NOT_FOUND = "the server could not find the requested resource"
NO_PAGE = "404 page not found\n"


@pytest.mark.parametrize(
    ("methods", "path", "code", "message"),
    [
        ("PUT PATCH OPTIONS", MAPS, 405, NOT_ALLOWED),
        ("POST OPTIONS", ROOT_CA, 405, NOT_ALLOWED),
        ("POST DELETE", f"{MAPS.replace('configmaps', 'pods')}/x/status", 405, NOT_ALLOWED),
        ("POST DELETE", "/api/v1/configmaps", 405, NOT_ALLOWED),
        ("GET PUT PATCH DELETE POST", "/api/v1/configmaps/x", 404, NOT_FOUND),
        ("GET PUT POST", f"{ROOT_CA}/nothing", 404, NOT_FOUND),
        ("GET PUT", "/apis/apps/v1/namespaces/default/deployments/x/scale/more", 404, NOT_FOUND),
        ("GET POST", "/api/v1/namespaces/default/nodes", 404, NOT_FOUND),
        ("GET POST", "/api/v1/bindings", 404, NOT_FOUND),
        ("GET", "/api/v2", 404, NOT_FOUND),
        ("GET", "/apis/apps/v9/deployments", 404, NOT_FOUND),
        ("GET", f"{MAPS}/a%2fb", 404, NOT_FOUND),
        ("GET", f"{MAPS}/a%25b", 400, "Name parameter invalid: \"a%b\": may not contain '%'"),
        ("POST PUT DELETE", "/api", 405, NOT_ALLOWED),
        ("POST PUT DELETE", "/apis/apps/v1", 405, NOT_ALLOWED),
        ("POST", "/version", 405, NOT_ALLOWED),
        ("GET POST", "/nowhere", 404, NO_PAGE),
        ("GET", "/apis/nobody.example.com/v1/things", 404, NO_PAGE),
        ("GET", "/healthz/", 404, NO_PAGE),
        ("POST", f"{MAPS.replace('configmaps', 'pods')}/x/exec?dryRun=All", 400, "dryRun is not supported"),
    ],
)
async def test_methods_and_paths(api: Api, methods: str, path: str, code: int, message: str) -> None:
    for method in methods.split():
        body: Any = {} if method in ("POST", "PUT", "PATCH") else None
        answer = await api(method, path, body, type=MERGE if method == "PATCH" else "application/json", code=code)
        assert (answer if isinstance(answer, str) else answer["message"]) == message


@pytest.mark.parametrize(
    ("wait", "problem"),
    [
        ("invalid", 'invalid duration "invalid"'),
        ("32", 'missing unit in duration "32"'),
        ("3m", ""),
        ("0s", ""),
        ("-1.5s", ""),
        ("", ""),
    ],
)
async def test_how_long_a_client_would_wait(api: Api, wait: str, problem: str) -> None:
    for path in (MAPS, ROOT_CA, "/apis", "/version"):
        answer = await api("GET", f"{path}?timeout={wait}", code=400 if problem else 200)
        if problem:
            assert answer["message"] == f"invalid timeout specified in the request URL - time: {problem}"
    await api("GET", f"{MAPS}?watch=1&timeoutSeconds=1&timeout={wait}", code=200)


async def test_head_is_for_pages_and_custom_kinds(api: Api) -> None:
    for path, code in ((ROOT_CA, 405), (MAPS, 405), ("/api", 405), ("/", 200), ("/healthz", 200), ("/openapi/v2", 200)):
        await api("HEAD", path, code=code)


async def test_whoever_may_not_ask_is_not_told_what_there_is(api: Api) -> None:
    headers = {"Impersonate-User": "nobody-in-particular"}
    for method, path in (("GET", "/api/v1/nothings"), ("PUT", MAPS), ("POST", MAPS)):
        answer = await api(method, path, "{" if method != "GET" else None, headers=headers, code=403)
        assert answer["message"].startswith(f'{path.rpartition("/")[2]} is forbidden: User "nobody-in-particular"')


LIST = 'ListOptions.meta.k8s.io "" is invalid: '
RANGE, SYNTAX = "value out of range", "invalid syntax"
TOO_LONG = "fieldManager: Too long: may not be more than 128 bytes"


def parse_error(kind: str, text: str, why: str) -> str:
    return f'strconv.Parse{kind}: parsing "{text}": {why}'


def version_error(text: str, why: str = SYNTAX) -> str:
    return f'resourceVersion: Invalid value: "{text}": {parse_error("Uint", text, why)}'


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("resourceVersion=abc", 400, f"invalid resource version: {version_error('abc')}"),
        ("resourceVersion=-1", 400, f"invalid resource version: {version_error('-1')}"),
        ("resourceVersion=" + "9" * 20, 400, f"invalid resource version: {version_error('9' * 20, RANGE)}"),
        ("watch=1&resourceVersion=abc", 500, version_error("abc")),
        ("limit=x", 400, parse_error("Int", "x", SYNTAX)),
        ("limit=", 400, parse_error("Int", "", SYNTAX)),
        ("timeoutSeconds=" + "9" * 20, 400, parse_error("Int", "9" * 20, RANGE)),
        (
            "resourceVersionMatch=exact&sendInitialEvents=",
            422,
            f"{LIST}[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is "
            'provided, resourceVersionMatch: Unsupported value: "exact": supported values: "Exact", "NotOlderThan", "",'
            " sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list]",
        ),
        (
            "watch=1&resourceVersionMatch=Exact",
            422,
            f"{LIST}[resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless "
            'sendInitialEvents is provided, resourceVersionMatch: Unsupported value: "Exact": supported values: '
            '"NotOlderThan"]',
        ),
        ("continue=!!", 400, "invalid continue token: continue key is not valid: illegal base64 data at input byte 0"),
        (
            "continue=W10",
            400,
            "invalid continue token: continue key is not valid: json: cannot unmarshal array into Go value of type "
            "storage.continueToken",
        ),
        (
            "continue=e30",
            400,
            "invalid continue token: continue key is not valid: server does not recognize this encoded version ",
        ),
        (
            "resourceVersion=1&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhXHUwMDAwIn0",
            400,
            "specifying resource version is not allowed when using continue",
        ),
        (
            "fieldSelector=spec.x=1,foo=2",
            400,
            '"foo" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
    ],
)
async def test_questions_that_a_list_refuses(api: Api, query: str, code: int, message: str) -> None:
    assert (await api("GET", f"{MAPS}?{query}", code=code))["message"] == message


async def test_an_object_of_a_revision_that_is_none(api: Api) -> None:
    assert (await api("GET", f"{ROOT_CA}?resourceVersion=abc", code=500))["message"] == version_error("abc")
    answer = await api("GET", f"{ROOT_CA}?resourceVersion=99999999", code=504)
    assert answer["details"]["causes"] == [
        {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    ]


@pytest.mark.parametrize(
    ("method", "query", "type", "kind", "errors"),
    [
        ("POST", "dryRun=", "", "Create", ['dryRun: Unsupported value: [""]: supported values: "All"']),
        ("POST", "fieldManager=" + "m" * 129, "", "Create", [TOO_LONG]),
        (
            "PUT",
            "fieldManager=a%00b&fieldValidation=strict",
            "",
            "Update",
            [
                'fieldManager: Invalid value: "a\\x00b": invalid character U+0000 (at position 1)',
                'fieldValidation: Unsupported value: "strict": supported values: "", "Ignore", "Strict", "Warn"',
            ],
        ),
        ("PATCH", "force=", MERGE, "Patch", ["force: Forbidden: may not be specified for non-apply patch"]),
        (
            "PATCH",
            "dryRun=x",
            APPLY,
            "Patch",
            [
                "fieldManager: Required value: is required for apply patch",
                'dryRun: Unsupported value: ["x"]: supported values: "All"',
            ],
        ),
        (
            "DELETE",
            "propagationPolicy=&orphanDependents=false",
            "",
            "Delete",
            [
                'propagationPolicy: Invalid value: "": orphanDependents and deletionPropagation cannot be both set',
                'propagationPolicy: Unsupported value: "": supported values: "Foreground", "Background", "Orphan", '
                '"nil"',
            ],
        ),
    ],
)
async def test_options_of_writes_are_refused_together(
    api: Api, method: str, query: str, type: str, kind: str, errors: list[str]
) -> None:
    body = None if method == "DELETE" else {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    answer = await api(method, f"{MAPS}{'' if method == 'POST' else '/x'}?{query}", body, type=type, code=422)
    told = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
    assert answer["message"] == f'{kind}Options.meta.k8s.io "" is invalid: {told}'


async def test_a_body_of_a_deletion_wins_over_the_query(api: Api, namespace: str) -> None:
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    await api("POST", maps, {"metadata": {"name": "a"}}, code=201)
    await api("DELETE", f"{maps}/a?gracePeriodSeconds=x", {"dryRun": ["All"]}, code=200)
    await api("DELETE", f"{maps}/a?dryRun=All", {"kind": "DeleteOptions"}, code=200)
    await api("GET", f"{maps}/a", code=404)
    for body, message in (
        ("{", "couldn't get version/kind; json parse error: unexpected end of JSON input"),
        ({"apiVersion": "v1", "kind": "Pod"}, 'no kind "Pod" is registered for version "v1" in scheme '),
    ):
        assert (await api("DELETE", f"{maps}/a", body, code=500))["message"].startswith(message)


HEAD = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
UNRECOGNIZED = "the object provided is unrecognized (must be of type ConfigMap): "
PARSE = f"{UNRECOGNIZED}couldn't get version/kind; json parse error: "
HANDLED = 'in version "v1" cannot be handled as a ConfigMap: '
UNNAMED = "the name of the object (kube-root-ca.crt based on URL) was undeterminable: name must be provided"


@pytest.mark.parametrize(
    ("method", "type", "body", "message"),
    [
        ("POST", "", "", f"{PARSE}unexpected end of JSON input (<empty>)"),
        ("POST", "", "[]", f"{PARSE}json: cannot unmarshal array into Go value of type {HEAD} (5b5d)"),
        ("POST", "", "a: b", f"{PARSE}invalid character 'a' looking for beginning of value (613a2062)"),
        ("POST", "", '{"a":1}x', f"{PARSE}invalid character 'x' after top-level value ({{\"a\":1}}x)"),
        ("POST", "", '{"a":1,}', f"{PARSE}invalid character '}}' looking for beginning of object key string "),
        ("POST", "", '{"kind":1}', f"{PARSE}json: cannot unmarshal number into Go struct field .kind of type string "),
        ("POST", "", '{"apiVersion":"a/b/c"}', f"{UNRECOGNIZED}unexpected GroupVersion string: a/b/c "),
        ("POST", "", '{"kind":"Foo","apiVersion":"v1"}', f'Foo {HANDLED}no kind "Foo" is registered for version "v1"'),
        ("POST", "", '{"metadata":[]}', f"ConfigMap {HANDLED}json: cannot unmarshal array into Go struct field "),
        ("POST", "application/yaml", "a: [", f"{UNRECOGNIZED}yaml: line 1: did not find expected node content "),
        ("PUT", "", "{}", UNNAMED),
        ("PUT", "", "null", UNNAMED),
        ("PATCH", MERGE, "[1]", "error decoding patch: json: cannot unmarshal array into Go value of type map"),
        ("PATCH", MERGE, "{", "error decoding patch: unexpected end of JSON input"),
        ("PATCH", MERGE, "null", "Invalid JSON Patch"),
        ("PATCH", MERGE, '{"metadata":null}', UNNAMED),
        ("PATCH", STRATEGIC, "[1]", "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        ("PATCH", JSON_PATCH, "{}", "error decoding patch: json: cannot unmarshal object into Go value of type []han"),
        ("PATCH", JSON_PATCH, "[1]", "error decoding patch: json: cannot unmarshal number into Go value of type han"),
        ("PATCH", APPLY, "{}", "invalid object type: /, Kind="),
        ("PATCH", APPLY, '{"kind":"Foo","apiVersion":"v1"}', "invalid object type: /v1, Kind=Foo"),
    ],
)
async def test_bodies_that_are_none(api: Api, method: str, type: str, body: str, message: str) -> None:
    path = MAPS if method == "POST" else ROOT_CA
    answer = await api(method, f"{path}?dryRun=All&fieldManager=m", body, type=type or "application/json", code=400)
    assert answer["reason"] == "BadRequest" and answer["message"].startswith(message)


@pytest.mark.parametrize(
    ("type", "body", "why"),
    [
        (STRATEGIC, {"metadata": {"labels": []}}, '"map[metadata:map[labels:[]]]": cannot restore map from slice'),
        (
            MERGE,
            {"data": 1},
            "json: cannot unmarshal number into Go struct field ConfigMap.data of type map[string]str",
        ),
        (MERGE, {"kind": "Foo"}, 'no kind "Foo" is registered for version "v1" in scheme "pkg/runtime/scheme.go:110"'),
    ],
)
async def test_a_patch_is_to_blame_for_what_it_leaves(api: Api, type: str, body: Any, why: str) -> None:
    answer = await api("PATCH", f"{ROOT_CA}?dryRun=All", body, type=type, code=422)
    assert answer["details"]["causes"][0]["field"] == "patch" and why in answer["message"]


FIRST_COMES_THE_FORM = [
    ("POST", MAPS, {"Content-Type": "text/plain"}, 415, "the body of the request was in an unknown format - "),
    ("POST", MAPS, {"Content-Type": MERGE}, 415, "the body of the request was in an unknown format - accepted media "),
    ("PATCH", ROOT_CA, {"Content-Type": "application/json"}, 415, "415: Unsupported Media Type"),
    ("GET", ROOT_CA, {"Accept": "text/plain"}, 406, "406: Not Acceptable\n\nAvailable representations: application/j"),
    ("GET", ROOT_CA, {"Accept": f"application/json;as=Table;{META[:3]}9;g=meta.k8s.io"}, 406, "only the following med"),
    (
        "GET",
        ROOT_CA,
        {"Accept": f"application/json;as=PartialObjectMetadataList;{META}"},
        406,
        "you requested PartialO",
    ),
    ("GET", MAPS, {"Accept": f"application/json;as=PartialObjectMetadata;{META}"}, 406, "you requested PartialObjectM"),
    ("GET", f"{MAPS}?watch=1", {"Accept": "application/cbor, */*;stream=x"}, 406, "only the following media types are"),
    ("POST", REVIEWS, {"Accept": f"application/json;as=Table;{META}"}, 406, "only the following media types are accep"),
    ("GET", "/api", {"Accept": "text/plain"}, 406, "406: Not Acceptable"),
    ("GET", "/openid/v1/jwks", {"Accept": "application/json"}, 406, "406: Not Acceptable\n\nAvailable representation"),
]


@pytest.mark.parametrize(("method", "path", "headers", "code", "message"), FIRST_COMES_THE_FORM)
async def test_forms(api: Api, method: str, path: str, headers: dict[str, str], code: int, message: str) -> None:
    answer = await api(method, path, None if method == "GET" else "{}", headers=headers, code=code)
    assert answer["message"].startswith(message)


async def test_reviews_have_metadata_but_no_table(api: Api) -> None:
    body = {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}
    table, partial = (f"application/json;as={view};{META}" for view in ("Table", "PartialObjectMetadata"))
    assert (await api("POST", REVIEWS, body, accept=f"{table},application/json", code=201))["status"]["allowed"] is True
    assert (await api("POST", REVIEWS, body, accept=partial, code=201))["kind"] == "PartialObjectMetadata"


async def test_errors_come_in_the_form_that_was_asked_for(api: Api) -> None:
    assert (await api("GET", f"{MAPS}/none", accept="application/yaml", code=404)).startswith(
        "apiVersion: v1\ncode: 404"
    )


@pytest.mark.parametrize(
    ("path", "agent", "accept", "indented"),
    [
        (ROOT_CA, "x", "", False),
        (ROOT_CA, "curl/8", "", True),
        (f"{ROOT_CA}?pretty=false", "curl/8", "", False),
        (f"{ROOT_CA}?pretty=", "curl/8", "", True),
        (f"{ROOT_CA}?pretty=1", "x", "", True),
        (f"{ROOT_CA}?pretty=x", "x", "", False),
        (ROOT_CA, "x", "application/json;pretty=1", True),
        (MAPS, "x", "", False),
        (f"{MAPS}/none", "x", "", False),
        (f"{MAPS}/none", "curl/8", "", True),
        (f"{MAPS}/none", "x", f"application/json;as=Table;{META}", True),
        ("/api", "x", "", False),
        ("/apis", "curl/8", "", True),
        ("/version", "x", "", True),
        ("/", "x", "", True),
    ],
)
async def test_compact_json_ends_with_a_newline_and_indented_does_not(
    api: Api, path: str, agent: str, accept: str, indented: bool
) -> None:
    headers = {"User-Agent": agent, "Accept": accept}
    async with api.session.get(api.server + path, headers=headers, ssl=api.tls) as answer:
        text = await answer.text()
    assert (text.startswith("{\n  "), text.endswith("\n")) == (indented, not indented)


async def test_large_answers_are_compressed_for_those_who_read_that(api: Api, namespace: str) -> None:
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    await api("POST", maps, {"metadata": {"name": "large"}, "data": {"a": "x" * 200_000}}, code=201)
    for path, encoding in ((f"{maps}/large", "gzip"), (ROOT_CA, None)):
        headers = {"Accept-Encoding": "gzip"}
        async with api.session.get(api.server + path, headers=headers, ssl=api.tls) as answer:
            assert answer.headers.get("Content-Encoding") == encoding
            assert (await answer.json())["kind"] == "ConfigMap"


async def test_every_answer_can_be_found_in_a_log(api: Api) -> None:
    await api("GET", ROOT_CA, headers={"Audit-ID": "mine"}, code=200)
    assert api.headers["Audit-Id"] == "mine"
    await api("GET", f"{MAPS}/none", code=404)
    assert len(api.headers["Audit-Id"]) == 36


async def test_strict_decoding_names_everything_in_the_order_of_the_document(api: Api) -> None:
    deployments = "/apis/apps/v1/namespaces/default/deployments"
    body = (
        '{"metadata":{"name":"d","labels":{"a":"1","a":"2"},"bar":1},"spec":{"replicas":0,"replicas":0,"foo":1,"foo":2,'
        '"zip":{"a":1,"a":2},"selector":{"matchLabels":{"a":"d"}},"template":{"metadata":{"labels":{"a":"d"}},'
        '"spec":{"containers":[{"name":"c","image":"b","image":"c","unk":1}]}}}}'
    )
    expected = [
        'duplicate field "metadata.labels.a"',
        'unknown field "metadata.bar"',
        'duplicate field "spec.replicas"',
        'unknown field "spec.foo"',
        'unknown field "spec.zip"',
        'duplicate field "spec.template.spec.containers[0].image"',
        'unknown field "spec.template.spec.containers[0].unk"',
    ]
    answer = await api("POST", f"{deployments}?fieldValidation=Strict", body, code=400)
    head = 'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: '
    assert answer["message"] == head + ", ".join(expected)
    await api("POST", f"{deployments}?dryRun=All&fieldValidation=Warn", body, code=201)
    warned = [text.removeprefix('299 - "')[:-1].replace('\\"', '"') for text in api.headers.getall("Warning")]
    assert warned == expected
    await api("POST", f"{deployments}?dryRun=All&fieldValidation=Ignore", body, code=201)
    assert "Warning" not in api.headers
    review = '{"spec":{"foo":1,"resourceAttributes":{"verb":"get","verb":"get"}}}'
    answer = await api("POST", f"{REVIEWS}?fieldValidation=Strict", review, code=400)
    assert answer["message"].endswith('unknown field "spec.foo", duplicate field "spec.resourceAttributes.verb"')


async def test_the_issuer_of_tokens_publishes_its_keys(api: Api) -> None:
    configuration = await api("GET", "/.well-known/openid-configuration", code=200)
    assert api.headers["Cache-Control"] == "public, max-age=3600"
    assert configuration["jwks_uri"] == f"{api.server}/openid/v1/jwks"
    async with api.session.get(configuration["jwks_uri"], ssl=api.tls) as answer:
        assert answer.content_type == "application/jwk-set+json"
        (key,) = json.loads(await answer.read())["keys"]
    assert key["alg"] in configuration["id_token_signing_alg_values_supported"]
    account = "/api/v1/namespaces/default/serviceaccounts/default/token"
    token = (await api("POST", account, {}, code=201))["status"]["token"]
    headers = {"Authorization": f"Bearer {token}"}
    found = await api("GET", "/openid/v1/jwks", accept="*/*", headers=headers, tls=api.anonymous_tls, code=200)
    assert found["keys"] == [key]


async def test_health_is_told_check_by_check(api: Api) -> None:
    for path in ("/readyz/informer-sync", "/livez/etcd?verbose", "/healthz/poststarthook/rbac/bootstrap-roles"):
        assert await api("GET", path, code=200) == "ok"
    assert await api("GET", "/healthz/informer-sync", code=404) == NO_PAGE
    lines = (await api("GET", "/readyz?verbose&exclude=etcd&exclude=foo&exclude=bar", code=200)).splitlines()
    assert lines[:3] == ["[+]ping ok", "[+]log ok", "[+]etcd excluded: ok"]
    assert lines[-2:] == [
        'warn: some health checks cannot be excluded: no matches for "bar","foo"',
        "readyz check passed",
    ]
