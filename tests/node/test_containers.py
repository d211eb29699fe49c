"""Containers as people use them in tutorials: files that they share, hooks, probes that are commands, last words."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from liqolab.apimachinery.builtin import CONFIG_MAPS, ENDPOINTS, EVENTS, PODS, SERVICES

pytestmark = pytest.mark.asyncio(loop_scope="session")

Object = dict[str, Any]


def shell(script: str, **fields: Any) -> Object:
    return {"name": "c", "image": "busybox", "command": ["sh", "-c", script]} | fields


def status(pod: Object) -> Object:
    found: Object = (pod["status"].get("containerStatuses") or [{"state": {}, "lastState": {}, "restartCount": 0}])[0]
    return found


def terminated(pod: Object) -> Object:
    found: Object = status(pod)["state"].get("terminated") or {}
    return found


async def fetched(lab: Any, url: str) -> str:
    """What a pod that fetches a page prints."""
    await lab.pod("client", {"image": "curlimages/curl", "args": ["-s", url]}, restartPolicy="Never")
    await lab.until("client", lambda pod: bool(terminated(pod)))
    text: str = await lab.log("client")
    return text


async def test_an_init_container_writes_the_page_that_a_server_shows(lab: Any) -> None:
    """The example of Kubernetes' page on init containers."""
    mount = [{"name": "work", "mountPath": "/work"}]
    served = [{"name": "work", "mountPath": "/usr/share/nginx/html"}]
    await lab.pod(
        "web",
        {"volumeMounts": served},
        initContainers=[shell("echo made by init > /work/index.html", name="install", volumeMounts=mount)],
        volumes=[{"name": "work", "emptyDir": {}}],
    )
    address = (await lab.ready("web"))["status"]["podIP"]
    assert await fetched(lab, f"http://{address}/") == "made by init\n"


async def test_an_unknown_image_answers_on_its_ports(lab: Any) -> None:
    await lab.pod("shop", {"image": "registry.example/shop:1", "ports": [{"containerPort": 8080}]})
    address = (await lab.ready("shop"))["status"]["podIP"]
    assert "nothing is known of image registry.example/shop:1" in await fetched(lab, f"http://{address}:8080/")
    assert await lab.log("shop") == ""


async def test_a_script_that_prepares_and_then_starts_the_server(lab: Any) -> None:
    script = "echo $HOSTNAME > /usr/share/nginx/html/name && exec nginx -g 'daemon off;'"
    await lab.pod("web", {"command": ["sh", "-c", script]})
    address = (await lab.ready("web"))["status"]["podIP"]
    assert await fetched(lab, f"http://{address}/name") == "web\n"


async def test_an_init_container_waits_for_a_service(lab: Any, eventually: Any) -> None:
    """The example of Kubernetes' page on debugging init containers."""
    script = (
        "until nslookup later.$(cat /var/run/secrets/kubernetes.io/serviceaccount/namespace).svc.cluster.local; "
        "do echo waiting; sleep 0.05; done"
    )
    await lab.pod("app", shell("echo runs; sleep 60"), initContainers=[shell(script, name="wait")])
    await lab.until("app", lambda pod: bool((pod["status"].get("initContainerStatuses") or [{}])[0].get("started")))

    async def waits() -> bool:
        return "waiting\n" in await lab.log("app", container="wait")

    await eventually(waits)
    await lab.create(SERVICES, {"metadata": {"name": "later"}, "spec": {"ports": [{"port": 80}]}})
    await lab.ready("app")


async def test_a_configuration_is_mounted_and_read_only(lab: Any) -> None:
    await lab.create(CONFIG_MAPS, {"metadata": {"name": "settings"}, "data": {"colour": "blue"}})
    volume = {"name": "v", "configMap": {"name": "settings"}}
    script = "cat /etc/settings/colour; echo; echo red > /etc/settings/colour || cat /etc/settings/colour"
    mounts = [{"name": "v", "mountPath": "/etc/settings"}]
    await lab.pod("reader", shell(script, volumeMounts=mounts), volumes=[volume], restartPolicy="Never")
    await lab.until("reader", lambda pod: bool(terminated(pod)))
    assert await lab.log("reader") == "blue\nsh: can't create /etc/settings/colour: Read-only file system\nblue"


