"""What the Pod Security Standards ask of a pod: the checks of the levels *baseline* and *restricted*.

Source: ``k8s.io/pod-security-admission/policy``, as of 1.34. Each check says nothing, or a reason (which is all that a
warning about pods that exist says) and details. Some came, or changed, with a version; a namespace may ask for an older
one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import quoted

NEWEST: Final = 34
"""The minor of the version whose checks are the latest here."""


class Violation(NamedTuple):
    """What a check has against a pod."""

    reason: str
    detail: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})"


class _Pod(NamedTuple):
    """A pod, or a template of pods, as one check sees it."""

    metadata: Object
    spec: Object
    minor: int

    def containers(self) -> Iterator[Object]:
        for field in ("initContainers", "containers", "ephemeralContainers"):
            yield from self.spec.get(field) or ()

    @property
    def security(self) -> Object:
        found: Object = self.spec.get("securityContext") or {}
        return found

    @property
    def is_windows(self) -> bool:
        """Versions since 1.25 leave to pods of Windows what it does not have."""
        return self.minor >= 25 and meta.get_path(self.spec, "os", "name") == "windows"


_Check = Callable[[_Pod], Violation | None]


def violations(level: str, minor: int, metadata: Object, spec: Object) -> list[Violation]:
    """All that a level has against a pod, in its order.

    Args:
        level: ``privileged``, ``baseline`` or ``restricted``.
        minor: of the version of the checks; any beyond the newest means the newest.
        metadata: of the pod or template.
        spec: of the pod or template.
    """
    if level == "privileged":
        return []
    pod = _Pod(metadata, spec, min(minor, NEWEST))
    checks = [check for since, check in _BASELINE if pod.minor >= since]
    if level == "restricted":
        stricter = [(check, instead) for since, check, instead in _RESTRICTED if pod.minor >= since]
        replaced = {instead for _, instead in stricter}
        checks = [*(check for check in checks if check not in replaced), *(check for check, _ in stricter)]
    return [found for check in checks if (found := check(pod)) is not None]


def _listed(items: Iterable[str]) -> str:
    return ", ".join(f'"{item}"' for item in items)


def _count(noun: str, items: Sequence[Any], plural: str = "") -> str:
    return noun if len(items) == 1 else plural or f"{noun}s"


def _named(noun: str, items: Sequence[str]) -> str:
    return f"{_count(noun, items)} {_listed(items)}"


def _use(items: Sequence[str]) -> str:
    return _count("uses", items, "use")


def _security(container: Object) -> Object:
    found: Object = container.get("securityContext") or {}
    return found


def _where(pod: _Pod, is_bad: Callable[[Object], bool]) -> list[str]:
    """The containers whose security context is bad."""
    return [container["name"] for container in pod.containers() if is_bad(_security(container))]


def _setters(pod: _Pod, is_bad: Callable[[Object], bool]) -> str:
    """Which of the pod and its containers have a bad security context, in words; empty if none."""
    found = ["pod"] if is_bad(pod.security) else []
    if containers := _where(pod, is_bad):
        found.append(_named("container", containers))
    return " and ".join(found)


_APP_ARMOR: Final = "container.apparmor.security.beta.kubernetes.io/"
_CONFINED: Final = ("RuntimeDefault", "Localhost")


def _app_armor(pod: _Pod) -> Violation | None:
    values: set[str] = set()

    def is_bad(context: Object) -> bool:
        profile = context.get("appArmorProfile")
        if profile is None or profile.get("type") in _CONFINED:
            return False
        values.add(profile.get("type") or "")
        return True

    setters = _setters(pod, is_bad)
    annotations = sorted(
        f"{key}={quoted(value)}"
        for key, value in (pod.metadata.get("annotations") or {}).items()
        if key.startswith(_APP_ARMOR) and value not in ("", "runtime/default") and not value.startswith("localhost/")
    )
    if annotations:
        setters = " and ".join(filter(None, (setters, _count("annotation", annotations))))
    if not setters:
        return None
    bad = [*sorted(values), *annotations]
    text = f"{setters} must not set AppArmor profile type to {_listed(bad)}"
    return Violation(_count("forbidden AppArmor profile", bad), text)


_CAPABILITIES: Final = frozenset(
    (
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    )
)


def _added(pod: _Pod, allowed: Iterable[str]) -> str:
    """Who adds which capabilities, in words; empty if nobody does."""
    bad: set[str] = set()

    def is_bad(context: Object) -> bool:
        more = set(meta.get_path(context, "capabilities", "add") or ()).difference(allowed)
        bad.update(more)
        return bool(more)

    containers = _where(pod, is_bad)
    if not containers:
        return ""
    return (
        f"{_named('container', containers)} must not include {_listed(sorted(bad))} in securityContext.capabilities.add"
    )


def _capabilities(pod: _Pod) -> Violation | None:
    text = _added(pod, _CAPABILITIES)
    return Violation("non-default capabilities", text) if text else None


def _host_namespaces(pod: _Pod) -> Violation | None:
    found = [f"{field}=true" for field in ("hostNetwork", "hostPID", "hostIPC") if pod.spec.get(field)]
    return Violation("host namespaces", ", ".join(found)) if found else None


def _host_paths(pod: _Pod) -> Violation | None:
    found = [volume["name"] for volume in pod.spec.get("volumes") or () if volume.get("hostPath") is not None]
    return Violation("hostPath volumes", _named("volume", found)) if found else None


def _used(pod: _Pod, use: Callable[[Object], Iterable[str]]) -> Iterator[tuple[str, list[str]]]:
    """The containers that use something, and what."""
    for container in pod.containers():
        if found := list(use(container)):
            yield container["name"], found


def _host_ports(pod: _Pod) -> Violation | None:
    def use(container: Object) -> Iterator[str]:
        return (str(port["hostPort"]) for port in container.get("ports") or () if port.get("hostPort"))

    used = list(_used(pod, use))
    if not used:
        return None
    names, ports = [name for name, _ in used], sorted({port for _, found in used for port in found})
    text = f"{_named('container', names)} {_use(names)} {_count('hostPort', ports)} {', '.join(ports)}"
    return Violation("hostPort", text)


def _hosts(container: Object) -> Iterator[str]:
    """The hosts that probes and lifecycle handlers name."""
    lifecycle = container.get("lifecycle") or {}
    probes = [container.get(field) for field in ("livenessProbe", "readinessProbe", "startupProbe")]
    for handler in (*probes, lifecycle.get("postStart"), lifecycle.get("preStop")):
        for action in ("httpGet", "tcpSocket"):
            if host := meta.get_path(handler or {}, action, "host"):
                yield host


def _probe_hosts(pod: _Pod) -> Violation | None:
    used = list(_used(pod, _hosts))
    if not used:
        return None
    names, hosts = sorted({name for name, _ in used}), sorted({host for _, found in used for host in found})
    text = f"{_named('container', names)} {_use(names)} {_named('probe or lifecycle host', hosts)}"
    return Violation("probe or lifecycle host", text)


def _privileged(pod: _Pod) -> Violation | None:
    found = _where(pod, lambda context: bool(context.get("privileged")))
    if not found:
        return None
    return Violation("privileged", f"{_named('container', found)} must not set securityContext.privileged=true")


def _proc_mount(pod: _Pod) -> Violation | None:
    kinds: set[str] = set()

    def is_bad(context: Object) -> bool:
        kind = context.get("procMount")
        if kind is None or kind == "Default":
            return False
        kinds.add(kind)
        return True

    found = _where(pod, is_bad)
    if not found:
        return None
    text = f"{_named('container', found)} must not set securityContext.procMount to {_listed(sorted(kinds))}"
    return Violation("procMount", text)


_SELINUX_TYPES: Final = ("", "container_t", "container_init_t", "container_kvm_t")
_ENGINE_SINCE: Final = 31


def _selinux(pod: _Pod) -> Violation | None:
    allowed = (*_SELINUX_TYPES, "container_engine_t") if pod.minor >= _ENGINE_SINCE else _SELINUX_TYPES
    types: set[str] = set()
    fields: set[str] = set()

    def is_bad(context: Object) -> bool:
        options = context.get("seLinuxOptions") or {}
        kind = options.get("type") or ""
        if kind not in allowed:
            types.add(kind)
        own = {field for field in ("user", "role") if options.get(field)}
        fields.update(own)
        return bool(own) or kind not in allowed

    setters = _setters(pod, is_bad)
    if not setters:
        return None
    data = [_named("type", sorted(types))] if types else []
    data += [f"{field} may not be set" for field in ("user", "role") if field in fields]
    return Violation("seLinuxOptions", f"{setters} set forbidden securityContext.seLinuxOptions: {'; '.join(data)}")


_SECCOMP_FIELD_SINCE: Final = 19


def _seccomp(pod: _Pod) -> Violation | None:
    if pod.minor < _SECCOMP_FIELD_SINCE:
        return _seccomp_annotations(pod)
    values: set[str] = set()

    def is_bad(context: Object) -> bool:
        profile = context.get("seccompProfile")
        if profile is None or profile.get("type") in _CONFINED:
            return False
        values.add(profile.get("type") or "")
        return True

    setters = _setters(pod, is_bad)
    if not setters:
        return None
    text = f"{setters} must not set securityContext.seccompProfile.type to {_listed(sorted(values))}"
    return Violation("seccompProfile", text)


def _seccomp_annotations(pod: _Pod) -> Violation | None:
    annotations = pod.metadata.get("annotations") or {}
    keys = ["seccomp.security.alpha.kubernetes.io/pod"]
    keys += [f"container.seccomp.security.alpha.kubernetes.io/{container['name']}" for container in pod.containers()]
    found = sorted({f"{key}={quoted(annotations[key])}" for key in keys if _is_unconfined(annotations.get(key))})
    if not found:
        return None
    return Violation("seccompProfile", f"forbidden {_count('annotation', found)} {', '.join(found)}")


def _is_unconfined(value: str | None) -> bool:
    return (
        value is not None and value not in ("runtime/default", "docker/default") and not value.startswith("localhost/")
    )


_SYSCTLS: Final[Mapping[str, int]] = {
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
}
"""The sysctls that are safe, and since which minor they are taken for it."""


def _sysctls(pod: _Pod) -> Violation | None:
    names = [sysctl["name"] for sysctl in pod.security.get("sysctls") or ()]
    found = [name for name in names if _SYSCTLS.get(name, NEWEST + 1) > pod.minor]
    return Violation("forbidden sysctls", ", ".join(found)) if found else None


def _host_process(pod: _Pod) -> Violation | None:
    setters = _setters(pod, lambda context: bool(meta.get_path(context, "windowsOptions", "hostProcess")))
    if not setters:
        return None
    return Violation("hostProcess", f"{setters} must not set securityContext.windowsOptions.hostProcess=true")


def _escalation(pod: _Pod) -> Violation | None:
    if pod.is_windows:
        return None
    found = _where(pod, lambda context: context.get("allowPrivilegeEscalation") is not False)
    if not found:
        return None
    text = f"{_named('container', found)} must set securityContext.allowPrivilegeEscalation=false"
    return Violation("allowPrivilegeEscalation != false", text)


def _all_capabilities(pod: _Pod) -> Violation | None:
    if pod.is_windows:
        return None
    keeping = _where(pod, lambda context: "ALL" not in (meta.get_path(context, "capabilities", "drop") or ()))
    text = f'{_named("container", keeping)} must set securityContext.capabilities.drop=["ALL"]' if keeping else ""
    details = "; ".join(filter(None, (text, _added(pod, ("NET_BIND_SERVICE",)))))
    return Violation("unrestricted capabilities", details) if details else None


_VOLUMES: Final = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
)


def _volumes(pod: _Pod) -> Violation | None:
    names, kinds = [], set()
    for volume in pod.spec.get("volumes") or ():
        if any(volume.get(kind) is not None for kind in _VOLUMES):
            continue
        names.append(volume["name"])
        kinds.add(next((key for key, value in volume.items() if key != "name" and value is not None), "unknown"))
    if not names:
        return None
    text = f"{_named('volume', names)} {_use(names)} {_named('restricted volume type', sorted(kinds))}"
    return Violation("restricted volume types", text)


def _implied(pod: _Pod, field: str) -> list[str]:
    """The containers that leave a field to a pod which does not set it either."""
    return _where(pod, lambda context: context.get(field) is None)


def _non_root(pod: _Pod) -> Violation | None:
    setters = _setters(pod, lambda context: context.get("runAsNonRoot") is False)
    if setters:
        return Violation("runAsNonRoot != true", f"{setters} must not set securityContext.runAsNonRoot=false")
    found = [] if pod.security.get("runAsNonRoot") else _implied(pod, "runAsNonRoot")
    if not found:
        return None
    text = f"pod or {_named('container', found)} must set securityContext.runAsNonRoot=true"
    return Violation("runAsNonRoot != true", text)


def _user(pod: _Pod) -> Violation | None:
    setters = _setters(pod, lambda context: context.get("runAsUser") == 0)
    return Violation("runAsUser=0", f"{setters} must not set runAsUser=0") if setters else None


def _must_seccomp(pod: _Pod) -> Violation | None:
    if pod.is_windows:
        return None
    if bad := _seccomp(pod):
        return bad
    found = [] if pod.security.get("seccompProfile") else _implied(pod, "seccompProfile")
    if not found:
        return None
    text = f"pod or {_named('container', found)} must set securityContext.seccompProfile.type to {_EITHER}"
    return Violation("seccompProfile", text)


_EITHER: Final = '"RuntimeDefault" or "Localhost"'

_BASELINE: Final[Sequence[tuple[int, _Check]]] = (
    (0, _app_armor),
    (0, _capabilities),
    (0, _host_namespaces),
    (0, _host_paths),
    (0, _host_ports),
    (34, _probe_hosts),
    (0, _privileged),
    (0, _proc_mount),
    (0, _selinux),
    (0, _seccomp),
    (0, _sysctls),
    (0, _host_process),
)
"""The checks of *baseline*: since which minor, and which."""

_RESTRICTED: Final[Sequence[tuple[int, _Check, _Check | None]]] = (
    (8, _escalation, None),
    (22, _all_capabilities, _capabilities),
    (0, _volumes, _host_paths),
    (0, _non_root, None),
    (23, _user, None),
    (19, _must_seccomp, _seccomp),
)
"""What *restricted* adds: since which minor, which check, and which one of *baseline* it stands for."""
