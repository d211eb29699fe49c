"""What containers write into volumes, as people see it with kubectl: shared, kept, and gone when it should be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clusters import ClusterProcess
from tests.node.people import NODES, Person, claim, mount, pod, uses

Object = dict[str, Any]


def test_containers_of_a_pod_share_what_ends_with_it(person: Person) -> None:
    volumes: list[Object] = [{"name": "v", "emptyDir": {}}]
    reader = {"name": "reader", "image": "busybox", "command": ["sleep", "1000"], "volumeMounts": [mount("/seen")]}
    body = pod("two", "echo $HOSTNAME > /cache/who; sleep 1000", volumes, [mount("/cache")])
    body["spec"]["containers"].append(reader)
    person.ready(body)
    assert person.sh("two", "cat /seen/who", "reader") == "two\n"
    person.sh("two", "mkdir -p /seen/a/b && echo deep > /seen/a/b/c && ln -s a/b/c /seen/link", "reader")
    assert person.sh("two", "cat /cache/link; mv /cache/a /cache/z; ls /cache; find /cache/z -type f") == (
        "deep\nlink\nwho\nz\n/cache/z/b/c\n"
    )
    person("delete", "pod", "two")
    person.ready(pod("two", "sleep 1000", volumes, [mount("/cache")]))
    assert person.sh("two", "ls -A /cache") == ""


def test_an_empty_dir_outlives_the_container(person: Person) -> None:
    script = "test -f /cache/n || echo first > /cache/n; echo more >> /cache/n; test $(wc -l < /cache/n) -gt 2"
    body = pod("again", f"{script} && sleep 1000", [{"name": "v", "emptyDir": {}}], [mount("/cache")])
    person.ready(body)
    assert person.sh("again", "cat /cache/n") == "first\nmore\nmore\n"


def test_memory_is_as_large_as_it_says_and_a_disk_as_large_as_it_is(person: Person) -> None:
    volumes: list[Object] = [{"name": "v", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}]
    person.ready(pod("small", "sleep 1000", volumes, [mount("/cache")]))
    told = person.sh(
        "small", "head -c 900000 /dev/zero > /cache/a; echo $?; head -c 900000 /dev/zero > /cache/b; echo $?"
    )
    assert told.split() == ["0", "1"]
    assert person.sh("small", "rm /cache/a; cp /etc/hosts /cache/c; ls /cache") == "c\n"
    refused = "for i in $(seq 300); do dd if=/dev/zero of=/cache/$i bs=10k count=1 2>&1 || exit 9; done"
    assert "No space left on device" in person.sh("small", refused, code=9)


def test_a_folder_of_a_node_is_seen_by_all_its_pods_and_no_other_node(person: Person) -> None:
    volumes: list[Object] = [{"name": "v", "hostPath": {"path": f"/srv/{person.space}"}}]
    here, there = ({"nodeName": row["name"]} for row in NODES)
    person.ready(
        pod("one", "sleep 1000", volumes, [mount("/d")], **here),
        pod("two", "sleep 1000", volumes, [mount("/d")], **here),
        pod("far", "sleep 1000", volumes, [mount("/d")], **there),
        pod("all", "sleep 1000", [{"name": "v", "hostPath": {"path": "/"}}], [mount("/host", readOnly=True)], **here),
    )
    person.sh("one", "echo written > /d/f")
    assert person.sh("two", "cat /d/f") == "written\n"
    assert person.sh("far", "ls /d") == ""
    assert (
        person.sh("all", f"cat /host/srv/{person.space}/f; cat /host/etc/hostname") == "written\nvenice-control-plane\n"
    )
    assert "Read-only file system" in person.sh("all", "touch /host/x || echo no > /host/y", code=1)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("Directory", "hostPath type check failed: /nowhere is not a directory"),
        ("File", "hostPath type check failed: /nowhere is not a file"),
        ("Socket", "hostPath type check failed: /nowhere is not a socket file"),
    ],
)
def test_a_path_that_must_be_there_is_waited_for(person: Person, kind: str, why: str) -> None:
    person.apply(
        pod("waits", "sleep 1", [{"name": "v", "hostPath": {"path": "/nowhere", "type": kind}}], [mount("/d")])
    )
    person("wait", "--for=create", "event", "--field-selector=reason=FailedMount", "--timeout=20s", "--all", code=0)
    assert f'MountVolume.SetUp failed for volume "v" : {why}' in person("get", "events")


def test_a_file_of_a_node_is_mounted_as_a_file(person: Person) -> None:
    volumes: list[Object] = [{"name": "v", "hostPath": {"path": f"/var/{person.space}", "type": "FileOrCreate"}}]
    person.ready(pod("file", "echo line >> /etc/app.conf; sleep 1000", volumes, [mount("/etc/app.conf")]))
    assert person.sh("file", "cat /etc/app.conf; test -f /etc/app.conf && ls /etc/app.conf") == "line\n/etc/app.conf\n"


def test_sub_paths_are_parts_of_a_volume(person: Person) -> None:
    person.apply(claim("shared"))
    env = [{"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    mounts = [mount("/html", subPath="html"), mount("/logs", subPathExpr="logs/$(POD_NAME)"), mount("/all")]
    body = pod("sub", "echo page > /html/index; echo log > /logs/l; sleep 1000", uses("shared"), mounts)
    body["spec"]["containers"][0]["env"] = env
    person.ready(body)
    assert person.sh("sub", "find /all -type f | sort") == "/all/html/index\n/all/logs/sub/l\n"


def test_a_claim_keeps_its_data_through_pods_and_the_death_of_the_cluster(
    person: Person, two_nodes: ClusterProcess, tmp_path: Path
) -> None:
    writer = pod("writer", "sleep 1000", uses("data"), [mount("/data")])
    person.ready(claim("data"), writer)
    person.sh("writer", "head -c 3000 /dev/urandom > /data/random; echo kept > /data/text; chmod 600 /data/text")
    before = person.sh("writer", "md5sum < /data/random")
    two_nodes.kill()
    two_nodes.start()
    person("wait", "--for=condition=Ready", "pod/writer", "--timeout=30s")
    assert person.sh("writer", "cat /data/text; stat -c %a /data/text; md5sum < /data/random") == f"kept\n600\n{before}"
    person("delete", "pod", "writer")
    person.ready(pod("reader", "sleep 1000", uses("data"), [mount("/data")]))
    assert person.sh("reader", "cat /data/text; md5sum < /data/random") == f"kept\n{before}"
    # And in both directions to the person's own machine.
    person("cp", "reader:/data/random", str(tmp_path / "random"))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "binary").write_bytes(bytes(range(256)) * 40)
    person("cp", str(tmp_path / "folder"), "reader:/data/")
    person("cp", "reader:/data/folder/binary", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == bytes(range(256)) * 40
    assert len((tmp_path / "random").read_bytes()) == 3000


@pytest.mark.parametrize("policy", ["Delete", "Retain"])
def test_a_volume_is_emptied_when_its_policy_says_so(person: Person, policy: str) -> None:
    person.ready(claim("data"), pod("user", "echo mine > /data/f; sleep 1000", uses("data"), [mount("/data")]))
    volume = json.loads(person("get", "pvc", "data", "-o", "json"))["spec"]["volumeName"]
    person("patch", "pv", volume, "-p", json.dumps({"spec": {"persistentVolumeReclaimPolicy": policy}}))
    described = json.loads(person("get", "pv", volume, "-o", "json"))
    path = described["spec"]["hostPath"]["path"]
    node = described["metadata"]["annotations"]["local.path.provisioner/selected-node"]
    person("delete", "pod/user", "pvc/data")
    phase = "--for=delete" if policy == "Delete" else "--for=jsonpath={.status.phase}=Released"
    person("wait", phase, f"pv/{volume}", "--timeout=20s")
    look = pod("look", "sleep 1000", [{"name": "v", "hostPath": {"path": path.rpartition("/")[0]}}], [mount("/d")])
    look["spec"]["nodeName"] = node
    person.ready(look)
    names = person.sh("look", "ls /d").split()
    assert (path.rpartition("/")[2] in names) == (policy == "Retain")
    if policy == "Retain":
        assert person.sh("look", f"cat /d/{path.rpartition('/')[2]}/f") == "mine\n"
        person("delete", "pv", volume)


def test_a_stateful_pod_finds_its_own_data_again(person: Person) -> None:
    template = claim("www")
    container = {"name": "c", "image": "nginx", "volumeMounts": [{"name": "www", "mountPath": "/usr/share/nginx/html"}]}
    spec = {
        "replicas": 2, "serviceName": "web", "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}},
        "volumeClaimTemplates": [{"metadata": template["metadata"], "spec": template["spec"]}],
    }  # fmt: skip
    person.apply({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"}, "spec": spec})
    person("rollout", "status", "statefulset/web", "--timeout=40s")
    for name in ("web-0", "web-1"):
        person.sh(name, "echo $(hostname) > /usr/share/nginx/html/index.html")
    person("rollout", "restart", "statefulset/web")
    person("rollout", "status", "statefulset/web", "--timeout=40s")
    for name in ("web-0", "web-1"):
        assert person.sh(name, "curl -s http://localhost/") == f"{name}\n"


def test_configuration_changes_under_a_running_container(person: Person) -> None:
    person("create", "configmap", "conf", "--from-literal=key=old")
    volumes: list[Object] = [{"name": "v", "configMap": {"name": "conf"}}]
    person.ready(pod("reads", "sleep 1000", volumes, [mount("/conf")]))
    assert person.sh("reads", "cat /conf/key") == "old"
    person("patch", "configmap", "conf", "-p", '{"data":{"key":"new"}}')
    script = 'until [ "$(cat /conf/key)" = new ]; do sleep 0.1; done; echo "$(cat /conf/key)"'
    assert person.sh("reads", script) == "new\n"
