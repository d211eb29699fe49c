"""Built-in kinds: decoding, defaulting and strategic patches, against answers of a real API server."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.patches import PatchError, apply_merge_patch
from liqolab.kube.schema import builtin
from liqolab.kube.schema.defaults import apply_defaults
from liqolab.kube.schema.strategic import apply_strategic_patch

DATA = Path(__file__).parent / "data"
DEFAULTED = json.loads((DATA / "defaulted_objects.json").read_text())
PATCHES = json.loads((DATA / "strategic_answers.json").read_text())
POD = "io.k8s.api.core.v1.Pod"

# What newer versions add to what the recording version knew.
ADDED: dict[str, Any] = {
    "StatefulSet": {
        "spec": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"}},
        "status": {"availableReplicas": 0},
    },
    "DaemonSet": {"spec": {"updateStrategy": {"rollingUpdate": {"maxSurge": 0}}}},
    "Job": {
        "spec": {
            "completionMode": "NonIndexed",
            "suspend": False,
            "manualSelector": False,
            "podReplacementPolicy": "TerminatingOrFailed",
        }
    },
    "Service": {"spec": {"internalTrafficPolicy": "Cluster"}},
    "Namespace": {"metadata": {"labels": {"kubernetes.io/metadata.name": "x"}}},
}

# What a user may leave out of the recorded objects: it comes back as a default.
OMITTED: dict[str, Any] = {
    "Deployment": {
        "spec": {
            **dict.fromkeys(("replicas", "strategy", "revisionHistoryLimit", "progressDeadlineSeconds")),
            "template": {
                "spec": dict.fromkeys(
                    ("restartPolicy", "terminationGracePeriodSeconds", "dnsPolicy", "securityContext", "schedulerName")
                )
            },
        }
    },
    "StatefulSet": {"spec": dict.fromkeys(("replicas", "podManagementPolicy", "updateStrategy"))},
    "CronJob": {"spec": dict.fromkeys(("concurrencyPolicy", "suspend", "failedJobsHistoryLimit"))},
    "Service": {"spec": dict.fromkeys(("type", "sessionAffinity"))},
    "Secret": {"type": None},
    "PersistentVolumeClaim": {"spec": {"volumeMode": None}},
    "HorizontalPodAutoscaler": {"spec": dict.fromkeys(("minReplicas", "targetCPUUtilizationPercentage"))},
    "CustomResourceDefinition": {"spec": {"conversion": None, "names": {"singular": None, "listKind": None}}},
}


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def default(obj: Any) -> Any:
    result = copy.deepcopy(obj)
    apply_defaults(obj["apiVersion"].rpartition("/")[0], obj["kind"], result)
    return result


@pytest.mark.parametrize("recorded", DEFAULTED, ids=lambda obj: obj["kind"])
def test_defaults_are_those_of_a_real_server(recorded: dict[str, Any]) -> None:
    kind = recorded["kind"]
    expected = apply_merge_patch(without_nulls(recorded), ADDED.get(kind, {}))
    assert default(recorded) == expected
    if kind == "Service" and recorded["spec"]["type"] != "ClusterIP":
        return
    assert default(apply_merge_patch(recorded, OMITTED.get(kind, {}))) == expected


def test_defaults_of_a_minimal_pod() -> None:
    container = {"name": "c", "image": "r:5000/nginx", "livenessProbe": {"httpGet": {"port": 80}, "periodSeconds": 0}}
    container["resources"] = {"limits": {"cpu": 0.5, "memory": "1024Mi"}, "requests": {"cpu": "100m"}}
    pinned = {"name": "d", "image": "nginx@sha256:ab"}
    pod = default(
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container, pinned], "volumes": [{"name": "v"}]}}
    )
    first, second = pod["spec"]["containers"]
    assert first["resources"] == {
        "limits": {"cpu": "500m", "memory": "1Gi"},
        "requests": {"cpu": "100m", "memory": "1Gi"},
    }
    assert first["livenessProbe"]["httpGet"] == {"port": 80, "path": "/", "scheme": "HTTP"}
    assert first["livenessProbe"]["periodSeconds"] == 10
    assert (first["imagePullPolicy"], second["imagePullPolicy"]) == ("Always", "IfNotPresent")
    assert pod["spec"]["volumes"] == [{"name": "v", "emptyDir": {}}]
    assert pod["spec"]["enableServiceLinks"] is True
    assert default(pod) == pod


def test_string_data_of_a_secret_is_encoded() -> None:
    secret = default({"apiVersion": "v1", "kind": "Secret", "data": {"a": "Yg=="}, "stringData": {"a": "c", "d": "é"}})
    assert secret["data"] == {"a": "Yw==", "d": "w6k="}
    assert "stringData" not in secret


def pod_with(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}


def test_unknown_fields_nulls_and_empty_values_vanish() -> None:
    container: dict[str, Any] = {"name": "c", "image": "i", "bar": {}, "args": [], "command": None, "tty": False}
    pod = pod_with(containers=[container], foo=1, nodeName="", nodeSelector={}, securityContext={}, priority=0)
    assert builtin.conform(POD, pod) == ["spec.containers[0].bar", "spec.foo"]
    assert pod["spec"] == {"containers": [{"name": "c", "image": "i"}], "securityContext": {}, "priority": 0}


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            {"containers": [{"name": "c", "env": [{"name": "A", "value": 1}]}]},
            "json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string",
        ),
        (
            {"containers": {}},
            "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container",
        ),
        (
            {"nodeSelector": {"a": True}},
            "json: cannot unmarshal bool into Go struct field PodSpec.spec.nodeSelector of type string",
        ),
        (
            {"overhead": {"cpu": "abc"}},
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
    ],
)
def test_wrong_types_are_refused_in_the_words_of_the_server(spec: dict[str, Any], text: str) -> None:
    with pytest.raises(ApiError) as caught:
        apply_defaults("", "Pod", pod_with(**spec))
    assert caught.value.code == 400
    assert caught.value.message == f'Pod in version "v1" cannot be handled as a Pod: {text}'


def test_required_fields() -> None:
    errors = builtin.validate_builtin(POD, pod_with(containers=[{"image": "i", "ports": [{}]}]))
    assert [str(error) for error in errors] == [
        "spec.containers[0].name: Required value",
        "spec.containers[0].ports[0].containerPort: Required value",
    ]


@pytest.mark.parametrize("case", PATCHES["cases"], ids=lambda case: json.dumps(case["patch"])[:80])
def test_strategic_patches_do_what_a_real_server_does(case: dict[str, Any]) -> None:
    before = copy.deepcopy(PATCHES["object"])
    if "error" in case:
        with pytest.raises(PatchError) as caught:
            apply_strategic_patch(before, case["patch"], PATCHES["definition"])
        assert str(caught.value) == case["error"]
        return
    patched = apply_strategic_patch(before, case["patch"], PATCHES["definition"])
    apply_defaults("apps", "Deployment", patched)
    patched.pop("status")
    assert patched == apply_merge_patch(before, case["changes"])
    assert before == PATCHES["object"]