async def test_a_liveness_probe_that_is_a_command(lab: Any) -> None:
    """The example of Kubernetes' page on probes: the file that the probe looks at is removed after a while."""
    probe = {"exec": {"command": ["cat", "/tmp/healthy"]}, "periodSeconds": 1, "failureThreshold": 1}
    script = "touch /tmp/healthy; sleep 1.2; rm -f /tmp/healthy; sleep 600"
    await lab.pod("liveness", shell(script, livenessProbe=probe))
    restarted = (await lab.until("liveness", lambda pod: status(pod)["restartCount"] > 0))[-1]
    assert status(restarted)["lastState"]["terminated"]["exitCode"] == 137
    fields = "reason=Unhealthy,involvedObject.name=liveness"
    messages = {event["message"] for event in (await lab.client.list(EVENTS, lab.namespace, fields=fields)).items}
    assert messages == {"Liveness probe failed: cat: /tmp/healthy: No such file or directory"}


async def test_a_readiness_probe_that_is_a_command(lab: Any) -> None:
    probe = {"exec": {"command": ["sh", "-c", "test -f /tmp/ready"]}, "periodSeconds": 1}
    await lab.pod("slow", shell("sleep 0.5; touch /tmp/ready; sleep 60", readinessProbe=probe))
    seen = await lab.until("slow", lambda pod: status(pod).get("ready") is True)
    assert any("running" in status(pod)["state"] and not status(pod)["ready"] for pod in seen)


async def test_hooks_are_carried_out(lab: Any) -> None:
    volume = {"name": "shared", "emptyDir": {}}
    mounts = [{"name": "shared", "mountPath": "/shared"}]
    hooks = {
        "postStart": {"exec": {"command": ["sh", "-c", "echo started > /shared/notes"]}},
        "preStop": {"exec": {"command": ["sh", "-c", "echo stopping >> /shared/notes; sleep 0.2"]}},
    }
    goodbye = "until grep -q stopping /shared/notes; do sleep 0.02; done; cat /shared/notes"
    follower = shell(f"trap '{goodbye}' TERM; echo up; sleep 600", volumeMounts=mounts, name="follower")
    worker = shell("sleep 600", volumeMounts=mounts, lifecycle=hooks)
    await lab.pod("hooked", worker, volumes=[volume], containers=[worker, follower])
    await lab.ready("hooked")
    query = {"container": "follower", "follow": "true"}
    following = asyncio.create_task(lab.log("hooked", **query))
    await lab.client.delete(PODS, "hooked", lab.namespace)
    assert await following == "up\nstarted\nstopping\n"


async def test_a_hook_that_fails_ends_the_container(lab: Any, eventually: Any) -> None:
    hook = {"postStart": {"exec": {"command": ["sh", "-c", "exit 1"]}}}
    await lab.pod("unhooked", shell("sleep 600", lifecycle=hook), restartPolicy="Never")
    await lab.until("unhooked", lambda pod: bool(terminated(pod)))
    fields = "reason=FailedPostStartHook,involvedObject.name=unhooked"

    async def told() -> list[str]:
        return [event["message"] for event in (await lab.client.list(EVENTS, lab.namespace, fields=fields)).items]

    assert await eventually(told) == ["PostStartHook failed"]


@pytest.mark.parametrize(
    ("script", "fields", "code", "message"),
    [
        ("echo done > /dev/termination-log", {}, 0, "done\n"),
        ("echo why > /tmp/why; exit 3", {"terminationMessagePath": "/tmp/why"}, 3, "why\n"),
        ("echo out; echo bad >&2; exit 4", {"terminationMessagePolicy": "FallbackToLogsOnError"}, 4, "out\nbad\n"),
        ("echo out", {"terminationMessagePolicy": "FallbackToLogsOnError"}, 0, None),
        ("trap 'echo bye' EXIT; set -e; false", {}, 1, None),
    ],
)
async def test_how_a_container_ends(lab: Any, script: str, fields: Object, code: int, message: str | None) -> None:
    await lab.pod("ends", shell(script, **fields), restartPolicy="Never")
    end = terminated((await lab.until("ends", lambda pod: bool(terminated(pod))))[-1])
    assert (end["exitCode"], end.get("message")) == (code, message)


async def test_a_command_that_is_not_in_the_image_is_told_where_people_look(lab: Any) -> None:
    await lab.pod("wrong", {"image": "alpine", "command": ["bash", "-c", "true"]})
    failed = (await lab.until("wrong", lambda pod: bool(status(pod)["lastState"])))[-1]
    end = status(failed)["lastState"]["terminated"]
    assert (end["reason"], end["exitCode"]) == ("StartError", 128)
    assert end["message"].endswith('exec: "bash": executable file not found in $PATH')
    assert status(failed)["state"]["waiting"]["reason"] == "CrashLoopBackOff"


