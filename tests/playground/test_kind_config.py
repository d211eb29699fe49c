"""KinD configurations are read as KinD v0.30 reads them; the errors are those it printed for the same files."""

from __future__ import annotations

from pathlib import Path

import pytest

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.topology import ClusterSpec, NodeSpec, cluster_of

HEAD = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n"
META = "could not determine kind / apiVersion for config: yaml: "
DECODE = "unable to decode config: "
UNMARSHAL = f"{DECODE}yaml: unmarshal errors:\n"


def read(text: str, name: str = "", image: str = "") -> ClusterSpec:
    return cluster_of((HEAD + text).encode(), name, image=image)


def only_node(patch: str, version: str = "v1.34.0", **fields: str) -> NodeSpec:
    lines = patch.replace("\n", "\n    ")
    extra = "".join(f"  {key}: {value}\n" for key, value in fields.items())
    spec = read(f"nodes:\n- image: kindest/node:{version}\n{extra}  kubeadmConfigPatches:\n  - |\n    {lines}")
    return spec.nodes[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "foo: 1\nnodes:\n- role: worker\n  bar: x\nnetworking:\n  qux: 1",
            f"{UNMARSHAL}  line 3: field foo not found in type v1alpha4.Cluster\n"
            "  line 6: field bar not found in type v1alpha4.Node\n"
            "  line 8: field qux not found in type v1alpha4.Networking",
        ),
        ("nodes: {}", f"{UNMARSHAL}  line 3: cannot unmarshal !!map into []v1alpha4.Node"),
        (
            "nodes: [1]\nname: [x]",
            f"{UNMARSHAL}  line 3: cannot unmarshal !!int `1` into v1alpha4.Node\n"
            "  line 4: cannot unmarshal !!seq into string",
        ),
        (
            "nodes:\n- extraPortMappings:\n  - containerport: 80",
            f"{UNMARSHAL}  line 5: field containerport not found in type v1alpha4.PortMappingAlias",
        ),
        ("nodes:\n- extraPortMappings:\n  - protocol: HTTP", f'{DECODE}Unknown PortMappingProtocol: "HTTP"'),
        ("nodes:\n- extraMounts:\n  - propagation: x", f'{DECODE}Unknown MountPropagation: "x"'),
        ("featureGates: {A: maybe}", f"{UNMARSHAL}  line 3: cannot unmarshal !!str `maybe` into bool"),
        (
            "networking: {apiServerPort: 99999999999}",
            f"{UNMARSHAL}  line 3: cannot unmarshal !!int `9999999...` into int32",
        ),
        ("name: a\nname: b", f'{META}unmarshal errors:\n  line 4: mapping key "name" already defined at line 3'),
        ("? [a]\n: 1", f"{META}unmarshal errors:\n  line 3: cannot unmarshal !!seq into string"),
        ("nodes: [{role: worker}]", "must have at least one control-plane node"),
        (
            "name: Rome\nnodes: [{role: boss}]",
            "['Rome' is not a valid cluster name, cluster names must match `^[a-z0-9.-]+$`, invalid configuration for "
            'node 0: "boss" is not a valid node role, must have at least one control-plane node]',
        ),
        (
            "networking: {podSubnet: nonsense, ipFamily: ipv5, kubeProxyMode: x}",
            '[invalid ipFamily: ipv5, invalid pod subnet failed to parse cidr value:"nonsense" with error: '
            "invalid CIDR address: nonsense, invalid kubeProxyMode: x]",
        ),
        (
            "networking: {serviceSubnet: '10.0.0.0/16,10.1.0.0/16'}",
            "invalid service subnet only one CIDR allowed for single-stack networking",
        ),
        (
            "nodes: [{extraPortMappings: [{hostPort: 70000}]}]",
            "invalid configuration for node 0: invalid hostPort: invalid port number: 70000",
        ),
        (
            "nodes: [{extraPortMappings: [{hostPort: 80, listenAddress: 0.0.0.0}, {hostPort: 80}]}]",
            "invalid configuration for node 0: invalid portMapping: port mapping with same listen address, port and "
            "protocol already configured: <nil>:80/TCP",
        ),
    ],
)
def test_what_kind_refuses_is_refused_in_its_words(text: str, message: str) -> None:
    with pytest.raises(PlaygroundError) as caught:
        read(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "unknown apiVersion: "),
        (b"kind: Cluster", "unknown apiVersion: "),
        (b"kind: Pod\napiVersion: kind.x-k8s.io/v1alpha4", "unknown kind Pod for apiVersion: kind.x-k8s.io/v1alpha4"),
        (b"[1]", f"{META}unmarshal errors:\n  line 1: cannot unmarshal !!seq into encoding.typeMeta"),
        (b"\xff\xfe", f"{META}invalid leading UTF-8 octet"),
        (b"kind: \x00", f"{META}control characters are not allowed"),
    ],
)
def test_what_is_no_configuration_says_so(raw: bytes, message: str) -> None:
    with pytest.raises(PlaygroundError) as caught:
        cluster_of(raw)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [("", "", "kind"), ("name: rome", "", "rome"), ("name: rome", "venice", "venice"), ("name:", "", "kind")],
)
def test_a_name_on_the_command_line_overrides_that_of_the_file(text: str, name: str, expected: str) -> None:
    assert read(text, name).nodes[0].name == f"{expected}-control-plane"


