"""Services, endpoints, ingresses and network policies that are wrong."""

from __future__ import annotations

from typing import Any

from tests.kinds.refusals.play import Case, Object

PORT: Object = {"port": 80}


def service(metadata: Object | None = None, **spec: Any) -> Case:
    return Case("Service", {"metadata": metadata or {}, "spec": {"ports": [PORT], **spec}})


def endpoints(*subsets: Object) -> Case:
    return Case("Endpoints", {"subsets": list(subsets)})


def slice_of(kind: str, *endpoints: Object, **fields: Any) -> Case:
    return Case("EndpointSlice", {"addressType": kind, "endpoints": list(endpoints), **fields})


BACKEND: Object = {"service": {"name": "s", "port": {"number": 80}}}


def ingress(metadata: Object | None = None, **spec: Any) -> Case:
    return Case("Ingress", {"metadata": metadata or {}, "spec": {"defaultBackend": BACKEND, **spec}})


def path(**fields: Any) -> Case:
    row = {"path": "/", "pathType": "Prefix", "backend": BACKEND, **fields}
    return ingress(rules=[{"http": {"paths": [{key: value for key, value in row.items() if value is not None}]}}])


def policy(**spec: Any) -> Case:
    return Case("NetworkPolicy", {"spec": {"podSelector": {}, **spec}})


def port_of(**port: Any) -> Case:
    return policy(ingress=[{"ports": [port]}])


def peer(**fields: Any) -> Case:
    return policy(egress=[{"to": [fields]}])


def ingress_class(**spec: Any) -> Case:
    return Case("IngressClass", {"metadata": {"name": "liqolab-x"}, "spec": {"controller": "a.b/c", **spec}})