async def test_names_are_answered_with_the_records_of_their_services(lab: Any) -> None:
    await lab.pod("web-0", {"image": "traefik/whoami"}, hostname="web-0", subdomain="web")
    pod = await lab.ready("web-0")
    address = pod["status"]["podIP"]
    ports = [{"name": "http", "port": 80}]
    headless = {"clusterIP": "None", "selector": {"app": "web-0"}, "ports": ports}
    await lab.create(SERVICES, {"metadata": {"name": "web"}, "spec": headless})
    front = await lab.create(SERVICES, {"metadata": {"name": "front"}, "spec": {"ports": ports}})
    await lab.create(
        SERVICES, {"metadata": {"name": "out"}, "spec": {"type": "ExternalName", "externalName": "foo.example.com"}}
    )
    await lab.until("web", lambda ends: bool(ends.get("subsets")), ENDPOINTS)
    cluster_ip, domain = front["spec"]["clusterIP"], f"{lab.namespace}.svc.cluster.local"
    asked = {
        f"+short front.{domain}": cluster_ip,
        "+short +search front": cluster_ip,
        "+short front": "",
        f"+short _http._tcp.front.{domain} SRV": f"0 100 80 front.{domain}.",
        f"+short _http._tcp.web.{domain} SRV": f"0 100 80 web-0.web.{domain}.",
        f"+short out.{domain} CNAME": "foo.example.com.",
        f"+short -x {cluster_ip}": f"front.{domain}.",
        f"+short -x {address}": f"web-0.web.{domain}.",
        "+noall +answer +search web-0.web A": f"web-0.web.{domain}.\t30\tIN\tA\t{address}",
    }
    script = "; ".join(f"echo $(dig {words})" for words in asked)
    image = {"image": "registry.k8s.io/e2e-test-images/agnhost:2.56", "command": ["sh", "-c", script]}
    await lab.pod("asking", image, restartPolicy="Never")
    await lab.until("asking", lambda pod: pod["status"]["phase"] == "Succeeded")
    printed = (await lab.log("asking")).splitlines()
    assert dict(zip(asked, printed, strict=True)) == {
        words: answer.replace("\t", " ") for words, answer in asked.items()
    }


async def test_a_pod_waits_for_every_init_container_that_is_not_done(lab: Any) -> None:
    init = [{"name": name, "image": "busybox", "command": ["sleep", "600"]} for name in ("first", "second")]
    await lab.pod("waiting", initContainers=init)

    def runs(pod: Object) -> bool:
        return any("running" in row["state"] for row in pod["status"].get("initContainerStatuses") or ())

    pod = (await lab.until("waiting", runs))[-1]
    conditions = {row["type"]: row for row in pod["status"]["conditions"]}
    assert conditions["Initialized"]["message"] == "containers with incomplete status: [first second]"


async def test_a_read_only_root_is_not_written_to(lab: Any) -> None:
    context = {"securityContext": {"readOnlyRootFilesystem": True}}
    words = {"image": "busybox", "command": ["/bin/sh", "-c", "echo a > /file; echo b > /data/file; cat /data/file"]}
    mount = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    await lab.pod("closed", context | words | mount, restartPolicy="Never", volumes=[{"name": "data", "emptyDir": {}}])
    await lab.until("closed", lambda pod: bool(terminated(pod)))
    assert await lab.log("closed") == "/bin/sh: can't create /file: Read-only file system\nb\n"


async def test_names_of_the_hosts_file_are_known_before_any_other(lab: Any) -> None:
    await lab.pod("web", {"image": "traefik/whoami"})
    address = (await lab.ready("web"))["status"]["podIP"]
    script = "getent hosts here; getent hosts server.example; wget -q -O- http://server.example | grep Hostname"
    image = {"image": "registry.k8s.io/e2e-test-images/agnhost:2.56", "command": ["sh", "-c", script]}
    aliases = [{"ip": address, "hostnames": ["server.example"]}]
    await lab.pod("asking", image, restartPolicy="Never", hostname="here", hostAliases=aliases)
    pod = (await lab.until("asking", lambda pod: bool(terminated(pod))))[-1]
    own, other, answer = (await lab.log("asking")).splitlines()
    assert own.split() == [pod["status"]["podIP"], "here"]
    assert (other.split(), answer) == ([address, "server.example"], "Hostname: web")


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("$(MISSING)/a", "missing value for MISSING"),
        ("$(UP)/a", "unable to provision SubPath `../a`: must not contain '..'"),
        ("$(ROOT)", "error SubPath `/tmp` must not be an absolute path"),
    ],
)
async def test_a_sub_path_that_cannot_be_had_keeps_the_container_waiting(lab: Any, expression: str, why: str) -> None:
    env = [{"name": "UP", "value": ".."}, {"name": "ROOT", "value": "/tmp"}]
    mount = {"env": env, "volumeMounts": [{"name": "data", "mountPath": "/data", "subPathExpr": expression}]}
    await lab.pod("waiting", shell("sleep 600", **mount), volumes=[{"name": "data", "emptyDir": {}}])

    def refused(pod: Object) -> bool:
        waiting = status(pod)["state"].get("waiting") or {}
        return waiting.get("reason") == "CreateContainerConfigError" and waiting["message"] == why

    await lab.until("waiting", refused)


