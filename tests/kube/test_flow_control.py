"""flowcontrol.apiserver.k8s.io: the bootstrap objects, what keeps them, and what may stand in one.

Specs, order and texts are those of a real 1.34.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from tests.api_server import Api

BASE = "/apis/flowcontrol.apiserver.k8s.io/v1"
SCHEMAS, LEVELS = f"{BASE}/flowschemas", f"{BASE}/prioritylevelconfigurations"
MERGE = "application/merge-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


async def until(api: Api, path: str, wanted: Any) -> Any:
    """The first state of an object, present or to come, that is as `wanted`; None while it is not there."""
    collection, _, name = path.rpartition("/")
    async with asyncio.timeout(20):
        listed = await api("GET", f"{collection}?fieldSelector=metadata.name={name}", code=200)
        for item in listed["items"]:
            if wanted(item):
                return item
        since = listed["metadata"]["resourceVersion"]
        query = f"watch=1&fieldSelector=metadata.name={name}&resourceVersion={since}"
        async for event in api.lines(f"{collection}?{query}"):
            if event["type"] != "DELETED" and wanted(event["object"]):
                return event["object"]
    raise AssertionError("the watch ended")


def dangling(obj: Any) -> Any:
    return [(row["status"], row["reason"]) for row in obj["status"].get("conditions", [])]


async def test_a_cluster_has_its_schemas_and_levels(api: Api) -> None:
    await until(api, f"{SCHEMAS}/catch-all", lambda o: dangling(o) == [("False", "Found")])
    table = await api("GET", SCHEMAS, accept=TABLE, code=200)
    rows = [[*row["cells"][:4], row["cells"][5]] for row in table["rows"]]
    assert [column["name"] for column in table["columnDefinitions"]] == [
        *("Name", "PriorityLevel", "MatchingPrecedence", "DistinguisherMethod", "Age", "MissingPL"),
    ]
    assert rows == [
        ["exempt", "exempt", 1, "<none>", "False"],
        ["probes", "exempt", 2, "<none>", "False"],
        ["system-leader-election", "leader-election", 100, "ByUser", "False"],
        ["system-node-high", "node-high", 400, "ByUser", "False"],
        ["system-nodes", "system", 500, "ByUser", "False"],
        ["kube-controller-manager", "workload-high", 800, "ByNamespace", "False"],
        ["kube-scheduler", "workload-high", 800, "ByNamespace", "False"],
        ["kube-system-service-accounts", "workload-high", 900, "ByNamespace", "False"],
        ["service-accounts", "workload-low", 9000, "ByUser", "False"],
        ["global-default", "global-default", 9900, "ByUser", "False"],
        ["catch-all", "catch-all", 10000, "ByUser", "False"],
    ]
    table = await api("GET", LEVELS, accept=TABLE, code=200)
    assert [row["cells"][:6] for row in table["rows"]][:4] == [
        ["catch-all", "Limited", 5, "<none>", "<none>", "<none>"],
        ["exempt", "Exempt", "<none>", "<none>", "<none>", "<none>"],
        ["global-default", "Limited", 20, 128, 6, 50],
        ["leader-election", "Limited", 10, 16, 4, 50],
    ]


async def test_a_schema_is_told_whether_its_level_exists(api: Api) -> None:
    name = f"t-{uuid.uuid4().hex[:8]}"
    made = await api(
        "POST",
        SCHEMAS,
        {"metadata": {"name": name}, "spec": {"priorityLevelConfiguration": {"name": name}}},
        code=201,
    )
    assert made["spec"]["matchingPrecedence"] == 1000
    found = await until(api, f"{SCHEMAS}/{name}", lambda o: dangling(o) == [("True", "NotFound")])
    assert found["status"]["conditions"][0]["message"] == (
        f'This FlowSchema references the PriorityLevelConfiguration object named "{name}" but there is no such object'
    )
    limited = {"limitResponse": {"type": "Queue", "queuing": {}}}
    level = await api("POST", LEVELS, {"metadata": {"name": name}, "spec": {"type": "Limited", "limited": limited}})
    assert level["spec"]["limited"] == {
        "nominalConcurrencyShares": 30,
        "lendablePercent": 0,
        "limitResponse": {"type": "Queue", "queuing": {"queues": 64, "handSize": 8, "queueLengthLimit": 50}},
    }
    await until(api, f"{SCHEMAS}/{name}", lambda o: dangling(o) == [("False", "Found")])
    await api("DELETE", f"{LEVELS}/{name}", code=200)
    await until(api, f"{SCHEMAS}/{name}", lambda o: dangling(o) == [("True", "NotFound")])
    await api("DELETE", f"{SCHEMAS}/{name}", code=200)


async def test_what_the_server_keeps(api: Api) -> None:
    level = f"{LEVELS}/workload-low"
    before = await api("GET", level, code=200)
    await api("DELETE", level, code=200)
    after = await until(api, level, lambda o: o["metadata"]["uid"] != before["metadata"]["uid"])
    assert after["spec"] == before["spec"]
    more = {"spec": {"limited": {"nominalConcurrencyShares": 7}}}
    await api("PATCH", level, more, type=MERGE, code=200)
    await until(api, level, lambda o: o["spec"] == before["spec"])
    mine = {"metadata": {"annotations": {"apf.kubernetes.io/autoupdate-spec": "false"}}, **more}
    kept = await api("PATCH", level, mine, type=MERGE, code=200)
    await api("DELETE", f"{LEVELS}/workload-high", code=200)
    await until(api, f"{LEVELS}/workload-high", lambda o: o["metadata"]["uid"])
    assert await api("GET", level, code=200) == kept
    back = {"metadata": {"annotations": {"apf.kubernetes.io/autoupdate-spec": "true"}}}
    await api("PATCH", level, back, type=MERGE, code=200)
    await until(api, level, lambda o: o["spec"] == before["spec"])


BAD_RULE = {
    "subjects": [{"kind": "User"}],
    "resourceRules": [{"verbs": ["get", "zap"], "apiGroups": ["*", "a"], "resources": [], "namespaces": ["A"]}],
}
BAD_SCHEMA = {
    "matchingPrecedence": 1,
    "priorityLevelConfiguration": {"name": "nope"},
    "distinguisherMethod": {"type": "x"},
    "rules": [BAD_RULE],
}
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
RULE = "spec.rules[0].resourceRules[0]"
VERBS = '"create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"'
SCHEMA_ERRORS = [
    "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    'spec.distinguisherMethod.type: Unsupported value: {"Type":"x"}: supported values: "ByNamespace", "ByUser"',
    "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
    f'{RULE}.verbs: Unsupported value: ["get","zap"]: supported values: {VERBS}',
    f'{RULE}.apiGroups: Invalid value: ["*","a"]: if \'*\' is present, must not specify other api groups',
    f"{RULE}.resources: Required value: resource rules must supply at least one resource",
    f"{RULE}.namespaces[0]: Invalid value: \"A\": each member of this list must be '*' or a DNS-1123 label; {LABEL}",
]
FIXED_LEVEL = (
    'spec: Invalid value: {"Type":"Limited","Limited":null,'
    '"Exempt":{"NominalConcurrencyShares":0,"LendablePercent":0}}: '
    "spec of 'exempt' except the 'spec.exempt' field must equal the fixed value"
)
LEVEL_ERRORS = [
    "spec.type: Invalid value: \"Limited\": must be 'Exempt' if and only if `name` is 'exempt'",
    "spec.exempt: Forbidden: must be nil if the type is Limited",
    "spec.limited: Required value: must not be empty when type is Limited",
    FIXED_LEVEL,
]


@pytest.mark.parametrize(
    ("method", "path", "body", "errors"),
    [
        ("POST", SCHEMAS, {"metadata": {"name": "bad"}, "spec": BAD_SCHEMA}, SCHEMA_ERRORS),
        ("PATCH", f"{LEVELS}/exempt", {"spec": {"type": "Limited"}}, LEVEL_ERRORS),
    ],
    ids=["schema", "mandatory level"],
)
async def test_what_is_refused(api: Api, method: Any, path: Any, body: Any, errors: Any) -> None:
    content_type = MERGE if method == "PATCH" else "application/json"
    answer = await api(method, path, body, type=content_type, code=422)
    causes = [f"{cause['field']}: {cause['message']}" for cause in answer["details"]["causes"]]
    assert causes == errors


async def test_the_exempt_level_may_be_tuned(api: Api) -> None:
    tuned = {"spec": {"exempt": {"nominalConcurrencyShares": 3}}}
    await api("PATCH", f"{LEVELS}/exempt", tuned, type=MERGE, code=200)
    await api("PATCH", f"{SCHEMAS}/exempt", {"spec": {"matchingPrecedence": 7}}, type=MERGE, code=422)
    level = await api("GET", f"{LEVELS}/exempt", code=200)
    assert level["spec"]["exempt"]["nominalConcurrencyShares"] == 3


@pytest.mark.parametrize(
    ("user", "path", "schema", "level"),
    [
        ("", "/api/v1/pods", "exempt", "exempt"),
        ("bob", "/api/v1/pods", "global-default", "global-default"),
        ("bob", "/healthz", "probes", "exempt"),
        ("system:kube-scheduler", "/api/v1/pods", "kube-scheduler", "workload-high"),
        (
            "system:serviceaccount:default:a",
            "/api/v1/pods?watch=1&timeoutSeconds=1",
            "service-accounts",
            "workload-low",
        ),
        ("bob", "/api/v1/namespaces/default/pods/x/log", None, None),
    ],
)
async def test_an_answer_says_which_flow_its_request_belonged_to(
    api: Api, user: str, path: str, schema: str | None, level: str | None
) -> None:
    names = {None: None}
    for kind in ("flowschemas", "prioritylevelconfigurations"):
        found = await api("GET", f"/apis/flowcontrol.apiserver.k8s.io/v1/{kind}", code=200)
        names |= {item["metadata"]["uid"]: item["metadata"]["name"] for item in found["items"]}
    groups = {"Impersonate-Group": "system:serviceaccounts"} if "serviceaccount" in user else {}
    await api("GET", path, headers={"Impersonate-User": user} | groups if user else None)
    told = [api.headers.get(f"X-Kubernetes-Pf-{of}-Uid") for of in ("FlowSchema", "PriorityLevel")]
    assert [names[uid] for uid in told] == [schema, level]
