""" "Nor should it be able to bypass them": everything that a developer can try, and where each attempt ends.

The developer has the built-in role ``edit`` in the offloaded namespace. Pods may run at home or in Naples. An attempt
is shown by how its pods end: they run where the policy allows, no node is found for them, the virtual kubelet refuses
them, or they are evicted. Whatever happens in Venice, Florence must never hear of it; after every test its whole
history since the start is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import kubernetes
import pytest

from liqolab.steps.clusters import Cluster, Object
from liqolab.steps.observe import Subject, observe
from liqolab.steps.timing import Timing
from tests.laboratory import OFFLOAD, peering, used

pytestmark = pytest.mark.embedded

NAMESPACE = "liqo-demo"
HOME, NAPLES, FLORENCE = "venice-control-plane", "liqo-naples", "liqo-florence"
NO_NODE, REFUSED = "no node", "refused by the virtual kubelet"

TOLERATE_ALL = {"tolerations": [{"operator": "Exists"}]}
CENTER = {"nodeSelector": {"topology.liqo.io/region": "center"}}
NAMED = {"nodeName": FLORENCE}


def affinity(*terms: Object) -> Object:
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
    return {"affinity": {"nodeAffinity": required}}


def row(key: str, operator: str, *values: str) -> Object:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


CENTER_TERM = {"matchExpressions": [row("topology.liqo.io/region", "In", "center")]}
FIELD_TERM = {"matchFields": [row("metadata.name", "In", FLORENCE)]}
ANYWHERE_TERM = {"matchExpressions": [row("kubernetes.io/os", "Exists")]}


class Client:
    """One person at one API server."""

    def __init__(self, cluster: Cluster, token: str = "", **headers: str) -> None:
        self._api = kubernetes.config.new_client_from_config(str(cluster.kubeconfig))
        self._headers = headers
        if token:
            # Of the administrator's access only the address and the authority are kept.
            settings = self._api.configuration
            settings.cert_file = settings.key_file = None
            self._api = kubernetes.client.ApiClient(settings)
            self._headers = {**headers, "Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Object]:
        """Status and document of an answer; PATCH is a merge patch."""
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        answer = self._api.rest_client.pool_manager.request(
            method,
            self._api.configuration.host + path,
            body=None if body is None else json.dumps(body),
            headers={"Content-Type": kind, "Accept": "application/json", **self._headers},
        )
        return answer.status, json.loads(answer.data)

    def done(self, method: str, path: str, body: Any = None) -> Object:
        status, document = self.ask(method, path, body)
        assert status < 300, (method, path, document)
        return document


@dataclass
class Demo:
    """The offloaded namespace, seen by its developer and by the administrator."""

    venice: Cluster
    florence: Cluster
    admin: Client
    developer: Client
    watched_from: str

    def create_pod(self, attempt: str, spec: Object, namespace: str = NAMESPACE, who: Client | None = None) -> None:
        (who or self.developer).done("POST", f"/api/v1/namespaces/{namespace}/pods", pod(attempt, spec))

    def ends(self, attempt: str, *expected: str, namespace: str = NAMESPACE) -> None:
        """Wait until the attempt's pods have come to these ends, and to no others."""

        def holds(pods: list[Object]) -> str | None:
            found = sorted(end(item) for item in pods if not item["metadata"].get("deletionTimestamp"))
            return None if found == sorted(expected) else f"ended as {found or 'none'}, expected {sorted(expected)}"

        observe(Subject(self.venice, "pod", namespace, f"attempt={attempt}"), holds, Timing("within", 30.0))

    def never_in_florence(self, mark: str) -> None:
        """Read Florence's history of namespaces and pods up to a mark that is made now."""
        admin = Client(self.florence)
        admin.done("POST", "/api/v1/namespaces", {"metadata": {"name": mark}})
        admin.done("POST", f"/api/v1/namespaces/{mark}/pods", pod("mark", {}) | {"metadata": {"name": mark}})
        for kind in ("namespace", "pod"):
            for change, item in self.florence.watch(kind, None, self.watched_from, 20):
                metadata = item["metadata"]
                if metadata["name"] == mark:
                    break
                assert not (change == "ADDED" and "attempt" in (metadata.get("labels") or {})), metadata
                assert NAMESPACE not in (metadata["name"], metadata.get("namespace")), metadata
            else:
                pytest.fail(f"Florence's history of {kind}s does not reach {mark}")


