"""What is wrong with an object, in the words of a real API server (each of these was answered by one)."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.kube.kinds.builtin import BUILTIN
from liqolab.kube.kinds.metadata import validate_metadata_create, validate_metadata_update
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.kinds.strategies.jobs import CronJobStrategy
from liqolab.kube.kinds.strategies.pods import quality_of_service
from liqolab.kube.kinds.validation.clients import validate_client

Object = dict[str, Any]
SPECS = {spec.resource.group_resource: spec for spec in BUILTIN}
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)


def spec_of(name: str) -> KindSpec:
    return SPECS[name]


def create_errors(resource: str, **fields: Any) -> list[str]:
    obj: Object = {"metadata": {"name": "x", "namespace": "n"}, **fields}
    spec = spec_of(resource)
    spec.strategy.prepare_create(obj)
    return [str(error) for error in spec.strategy.validate_create(obj)]


def pod(**spec: Any) -> Object:
    return {"containers": [{"name": "c", "image": "nginx"}], **spec}


def required_terms(*terms: Object) -> Object:
    selector = {"nodeSelectorTerms": list(terms)}
    return pod(affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": selector}})


AFFINITY = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
PODS = [
    ({}, ["spec.containers: Required value"]),
    (
        {"containers": [{"name": "A"}, {"name": "c", "image": "x"}, {"name": "c", "image": "x"}]},
        [
            f'spec.containers[0].name: Invalid value: "A": {LABEL}',
            "spec.containers[0].image: Required value",
            'spec.containers[2].name: Duplicate value: "c"',
        ],
    ),
    (required_terms(), [f"{AFFINITY}: Required value: must have at least one node selector term"]),
    (
        required_terms({"matchExpressions": [{"key": "a", "operator": "In"}]}),
        [
            f"{AFFINITY}[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or "
            "'NotIn'"
        ],
    ),
    (
        required_terms({"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["x"]}]}),
        [
            f"{AFFINITY}[0].matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or "
            "'DoesNotExist'"
        ],
    ),
    (
        required_terms({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1", "2"]}]}),
        [
            f"{AFFINITY}[0].matchExpressions[0].values: Required value: must be specified single value when `operator` "
            "is 'Lt' or 'Gt'"
        ],
    ),
    (
        required_terms({"matchFields": [{"key": "metadata.uid", "operator": "In", "values": ["a"]}]}),
        [f'{AFFINITY}[0].matchFields[0].key: Invalid value: "metadata.uid": not a valid field selector key'],
    ),
    (required_terms({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["abc"]}]}), []),
    (
        pod(tolerations=[{"key": "a", "operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 1}]),
        [
            "spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when "
            "`tolerationSeconds` is set"
        ],
    ),
    (
        pod(tolerations=[{"operator": "Equal"}]),
        [
            'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which '
            'means "match all values and all keys"'
        ],
    ),
    (
        {"containers": [{"name": "c", "image": "x", "resources": {"requests": {"nvidia.com/gpu": "1"}}}]},
        ["spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources"],
    ),
    (
        {"containers": [{"name": "c", "image": "x", "volumeMounts": [{"name": "v", "mountPath": "/x"}]}]},
        ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
    ),
    (
        pod(
            containers=[
                {"name": "c", "image": "x", "volumeMounts": [{"name": "v", "mountPath": "/x", "subPath": "/a/../../b"}]}
            ],
            volumes=[{"name": "v", "emptyDir": {}}],
        ),
        [
            'spec.containers[0].volumeMounts.subPath: Invalid value: "/a/../../b": must be a relative path',
            "spec.containers[0].volumeMounts.subPath: Invalid value: \"/a/../../b\": must not contain '..'",
        ],
    ),
    (
        pod(restartPolicy="X"),
        ['spec.restartPolicy: Unsupported value: "X": supported values: "Always", "OnFailure", "Never"'],
    ),
    (
        pod(volumes=[{"name": "v", "secret": {"secretName": "s"}, "emptyDir": {}}]),
        ["spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type"],
    ),
]


@pytest.mark.parametrize(("spec", "errors"), PODS)
def test_pods(spec: Object, errors: list[str]) -> None:
    assert create_errors("pods", spec=spec) == errors


def template(labels: Object | None = None, **spec: Any) -> Object:
    return {"metadata": {"labels": labels or {"a": "b"}}, "spec": pod(**spec)}


SELECTOR = {"matchLabels": {"a": "b"}}
DEPLOYMENTS = [
    (
        {"template": template()},
        [
            "spec.selector: Required value",
            'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
        ],
    ),
    (
        {"selector": {}, "template": template()},
        [
            "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
        ],
    ),
    (
        {"replicas": -1, "selector": SELECTOR, "template": template(restartPolicy="Never")},
        [
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
            'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        ],
    ),
    (
        {
            "selector": SELECTOR,
            "template": template(),
            "strategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}},
        },
        ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ),
    (
        {
            "selector": SELECTOR,
            "template": template(),
            "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}},
        },
        ["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"],
    ),
]


@pytest.mark.parametrize(("spec", "errors"), DEPLOYMENTS)
def test_deployments(spec: Object, errors: list[str]) -> None:
    assert create_errors("deployments.apps", spec=spec) == errors


TWO_PORTS = {"ports": [{"port": 80}, {"port": 81}]}
NO_CLAIM = [
    "spec.accessModes: Required value: at least 1 access mode is required",
    "spec.resources[storage]: Required value",
]
OTHERS = [
    ("services", {"spec": TWO_PORTS}, [f"spec.ports[{n}].name: Required value" for n in (0, 1)]),
    ("services", {"spec": {"type": "ExternalName"}}, ["spec.externalName: Required value"]),
    ("services", {"spec": {}}, ["spec.ports: Required value"]),
    ("secrets", {"type": "kubernetes.io/tls", "data": {"tls.crt": "YQ=="}}, ["data[tls.key]: Required value"]),
    ("persistentvolumeclaims", {"spec": {}}, NO_CLAIM),
    (
        "roles.rbac.authorization.k8s.io",
        {"rules": [{"apiGroups": [""], "resources": ["x"]}]},
        ["rules[0].verbs: Required value: verbs must contain at least one value"],
    ),
    (
        "leases.coordination.k8s.io",
        {"spec": {"leaseDurationSeconds": -1}},
        ["spec.leaseDurationSeconds: Invalid value: -1: must be greater than 0"],
    ),
    (
        "priorityclasses.scheduling.k8s.io",
        {"value": 2_000_000_000},
        ["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
    ),
]


@pytest.mark.parametrize(("resource", "fields", "errors"), OTHERS)
def test_others(resource: str, fields: Object, errors: list[str]) -> None:
    assert create_errors(resource, **fields) == errors


def test_selectors_never_change() -> None:
    strategy = spec_of("deployments.apps").strategy
    old = {"metadata": {}, "spec": {"selector": SELECTOR, "template": template()}}
    other = {"selector": {"matchLabels": {"x": "y"}}, "template": template({"x": "y"})}
    assert [str(error) for error in strategy.validate_update({"metadata": {}, "spec": other}, old)] == [
        'spec.selector: Invalid value: {"matchLabels":{"x":"y"}}: field is immutable'
    ]


def test_a_gated_pod_may_only_become_more_choosy() -> None:
    strategy = spec_of("pods").strategy
    old = {"metadata": {}, "spec": pod(schedulingGates=[{"name": "g"}], nodeSelector={"a": "b"})}
    narrower = {"metadata": {}, "spec": pod(nodeSelector={"a": "b", "c": "d"})}
    assert strategy.validate_update(narrower, old) == []
    wider = {"metadata": {}, "spec": pod(nodeSelector={"c": "d"})}
    assert [error.field for error in strategy.validate_update(wider, old)] == ["spec.nodeSelector"]
    ungated = {"metadata": {}, "spec": pod(nodeSelector={"a": "b"})}
    assert [error.field for error in strategy.validate_update(narrower, ungated)] == ["spec"]


def test_a_negative_grace_period_is_the_shortest_however_late_it_comes() -> None:
    strategy = spec_of("pods").strategy
    old = {"metadata": {}, "spec": pod(terminationGracePeriodSeconds=1)}
    new = {"metadata": {}, "spec": pod(terminationGracePeriodSeconds=-1)}
    strategy.prepare_update(new, old)
    assert new["spec"]["terminationGracePeriodSeconds"] == 1
    assert strategy.validate_update(new, old) == []


def test_what_is_older_than_garbage_collection_leaves_its_pods() -> None:
    names = ("jobs.batch", "replicationcontrollers", "replicasets.apps", "deployments.apps")
    kept = {name for name in names if spec_of(name).strategy.default_propagation == "Orphan"}
    assert kept == {"jobs.batch", "replicationcontrollers"}


def test_immutable_configuration_stays() -> None:
    strategy = spec_of("configmaps").strategy
    old = {"metadata": {}, "immutable": True, "data": {"a": "b"}}
    new = {"metadata": {}, "immutable": False, "data": {"a": "c"}}
    assert [str(error) for error in strategy.validate_update(new, old)] == [
        "immutable: Forbidden: field is immutable when `immutable` is set",
        "data: Forbidden: field is immutable when `immutable` is set",
    ]


def test_names_follow_their_kind() -> None:
    def errors(resource: str, name: str) -> list[str]:
        return [error.message for error in validate_metadata_create(spec_of(resource), {"metadata": {"name": name}})]

    assert errors("pods", "") == ["Required value: name or generateName is required"]
    assert errors("pods", "a.b") == []
    assert errors("namespaces", "Bad_Name") == [f'Invalid value: "Bad_Name": {LABEL}']
    assert "DNS-1035" in errors("services", "1x")[0]
    assert errors("clusterroles.rbac.authorization.k8s.io", "system:Any Thing") == []
    assert errors("clusterroles.rbac.authorization.k8s.io", "a/b") == ["Invalid value: \"a/b\": may not contain '/'"]


def test_nothing_new_holds_what_is_going() -> None:
    old = {"metadata": {"name": "x", "deletionTimestamp": "now", "finalizers": ["a.b/c"]}}
    new = {"metadata": {"name": "x", "deletionTimestamp": "now", "finalizers": ["a.b/c", "ex.io/g"]}}
    (error,) = validate_metadata_update(spec_of("configmaps"), new, old)
    assert str(error) == (
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new "
        'finalizers []string{"ex.io/g"}'
    )


@pytest.mark.parametrize(
    ("requests", "limits", "expected"),
    [
        ({}, {}, "BestEffort"),
        ({"cpu": "0"}, {}, "BestEffort"),
        ({"cpu": "1"}, {}, "Burstable"),
        ({"cpu": "1", "memory": "1Gi"}, {"cpu": "1000m", "memory": "1024Mi"}, "Guaranteed"),
        ({"cpu": "1", "memory": "1Gi"}, {"cpu": "2", "memory": "1Gi"}, "Burstable"),
        ({"cpu": "1"}, {"cpu": "1"}, "Burstable"),
    ],
)
def test_quality_of_service(requests: Object, limits: Object, expected: str) -> None:
    container = {"resources": {"requests": requests, "limits": limits}}
    assert quality_of_service({"containers": [container]}) == expected


def test_the_table_is_sound() -> None:
    addresses = [(spec.resource.group, spec.resource.version, spec.resource.plural) for spec in BUILTIN]
    assert len(set(addresses)) == len(addresses)
    everything = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
    for spec in BUILTIN:
        assert spec.verbs == tuple(verb for verb in everything if verb in spec.verbs), spec.resource
        assert [row.name for row in spec.subresources] == sorted(row.name for row in spec.subresources)
    eviction = spec_of("pods").subresource("eviction")
    assert eviction is not None
    assert (eviction.kind, eviction.group, eviction.version) == ("Eviction", "policy", "v1")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1", "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        ("0.0.0.0", "may not be unspecified (0.0.0.0)"),
        ("nowhere", "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
    ],
)
def test_a_service_may_not_take_addresses_that_are_everybodys(address: str, why: str) -> None:
    errors = create_errors("services", spec={"ports": [{"port": 80}], "externalIPs": ["203.0.113.7", address]})
    assert errors == [f'spec.externalIPs[1]: Invalid value: "{address}": {why}']


def test_an_api_service_of_the_core_group_ends_in_a_dot() -> None:
    assert validate_metadata_create(spec_of("apiservices.apiregistration.k8s.io"), {"metadata": {"name": "v1."}}) == []


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        ("*/5 * * * *", ""),
        ("@every 5m", ""),
        ("", "spec.schedule: Required value"),
        ("61 * * * *", 'spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61'),
    ],
)
def test_schedules(schedule: str, problem: str) -> None:
    errors = [str(error) for error in CronJobStrategy().validate_create({"spec": {"schedule": schedule}})]
    assert [text for text in errors if text.startswith("spec.schedule")] == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("", []),
        ("/", []),
        ("/a/b-c/", []),
        ("a", ["must start with a '/'", "segment[0] may not be empty"]),
        ("//", ["segment[0] may not be empty"]),
        ("/a//b", ["segment[1] may not be empty"]),
    ],
)
def test_the_path_of_a_webhooks_service(path: str, wrong: list[str]) -> None:
    client = {"service": {"namespace": "n", "name": "s", "port": 443, "path": path}}
    told = [str(error) for error in validate_client(client, "c")]
    assert told == [f'c.service.path: Invalid value: "{path}": {text}' for text in wrong]


def test_the_service_of_a_webhook_has_a_name_and_a_port() -> None:
    assert [str(error) for error in validate_client({"service": {"port": 0}}, "c")] == [
        "c.service.name: Required value",
        "c.service.namespace: Required value",
        "c.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
    ]