async def test_a_last_line_without_an_end_has_none(lab: Any) -> None:
    fields = {"terminationMessagePolicy": "FallbackToLogsOnError"}
    await lab.pod("unended", shell("echo first; printf DONE; exit 1", **fields), restartPolicy="Never")
    pod = (await lab.until("unended", lambda pod: bool(terminated(pod))))[-1]
    assert terminated(pod)["message"] == "first\nDONE"
    assert await lab.log("unended") == "first\nDONE"
    assert (await lab.log("unended", timestamps="true")).endswith("Z DONE")


async def test_kernel_settings_of_the_pod_are_read(lab: Any) -> None:
    context = {"sysctls": [{"name": "kernel.shm_rmid_forced", "value": "1"}]}
    words = {"command": ["/bin/sysctl", "kernel.shm_rmid_forced"], "image": "busybox"}
    await lab.pod("tuned", words, restartPolicy="Never", securityContext=context)
    await lab.until("tuned", lambda pod: bool(terminated(pod)))
    assert await lab.log("tuned") == "kernel.shm_rmid_forced = 1\n"


async def test_files_are_touched_in_volumes_too(lab: Any) -> None:
    mounts = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    script = "touch /data/new /tmp/new && echo a > /data/old && touch /data/old && cat /data/new /data/old; touch /no/x"
    await lab.pod(
        "touching", shell(script, **mounts), restartPolicy="Never", volumes=[{"name": "data", "emptyDir": {}}]
    )
    await lab.until("touching", lambda pod: bool(terminated(pod)))
    assert await lab.log("touching") == "a\ntouch: /no/x: No such file or directory\n"


async def test_host_ports_lead_to_their_pods(lab: Any) -> None:
    image = "registry.k8s.io/e2e-test-images/agnhost:2.56"
    for name, protocol in (("stream", "TCP"), ("datagram", "UDP")):
        port = {"containerPort": 8080, "hostPort": 54323, "protocol": protocol}
        args = ["netexec", "--http-port=8080", "--udp-port=8080"]
        await lab.pod(name, {"image": image, "args": args, "ports": [port]})
        await lab.ready(name)
    address = lab.node_address
    script = f"curl -s http://{address}:54323/hostname; echo; echo hostname | nc -u -w 1 {address} 54323"
    await lab.pod("asking", {"image": image, "command": ["sh", "-c", script]}, restartPolicy="Never")
    await lab.until("asking", lambda pod: bool(terminated(pod)))
    assert (await lab.log("asking")).split() == ["stream", "datagram"]


async def test_the_hosts_file_of_a_node_can_be_mounted(lab: Any) -> None:
    mount = {"volumeMounts": [{"name": "hosts", "mountPath": "/etc/hosts"}]}
    volumes = [{"name": "hosts", "hostPath": {"path": "/etc/hosts", "type": "File"}}]
    await lab.pod("mounted", shell("head -n 1 /etc/hosts", **mount), restartPolicy="Never", volumes=volumes)
    await lab.until("mounted", lambda pod: bool(terminated(pod)))
    assert await lab.log("mounted") == "127.0.0.1\tlocalhost\n"


async def test_a_servers_page_is_a_file_that_can_be_moved_away(lab: Any) -> None:
    root = "/usr/local/apache2/htdocs"
    hook = {"postStart": {"exec": {"command": ["mv", f"{root}/index.html", f"{root}/hidden.html"]}}}
    await lab.pod("web", {"image": "httpd", "lifecycle": hook})
    address = (await lab.ready("web"))["status"]["podIP"]
    script = f"curl -s http://{address}/hidden.html | grep h1; curl -s http://{address}/index.html"
    await lab.pod("client", {"image": "curlimages/curl", "command": ["sh", "-c", script]}, restartPolicy="Never")
    await lab.until("client", lambda pod: bool(terminated(pod)))
    assert (await lab.log("client")).splitlines() == ["<h1>It works!</h1>", "<h1>404 Not Found</h1>"]


