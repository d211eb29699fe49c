"""What the lab does in place of well-known images, as far as lessons need it."""

from __future__ import annotations

from typing import Any

from tests.node.people import Person, claim, mount, pod, uses

Object = dict[str, Any]


def service(name: str, port: int) -> Object:
    spec = {"selector": {"app": name}, "ports": [{"port": port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def server(name: str, image: str, port: int, **container: Any) -> Object:
    body = pod(name, "", container.pop("volumes", []), container.pop("volumeMounts", []))
    body["metadata"]["labels"] = {"app": name}
    mounts = body["spec"]["containers"][0]["volumeMounts"]
    fields = {"name": "c", "image": image, "ports": [{"containerPort": port}], "volumeMounts": mounts} | container
    body["spec"]["containers"] = [fields]
    return body


def test_redis_keeps_what_it_is_told(person: Person) -> None:
    args = ["--appendonly", "yes"]
    store = server("store", "redis:8", 6379, args=args, volumes=uses("data"), volumeMounts=[mount("/data")])
    person.ready(claim("data"), store, service("store", 6379))
    cli = ("exec", "store", "--", "redis-cli")
    assert person(*cli, "ping") == "PONG\n"
    assert person(*cli, "set", "k", "a b") == "OK\n"
    assert [person(*cli, "incr", "n") for _ in range(2)] == ["1\n", "2\n"]
    script = "set t 1 EX 100\nttl t\nrpush l a b\nlrange l 0 -1\nget nothing\nbad\n"
    told = person("exec", "-i", "store", "--", "redis-cli", stdin=script)
    assert 'OK\n127.0.0.1:6379> (integer) 100\n127.0.0.1:6379> (integer) 2\n127.0.0.1:6379> 1) "a"\n2) "b"\n' in told
    assert "(nil)\n" in told and "(error) ERR unknown command 'bad'" in told
    person("delete", "pod", "store")
    person.ready(store, server("client", "redis:alpine", 6379, command=["sleep", "1000"]))
    assert person("exec", "client", "--", "redis-cli", "-h", "store", "get", "k") == "a b\n"
    assert "Could not connect to Redis" in person("exec", "client", "--", "redis-cli", "get", "k", code=1)
    asking = ("redis-cli", "-h", "store", "get", "k")
    assert "a b" in person("run", "asks", "--image=redis", "--restart=Never", "-i", "--rm", "--", *asking)


def test_a_replica_of_redis_follows_its_leader(person: Person) -> None:
    follower = ["redis-server", "--replicaof", "leader", "6379", "--masterauth", "secret"]
    person.ready(
        server("leader", "redis", 6379, args=["--requirepass", "secret"]),
        service("leader", 6379),
        server("follower", "public.ecr.aws/docker/library/redis:8-alpine", 6379, command=follower),
    )
    assert person("exec", "leader", "--", "redis-cli", "ping") == "NOAUTH Authentication required.\n\n"
    person("exec", "leader", "--", "redis-cli", "-a", "secret", "set", "k", "v")
    seen = 'until [ "$(redis-cli get k)" = v ]; do sleep 0.1; done; redis-cli set k w'
    assert person.sh("follower", seen).startswith("READONLY You can't write against a read only replica.")


NGINX = """
server {
  listen 8080;
  location = /healthz { return 200 "ok from $hostname\\n"; }
  location /old/ { return 301 /new/; }
  location /api/ { proxy_pass http://backend:5000/; }
  location / { root /data; index main.html; add_header X-Pod $hostname; }
}
"""


def test_nginx_does_what_its_configuration_says(person: Person) -> None:
    person("create", "configmap", "conf", f"--from-literal=default.conf={NGINX}", "--from-literal=main.html=main")
    volumes = [{"name": "v", "configMap": {"name": "conf"}}]
    web = server("web", "nginx:1.29", 80, volumes=volumes, volumeMounts=[mount("/etc/nginx/conf.d"), mount("/data")])
    web["spec"]["containers"][0].pop("ports")
    echo = server("backend", "hashicorp/http-echo", 1, args=["-text=echoed", "-listen=:5000"])
    person.ready(web, echo, service("backend", 5000))
    ask = "curl -s http://localhost:8080"
    assert person.sh("web", f"{ask}/healthz; {ask}/; echo; {ask}/api/x") == "ok from web\nmain\nechoed\n"
    assert "Location: /new/" in person.sh("web", "curl -sI http://localhost:8080/old/x")
    assert "X-Pod: web" in person.sh("web", "curl -sI http://localhost:8080/")
    assert "404" in person.sh("web", "curl -s -o /dev/null -w '%{http_code}' http://localhost:8080/nothing")


def test_the_job_of_kubernetes_documentation_prints_pi(person: Person) -> None:
    command = ["perl", "-Mbignum=bpi", "-wle", "print bpi(2000)"]
    template = {"restartPolicy": "Never", "containers": [{"name": "pi", "image": "perl:5.34.0", "command": command}]}
    person.apply(
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "pi"}, "spec": {"template": {"spec": template}}}
    )
    person("wait", "--for=condition=Complete", "job/pi", "--timeout=30s")
    printed = person("logs", "job/pi")
    assert printed.startswith("3.14159265358979323846") and len(printed) == 2002


def test_python_serves_a_folder(person: Person) -> None:
    words = ["python", "-m", "http.server", "8080"]
    person.ready(server("web", "python:3.13", 8080, command=words, workingDir="/srv"))
    path = f"/api/v1/namespaces/{person.space}/pods/web:8080/proxy"
    assert person.sh("web", "echo hi > /srv/f; python --version") == "Python 3.13.9\n"
    assert '<li><a href="f">f</a></li>' in person.kubectl("get", "--raw", f"{path}/")
    assert person.kubectl("get", "--raw", f"{path}/f") == "hi\n"


def test_postgres_keeps_simple_tables(person: Person) -> None:
    env = [{"name": "POSTGRES_PASSWORD", "value": "x"}]
    mounts = [mount("/var/lib/postgresql/data")]
    body = server("db", "postgres:17", 5432, env=env, volumes=uses("data"), volumeMounts=mounts)
    body["spec"]["containers"][0]["readinessProbe"] = {"exec": {"command": ["pg_isready", "-U", "postgres"]}}
    person.ready(claim("data"), body, service("db", 5432))
    psql = ("exec", "db", "--", "psql", "-U", "postgres", "-c")
    assert person(*psql, "select 1 as one") == " one \n-----\n   1\n(1 row)\n\n"
    assert person(*psql, "CREATE TABLE t (id serial primary key, name text)") == "CREATE TABLE\n"
    assert person(*psql, "INSERT INTO t (name) VALUES ('a'), ('b')") == "INSERT 0 2\n"
    assert "not authorized" in person(*psql, "ATTACH '/tmp/liqolab-attached' AS a", code=1)
    person("delete", "pod", "db")
    person.ready(body)
    assert person("exec", "db", "--", "psql", "-h", "db", "-tc", "select name from t order by id") == " a\n b\n\n"
