"""Who a container is: its user, its names and its address, and the files that say so."""

from __future__ import annotations

from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.kube.node import texts
from liqolab.kube.node.fields import hostname_of
from liqolab.kube.node.machine.machine_files import PROC_FILES
from liqolab.kube.node.service_proxy import CLUSTER_DOMAIN

_HOST_NETWORK = "# Kubernetes-managed hosts file (host network)."


@dataclass(frozen=True, slots=True)
class Identity:
    """What a container's system files and `id` say.

    Attributes:
        uid, gid, groups: of its processes.
        hostname: of the pod.
        fqdn: the same with its subdomain, where it has one.
        address: the pod's.
    """

    uid: int
    gid: int
    groups: tuple[int, ...]
    hostname: str
    fqdn: str
    address: str

    @property
    def user_name(self) -> str:
        """Its name in ``/etc/passwd``; empty for users that only a security context knows."""
        return {0: "root", 65534: "nobody"}.get(self.uid, "")

    @property
    def group_name(self) -> str:
        return {0: "root", 65534: "nobody"}.get(self.gid, "")

    @property
    def home(self) -> str:
        return "/root" if self.uid == 0 else "/"


def identity_of(pod: Object, spec: Object, address: str) -> Identity:
    """Read it from the pod and its container's security context."""
    shared, own = pod["spec"].get("securityContext") or {}, spec.get("securityContext") or {}
    uid = int(_first(own.get("runAsUser"), shared.get("runAsUser"), 0))
    gid = int(_first(own.get("runAsGroup"), shared.get("runAsGroup"), 0))
    more = [int(number) for number in (shared.get("fsGroup"), *(shared.get("supplementalGroups") or ())) if number]
    hostname = hostname_of(pod)
    subdomain = None if pod["spec"].get("hostNetwork") else pod["spec"].get("subdomain")
    fqdn = f"{hostname}.{subdomain}.{meta.namespace(pod)}.svc.{CLUSTER_DOMAIN}" if subdomain else hostname
    return Identity(uid, gid, tuple(dict.fromkeys((gid, *more))), hostname, fqdn, address)


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)


def system_files(pod: Object, identity: Identity, release: str, nameserver: str) -> dict[str, str]:
    """``/etc`` of a container.

    Args:
        pod: for its hostAliases and DNS settings.
        identity: see `identity_of`.
        release: ``/etc/os-release``; empty for images without one.
        nameserver: the cluster's.
    """
    user = "" if identity.user_name else f"{identity.uid}:x:{identity.uid}:{identity.gid}::/:/sbin/nologin\n"
    files = {
        "/etc/hostname": identity.hostname + "\n",
        "/etc/hosts": _hosts(pod, identity),
        "/etc/resolv.conf": _resolv_conf(pod, nameserver),
        "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
        + user,
        "/etc/group": "root:x:0:\nnobody:x:65534:\n",
        "/proc/sys/kernel/hostname": identity.hostname + "\n",
        **PROC_FILES,
    }
    for row in (pod["spec"].get("securityContext") or {}).get("sysctls") or ():
        files["/proc/sys/" + row["name"].replace(".", "/")] = f"{row['value']}\n"
    return files | ({"/etc/os-release": release} if release else {})


def _hosts(pod: Object, identity: Identity) -> str:
    if pod["spec"].get("hostNetwork"):
        return f"{_HOST_NETWORK}\n{texts.NODE_HOSTS}{_aliases(pod)}"
    names = identity.hostname if identity.fqdn == identity.hostname else f"{identity.fqdn}\t{identity.hostname}"
    rows = [
        "# Kubernetes-managed hosts file.",
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::0\tip6-localnet",
        "fe00::0\tip6-mcastprefix",
        "fe00::1\tip6-allnodes",
        "fe00::2\tip6-allrouters",
        f"{identity.address}\t{names}",
    ]
    return "\n".join(rows) + "\n" + _aliases(pod)


def host_names(pod: Object, identity: Identity) -> dict[str, str]:
    """Name → address, of the container's ``/etc/hosts``, but for the machine itself."""
    aliases = pod["spec"].get("hostAliases") or ()
    found = {name: str(alias["ip"]) for alias in aliases for name in alias.get("hostnames") or ()}
    if pod["spec"].get("hostNetwork"):
        return found
    return {identity.fqdn: identity.address, identity.hostname: identity.address} | found


def _aliases(pod: Object) -> str:
    aliases = pod["spec"].get("hostAliases")
    if not aliases:
        return ""
    rows = ["\t".join((alias["ip"], *(alias.get("hostnames") or ()))) for alias in aliases]
    return "\n".join(["", "# Entries added by HostAliases.", *rows]) + "\n"


def _resolv_conf(pod: Object, nameserver: str) -> str:
    policy, custom = pod["spec"].get("dnsPolicy") or "ClusterFirst", pod["spec"].get("dnsConfig") or {}
    servers, searches, options = [], [], []
    if policy != "None":
        space = meta.namespace(pod)
        searches = [f"{space}.svc.{CLUSTER_DOMAIN}", f"svc.{CLUSTER_DOMAIN}", CLUSTER_DOMAIN]
        servers, options = [nameserver], ["ndots:5"]
    servers += custom.get("nameservers") or ()
    searches += custom.get("searches") or ()
    for row in custom.get("options") or ():
        options = [old for old in options if old.partition(":")[0] != row["name"]]
        options.append(f"{row['name']}:{row['value']}" if row.get("value") else row["name"])
    rows = [f"search {' '.join(searches)}"] if searches else []
    rows += [f"nameserver {server}" for server in servers if server]
    rows += [f"options {' '.join(options)}"] if options else []
    return "\n".join(rows) + "\n"