def test_each_node_has_the_version_of_its_own_image() -> None:
    nodes = "nodes: [{role: worker}, {image: 'kindest/node:v1.23.6@sha256:0'}, {role: worker, image: 'x:1.30.2-a'}]"
    spec = read(nodes)
    assert [node.version for node in spec.nodes] == ["v1.34.0", "v1.23.6", "v1.30.2"]
    assert spec.version == "v1.23.6"
    assert {node.version for node in read(nodes, image="kindest/node:v1.29.1").nodes} == {"v1.29.1"}


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("featureGates: {A: true}", "featureGates (A=true): has no effect"),
        ("runtimeConfig: {api/alpha: 'true'}", "runtimeConfig (api/alpha=true): has no effect"),
        ("containerdConfigPatches: ['a = 1']", "containerdConfigPatches: has no effect"),
        ("networking: {ipFamily: dual}", "IPv4 networks only"),
        ("networking: {disableDefaultCNI: true}", "kindnet is left out"),
        ("networking: {kubeProxyMode: none}", "kube-proxy is left out"),
        ("networking: {kubeProxyMode: nftables}", "kubeProxyMode: nftables: has no effect"),
        ("networking: {apiServerAddress: 0.0.0.0}", "127.0.0.1 is used"),
        ("networking: {dnsSearch: [a.b]}", "dnsSearch: has no effect"),
        ("nodes: [{extraMounts: [{containerPath: /data, hostPath: /}]}]", "extraMounts /data: nothing is mounted"),
        ("nodes: [{extraPortMappings: [{containerPort: 53, protocol: udp}]}]", "UDP is not carried"),
        ("nodes: [{extraPortMappings: [{listenAddress: '::'}]}]", "127.0.0.1 is used for ::"),
        ("nodes: [{image: 'kindest/node:latest'}]", "says no version in its tag"),
        ("kubeadmConfigPatches: ['{kind: ClusterConfiguration, clusterName: x}']", "ClusterConfiguration clusterName"),
        ("kubeadmConfigPatches: ['{kind: KubeletConfiguration, maxPods: 9}']", "KubeletConfiguration maxPods"),
        (
            "kubeadmConfigPatches: ['{kind: InitConfiguration, apiVersion: kubeadm.k8s.io/v1beta4}']",
            "InitConfiguration kubeadm.k8s.io/v1beta4 (no such document is made)",
        ),
    ],
)
def test_what_cannot_be_honoured_is_told(text: str, warning: str) -> None:
    assert [warning in told for told in read(text).warnings] == [True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("networking: {ipFamily: ipv6}", "IPv4 networks only"),
        ("networking: {apiServerAddress: here}", "is not an address"),
        ("containerdConfigPatches: ['= 1']", "not TOML"),
        ("kubeadmConfigPatches: ['b o g u s']", "failed to parse type meta"),
        ("nodes: [{labels: {node-role.kubernetes.io/worker: ''}}]", r"\[node-role.kubernetes.io/worker\]"),
        (
            "kubeadmConfigPatchesJSON6902: [{kind: KubeletConfiguration, patch: '[{op: remove, path: /x}]'}]",
            "failed to apply a kubeadm patch for KubeletConfiguration",
        ),
    ],
)
def test_what_would_make_it_another_cluster_is_refused(text: str, message: str) -> None:
    with pytest.raises(PlaygroundError, match=message):
        read(text)


def test_kubeadm_patches_give_nodes_labels_and_taints() -> None:
    patch = (
        "kind: InitConfiguration\nnodeRegistration:\n  taints: [{key: a, effect: NoExecute}]\n"
        "  kubeletExtraArgs: {node-labels: 'ingress-ready=true,x=y'}\n---\nkind: JoinConfiguration\n"
        "nodeRegistration:\n  kubeletExtraArgs: {node-labels: 'other=1'}"
    )
    node = only_node(patch, labels="{old: gone}")
    assert node.labels == {"ingress-ready": "true", "x": "y"}
    assert node.taints == ({"key": "a", "effect": "NoExecute"},)


def test_a_clusters_patches_come_before_a_nodes() -> None:
    spec = read(
        "kubeadmConfigPatches:\n"
        "- '{kind: JoinConfiguration, nodeRegistration: {kubeletExtraArgs: {node-labels: a=1}, taints: []}}'\n"
        "nodes:\n- {}\n- role: worker\n- role: worker\n  kubeadmConfigPatchesJSON6902:\n"
        "  - {group: kubeadm.k8s.io, version: v1beta3, kind: JoinConfiguration, patch: '[{op: replace, "
        "path: /nodeRegistration/kubeletExtraArgs/node-labels, value: b=2}]'}"
    )
    assert [(dict(node.labels), node.taints) for node in spec.nodes] == [({}, None), ({"a": "1"}, ()), ({"b": "2"}, ())]
    assert spec.warnings == ()


def test_a_file_is_named_where_it_is_not_on_the_command_line(tmp_path: Path) -> None:
    from liqolab.playground.topology import from_kind_config

    path = tmp_path / "cluster.yaml"
    with pytest.raises(PlaygroundError, match=r"cluster\.yaml: cannot be read: No such file"):
        from_kind_config("rome", path)
    path.write_text(HEAD + "nmae: x")
    with pytest.raises(PlaygroundError, match=r"cluster\.yaml: unable to decode config"):
        from_kind_config("rome", path)