async def test_a_server_whose_folder_is_empty_has_no_page(lab: Any) -> None:
    mounts = {"volumeMounts": [{"name": "html", "mountPath": "/usr/share/nginx/html"}]}
    await lab.pod("empty", {"image": "nginx", **mounts}, volumes=[{"name": "html", "emptyDir": {}}])
    pod = await lab.ready("empty")
    assert "403 Forbidden" in await fetched(lab, f"http://{pod['status']['podIP']}/")


async def test_a_service_leads_on_by_the_protocols_that_it_has(lab: Any) -> None:
    image = "registry.k8s.io/e2e-test-images/agnhost:2.56"
    await lab.pod("both", {"image": image, "args": ["netexec", "--http-port=80", "--udp-port=80"]})
    await lab.ready("both")
    for name, protocol in (("stream", "TCP"), ("datagram", "UDP")):
        spec = {"selector": {"app": "both"}, "ports": [{"port": 80, "protocol": protocol}]}
        await lab.create(SERVICES, {"metadata": {"name": name}, "spec": spec})
        await lab.until(name, lambda ends: bool(ends.get("subsets")), ENDPOINTS)
    script = "for s in stream datagram; do nc -w 1 -z $s 80; echo $?; echo hostname | nc -w 1 -u $s 80; echo; done"
    await lab.pod("asking", {"image": image, "command": ["sh", "-c", script]}, restartPolicy="Never")
    await lab.until("asking", lambda pod: bool(terminated(pod)))
    told = [line for line in (await lab.log("asking")).splitlines() if "refused" not in line and line]
    assert told == ["0", "1", "both"]


async def test_a_probe_looks_for_who_listens(lab: Any) -> None:
    """As people without curl do: by ``netstat``, which sees every container of the pod."""
    looks = {"exec": {"command": ["sh", "-c", "netstat -na | grep LISTEN | grep -q ':80 '"]}, "periodSeconds": 1}
    web = {"name": "web", "image": "nginx"}
    await lab.pod("served", containers=[shell("sleep 600", readinessProbe=looks), web])
    await lab.ready("served")
    script = "netstat -na | grep LISTEN || echo nobody; ss -tln | wc -l"
    await lab.pod("alone", shell(script), restartPolicy="Never")
    await lab.until("alone", lambda pod: bool(terminated(pod)))
    assert (await lab.log("alone")).splitlines() == ["nobody", "1"]


async def test_nobody_listens_in_a_shell_whatever_its_probe_hopes(lab: Any) -> None:
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
    await lab.pod("deaf", shell("sleep 1000", livenessProbe=probe))
    await lab.until("deaf", lambda pod: status(pod)["restartCount"] > 0)


@pytest.mark.parametrize(
    ("image", "context", "why"),
    [
        ("busybox", {}, "container has runAsNonRoot and image will run as root"),
        ("nginx", {"runAsUser": 0}, "container's runAsUser breaks non-root policy"),
        ("curlimages/curl", {}, "container has runAsNonRoot and image has non-numeric user (curl_user), cannot"),
        ("busybox", {"runAsUser": 1000}, ""),
        ("example.com/unknown/image", {}, ""),
    ],
)
async def test_who_must_not_be_root_does_not_start_as_root(lab: Any, image: str, context: Object, why: str) -> None:
    held = {"image": image, "command": ["sleep", "600"], "securityContext": {"runAsNonRoot": True} | context}
    await lab.pod("held", held)

    def judged(pod: Object) -> bool:
        state = status(pod)["state"]
        waiting = state.get("waiting") or {}
        refused = waiting.get("reason") == "CreateContainerConfigError" and waiting["message"].startswith(why)
        return refused if why else "running" in state

    await lab.until("held", judged)


async def test_in_the_nodes_network_a_pod_is_called_as_its_node(lab: Any) -> None:
    script = 'hostname; cat /etc/hostname; echo "$HOSTNAME"; sleep 600'
    await lab.pod("guest", shell(script), hostNetwork=True, hostname="mine", subdomain="of")
    pod = await lab.ready("guest")
    assert (await lab.log("guest")).splitlines() == [pod["spec"]["nodeName"]] * 3