CASES = {
    "service of nothing": Case("Service", {"spec": {}}),
    "service without port": service(ports=[{"name": "a"}]),
    "service name": service({"name": "1a"}),
    "two ports without names": service(ports=[PORT, {"port": 81}]),
    "two equal ports": service(ports=[{"name": "a", "port": 80}, {"name": "b", "port": 80}]),
    "two ports of a name": service(ports=[{"name": "a", "port": 80}, {"name": "a", "port": 81}]),
    "odd ports": service(
        ports=[{"name": "A", "port": 70000, "protocol": "ICMP", "targetPort": "a--b", "appProtocol": "-"}]
    ),
    "target port": service(ports=[{"port": 80, "targetPort": 70000}]),
    "node port of a cluster service": service(ports=[{"port": 80, "nodePort": 30080}]),
    "node port twice": service(
        type="NodePort", ports=[{"name": name, "port": 80 + n, "nodePort": 30999} for n, name in enumerate("ab")]
    ),
    "node port out of range": service(type="NodePort", ports=[{"port": 80, "nodePort": 80}]),
    "type": service(type="Odd"),
    "affinity": service(sessionAffinity="Odd"),
    "affinity timeout": service(
        sessionAffinity="ClientIP", sessionAffinityConfig={"clientIP": {"timeoutSeconds": 100000}}
    ),
    "external name": service(type="ExternalName"),
    "external name odd": service(type="ExternalName", externalName="A_b", clusterIP="10.0.0.1"),
    "headless node port": service(type="NodePort", clusterIP="None"),
    "headless balancer": service(type="LoadBalancer", clusterIP="None"),
    "selector": service(selector={"a": "x y"}),
    "external addresses": service(
        externalIPs=["a", "127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.1", "::1", "fe80::1", "203.0.113.7"]
    ),
    "family": service(ipFamilies=["IPv5"]),
    "family policy": service(ipFamilyPolicy="Odd"),
    "source ranges": service(type="LoadBalancer", loadBalancerSourceRanges=["a", "10.0.0.0/33"]),
    "source ranges of no balancer": service(loadBalancerSourceRanges=["10.0.0.0/8"]),
    "balancer class": service(loadBalancerClass="a", allocateLoadBalancerNodePorts=True),
    "balancer class odd": service(type="LoadBalancer", loadBalancerClass="a b"),
    "traffic policy": service(externalTrafficPolicy="Local", internalTrafficPolicy="Odd"),
    "traffic policy odd": service(type="NodePort", externalTrafficPolicy="Odd", trafficDistribution="Odd"),
    "health check": service(healthCheckNodePort=30000),
    "topology": service(
        {
            "annotations": {
                "service.kubernetes.io/topology-mode": "Auto",
                "service.kubernetes.io/topology-aware-hints": "Disabled",
            }
        }
    ),
    "endpoints of nothing": endpoints({}),
    "endpoints": endpoints(
        {
            "addresses": [{"ip": "a"}, {"ip": "127.0.0.1", "hostname": "A", "nodeName": "A"}],
            "ports": [{"port": 0}, {"name": "A", "port": 1, "protocol": "X"}],
        }
    ),
    "slice type": slice_of("IPv5", {"addresses": ["10.0.0.1"]}),
    "slice without type": Case("EndpointSlice", {"endpoints": []}),
    "slice": slice_of(
        "IPv4",
        {"addresses": []},
        {"addresses": ["a"]},
        {"addresses": ["::1"], "hostname": "A", "nodeName": "A"},
        {"addresses": ["127.0.0.1"]},
        ports=[{"name": "A"}, {"name": "b", "protocol": "X"}, {"name": "b", "appProtocol": "-"}],
    ),
    "slice of names": slice_of("FQDN", {"addresses": ["a", "A.b", "a.b"]}),
    "slice of six": slice_of("IPv6", {"addresses": ["fd00:0::1", "10.0.0.1"]}),
    "slice hints": slice_of(
        "IPv4", {"addresses": ["10.0.0.1"], "hints": {"forZones": [{"name": "a"}, {"name": "a"}, {"name": "x y"}]}}
    ),
    "ingress of nothing": Case("Ingress", {"spec": {}}),
    "ingress backend": ingress(defaultBackend={}),
    "ingress backends": ingress(defaultBackend={**BACKEND, "resource": {"kind": "a", "name": "b"}}),
    "ingress resource": ingress(defaultBackend={"resource": {"apiGroup": "A", "kind": "", "name": "a/b"}}),
    "ingress service": ingress(defaultBackend={"service": {"name": "A", "port": {}}}),
    "ingress service ports": ingress(defaultBackend={"service": {"name": "", "port": {"name": "a", "number": 1}}}),
    "ingress service port name": ingress(defaultBackend={"service": {"name": "a", "port": {"name": "A--b"}}}),
    "ingress service port number": ingress(defaultBackend={"service": {"name": "a", "port": {"number": 70000}}}),
    "ingress host": ingress(rules=[{"host": "A b"}, {"host": "10.0.0.1"}, {"host": "*"}, {"host": "a.*.b"}]),
    "ingress without paths": ingress(rules=[{"http": {"paths": []}}]),
    "ingress path type": path(pathType="Odd"),
    "ingress no path type": path(pathType=None),
    "ingress relative path": path(path="a"),
    "ingress implementation path": path(path="a", pathType="ImplementationSpecific"),
    "ingress odd path": path(path="/a//b/../c/%2f/..", pathType="Exact"),
    "ingress tls": ingress(tls=[{"hosts": ["A", "*.a.b", "*"], "secretName": "A"}]),
    "ingress class name": ingress(ingressClassName="A b"),
    "ingress class twice": ingress({"annotations": {"kubernetes.io/ingress.class": "a"}}, ingressClassName="b"),
    "class controller": ingress_class(controller="abc"),
    "class controller path": ingress_class(controller="A b/c d"),
    "class without controller": ingress_class(controller=""),
    "class parameters": ingress_class(parameters={"kind": "", "name": "a/b", "scope": "Odd"}),
    "class parameters namespace": ingress_class(parameters={"kind": "a", "name": "b", "scope": "Namespace"}),
    "class parameters of cluster": ingress_class(parameters={"kind": "a", "name": "b", "namespace": "c"}),
    "policy selector": policy(podSelector={"matchExpressions": [{"key": "a", "operator": "Is"}]}),
    "policy types": policy(policyTypes=["Odd", "Ingress", "Egress"]),
    "policy protocol": port_of(protocol="ICMP", port=0),
    "policy port name": port_of(port="A--b", endPort=5),
    "policy port range": port_of(port=80, endPort=70),
    "policy end without port": port_of(endPort=70000),
    "policy nobody": peer(),
    "policy block": peer(ipBlock={"cidr": "", "except": ["10.0.0.0/8"]}),
    "policy block odd": peer(ipBlock={"cidr": "10.0.0.0/8", "except": ["a", "11.0.0.0/16", "10.0.0.0/8"]}),
    "policy block and peer": peer(ipBlock={"cidr": "10.0.0.0/8"}, podSelector={}),
}