def pod(attempt: str, spec: Object) -> Object:
    containers = [{"name": "web", "image": "nginxdemos/hello"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": attempt, "labels": {"attempt": attempt}},
        "spec": {"containers": containers, "terminationGracePeriodSeconds": 0, **spec},
    }


def end(item: Object) -> str:
    """Where a pod has come to rest, or why it has not yet."""
    status, where = item["status"], item["spec"].get("nodeName")
    conditions = {each["type"]: each for each in status.get("conditions") or []}
    if status.get("phase") == "Running" and conditions["Ready"]["status"] == "True":
        return str(where)
    if status.get("phase") == "Pending" and status.get("reason") == "OffloadingBackOff":
        return REFUSED
    if status.get("phase") == "Pending" and conditions.get("PodScheduled", {}).get("reason") == "Unschedulable":
        return NO_NODE
    return f"on its way ({status.get('phase')} on {where})"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with used(tmp_path_factory.mktemp("policy")) as lab:
        lab.liqolab("up")
        lab.shell(f"{peering('florence', 'naples')}{OFFLOAD}kubectl create namespace elsewhere")
        venice, florence = lab.cluster("venice"), lab.cluster("florence")
        admin = Client(venice)
        accounts, bindings = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts", "/apis/rbac.authorization.k8s.io/v1"
        admin.done("POST", accounts, {"metadata": {"name": "developer"}})
        subject = {"kind": "ServiceAccount", "name": "developer", "namespace": NAMESPACE}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
        for namespace in (NAMESPACE, "elsewhere"):
            binding = {"metadata": {"name": "developer"}, "roleRef": role, "subjects": [subject]}
            admin.done("POST", f"{bindings}/namespaces/{namespace}/rolebindings", binding)
        token = admin.done("POST", f"{accounts}/developer/token", {"spec": {}})["status"]["token"]
        yield Demo(venice, florence, admin, Client(venice, token), florence.list("namespace").revision)


@pytest.fixture(autouse=True)
def florence_never_hears_of_it(demo: Demo, request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    demo.never_in_florence(f"mark-{abs(hash(request.node.nodeid))}")


ATTEMPTS = {
    "own-affinity": (affinity(CENTER_TERM), NO_NODE),
    "own-affinity-and-tolerations": (affinity(CENTER_TERM) | TOLERATE_ALL, NO_NODE),
    "field-affinity-and-tolerations": (affinity(FIELD_TERM) | TOLERATE_ALL, NO_NODE),
    "wide-affinity-and-center": (affinity(ANYWHERE_TERM) | CENTER | TOLERATE_ALL, NO_NODE),
    "empty-term": (affinity({}) | TOLERATE_ALL, NO_NODE),
    "node-selector": (CENTER, NO_NODE),
    "node-selector-and-tolerations": (CENTER | TOLERATE_ALL, NO_NODE),
    "node-name": (NAMED, REFUSED),
    "node-name-and-tolerations": (NAMED | TOLERATE_ALL, REFUSED),
    "node-name-and-affinity": (NAMED | TOLERATE_ALL | affinity(CENTER_TERM), REFUSED),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_bare_pod_does_not_get_to_florence(demo: Demo, attempt: str) -> None:
    spec, ending = ATTEMPTS[attempt]
    demo.create_pod(attempt, spec)
    demo.ends(attempt, ending)


def test_without_wishes_a_pod_runs_where_the_policy_allows(demo: Demo) -> None:
    demo.create_pod("south", {"nodeSelector": {"topology.liqo.io/region": "south"}})
    demo.ends("south", NAPLES)
    demo.create_pod("home", {"nodeSelector": {"kubernetes.io/hostname": HOME}})
    demo.ends("home", HOME)


WORKLOADS = {
    "ReplicaSet": ("apps/v1", "replicasets"),
    "Deployment": ("apps/v1", "deployments"),
    "StatefulSet": ("apps/v1", "statefulsets"),
    "Job": ("batch/v1", "jobs"),
}


def workload(kind: str, attempt: str, spec: Object) -> Object:
    body = pod(attempt, spec)
    template = {"metadata": {"labels": {"attempt": attempt}}, "spec": body["spec"]}
    document: Object = {
        "apiVersion": WORKLOADS.get(kind, ("apps/v1", ""))[0],
        "kind": kind,
        "metadata": {"name": attempt},
        "spec": {"template": template},
    }
    if kind == "Job":
        template["spec"]["restartPolicy"] = "Never"
    else:
        document["spec"]["selector"] = {"matchLabels": {"attempt": attempt}}
    if kind == "StatefulSet":
        document["spec"]["serviceName"] = attempt
    return document


@pytest.mark.parametrize("kind", WORKLOADS)
def test_a_workload_does_not_get_its_pods_to_florence(demo: Demo, kind: str) -> None:
    version, plural = WORKLOADS[kind]
    for way, spec, ending in (("select", CENTER | TOLERATE_ALL, NO_NODE), ("name", NAMED | TOLERATE_ALL, REFUSED)):
        attempt = f"{kind.lower()}-{way}"
        place = f"/apis/{version}/namespaces/{NAMESPACE}/{plural}"
        demo.developer.done("POST", place, workload(kind, attempt, spec))
        demo.ends(attempt, ending)


def test_a_daemon_set_that_tolerates_everything_runs_where_the_policy_allows(demo: Demo) -> None:
    place = f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets"
    demo.developer.done("POST", place, workload("DaemonSet", "daemons", TOLERATE_ALL))

    def settled(sets: list[Object]) -> str | None:
        status = sets[0]["status"]
        return None if status.get("numberReady") == 2 else f"ready on {status.get('numberReady')} nodes"

    subject = Subject.named(demo.venice, "daemonset", "daemons", NAMESPACE)
    observe(subject, settled, Timing("within", 30.0))
    found = demo.venice.list("pod", NAMESPACE, labels="attempt=daemons").items
    assert {end(item) for item in found} & {HOME, NAPLES, FLORENCE} == {HOME, NAPLES}


def test_taking_the_label_off_the_namespace_opens_no_way(demo: Demo) -> None:
    """Not the developer's to do; and when an administrator slips, pods of that moment are refused."""
    place, label = f"/api/v1/namespaces/{NAMESPACE}", "liqo.io/scheduling-enabled"
    for number, value in enumerate((None, "false")):
        change = {"metadata": {"labels": {label: value}}}
        assert demo.developer.ask("PATCH", place, change)[0] == 403
        demo.admin.done("PATCH", place, change)
        attempts = {
            f"unlabelled-name-{number}": NAMED | TOLERATE_ALL,
            f"unlabelled-select-{number}": CENTER | TOLERATE_ALL,
        }
        for attempt, spec in attempts.items():
            demo.create_pod(attempt, spec)
        demo.ends(f"unlabelled-name-{number}", REFUSED)

        def shut_out(pods: list[Object]) -> str | None:
            # Without the webhook's affinity the scheduler may choose Florence's node, and its virtual kubelet refuses.
            found = [end(item) for item in pods]
            return None if found and set(found) <= {NO_NODE, REFUSED} else f"ended as {found}"

        subject = Subject(demo.venice, "pod", NAMESPACE, f"attempt=unlabelled-select-{number}")
        observe(subject, shut_out, Timing("within", 30.0))
        observe(
            Subject.named(demo.venice, "namespace", NAMESPACE),
            lambda items: None if items[0]["metadata"]["labels"].get(label) == "true" else "the label is not back",
            Timing("within", 30.0),
        )


def test_a_binding_is_not_the_developers_and_leads_nowhere(demo: Demo) -> None:
    demo.create_pod("bound", CENTER)
    demo.ends("bound", NO_NODE)
    place = f"/api/v1/namespaces/{NAMESPACE}/pods/bound/binding"
    binding = {"metadata": {"name": "bound"}, "target": {"apiVersion": "v1", "kind": "Node", "name": FLORENCE}}
    assert demo.developer.ask("POST", place, binding)[0] == 403
    demo.admin.done("POST", place, binding)
    demo.ends("bound", REFUSED)


def test_an_existing_pod_cannot_be_moved(demo: Demo) -> None:
    """Of what decides about its place, tolerations may be added; they do not move it."""
    demo.create_pod("settled", {"nodeSelector": {"topology.liqo.io/region": "south"}})
    demo.create_pod("waiting", CENTER)
    demo.ends("settled", NAPLES)
    demo.ends("waiting", NO_NODE)
    for attempt, ending in (("settled", NAPLES), ("waiting", NO_NODE)):
        place = f"/api/v1/namespaces/{NAMESPACE}/pods/{attempt}"
        for change in (NAMED, affinity(CENTER_TERM), {"affinity": None}, CENTER, {"nodeSelector": {"a": "b"}}):
            status, document = demo.developer.ask("PATCH", place, {"spec": change})
            unchanged = change == CENTER and attempt == "waiting"
            assert (status, document.get("reason")) == ((200, None) if unchanged else (422, "Invalid")), document
        own = demo.developer.done("GET", place)["spec"]["tolerations"]
        demo.developer.done("PATCH", place, {"spec": {"tolerations": [*own, *TOLERATE_ALL["tolerations"]]}})
        demo.ends(attempt, ending)


def test_a_namespace_that_is_not_offloaded_gets_no_pods_abroad(demo: Demo) -> None:
    demo.create_pod("tolerant", NAMED | TOLERATE_ALL, "elsewhere")
    demo.ends("tolerant", REFUSED, namespace="elsewhere")
    demo.create_pod("scheduled", CENTER | TOLERATE_ALL, "elsewhere")
    demo.ends("scheduled", REFUSED, namespace="elsewhere")
    demo.create_pod("intolerant", CENTER, "elsewhere")
    demo.ends("intolerant", NO_NODE, namespace="elsewhere")
    demo.create_pod("evicted", {"nodeName": NAPLES}, "elsewhere")
    demo.ends("evicted", namespace="elsewhere")


OFFLOADING = f"/apis/offloading.liqo.io/v1alpha1/namespaces/{NAMESPACE}/namespaceoffloadings"
FORBIDDEN: dict[str, tuple[Any, ...]] = {
    "change the policy": (
        "PATCH",
        f"{OFFLOADING}/offloading",
        {"spec": {"clusterSelector": {"nodeSelectorTerms": []}}},
    ),
    "remove the policy": ("DELETE", f"{OFFLOADING}/offloading", None),
    "offload a namespace": ("POST", OFFLOADING.replace(NAMESPACE, "elsewhere"), {"metadata": {"name": "offloading"}}),
    "label the namespace": ("PATCH", "/api/v1/namespaces/elsewhere", {"metadata": {"labels": {"a": "b"}}}),
    "create a namespace": ("POST", "/api/v1/namespaces", {"metadata": {"name": "own"}}),
    "label the node": ("PATCH", f"/api/v1/nodes/{FLORENCE}", {"metadata": {"labels": {"a": "b"}}}),
    "remove the taint": ("PATCH", f"/api/v1/nodes/{FLORENCE}", {"spec": {"taints": None}}),
    "write a pod's status": ("PATCH", f"/api/v1/namespaces/{NAMESPACE}/pods/south/status", {"status": {"reason": ""}}),
    "remove the webhook": (
        "DELETE",
        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/liqo-pod-mutator",
        None,
    ),
    "read Liqo's secrets": ("GET", "/api/v1/namespaces/liqo/secrets", None),
    "run a pod as Liqo": ("POST", "/api/v1/namespaces/liqo/pods", pod("disguised", {})),
    "map a namespace": ("GET", "/apis/virtualkubelet.liqo.io/v1alpha1/namespacemaps", None),
    "make a shadow pod": (
        "POST",
        f"/apis/virtualkubelet.liqo.io/v1alpha1/namespaces/{NAMESPACE}/shadowpods",
        {"metadata": {"name": "shadow"}, "spec": {"pod": pod("shadow", {})["spec"]}},
    ),
}


@pytest.mark.parametrize("attempt", FORBIDDEN)
def test_the_developer_may_not(demo: Demo, attempt: str) -> None:
    status, document = demo.developer.ask(*FORBIDDEN[attempt])
    assert (status, document["reason"]) == (403, "Forbidden"), document


def test_the_developer_may_not_pretend_to_be_the_administrator(demo: Demo) -> None:
    status, _ = demo.developer.ask("GET", "/api/v1/nodes")
    assert status == 403
    demo.developer._headers["Impersonate-User"] = "kubernetes-admin"
    demo.developer._headers["Impersonate-Group"] = "system:masters"
    try:
        status, document = demo.developer.ask("GET", "/api/v1/nodes")
    finally:
        del demo.developer._headers["Impersonate-User"], demo.developer._headers["Impersonate-Group"]
    assert (status, document["reason"]) == (403, "Forbidden"), document
