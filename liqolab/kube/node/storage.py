"""Where the volumes of a pod that keep data lie: which directory of which disk each of them is (see `disks`).

`hostPath`, `local` volumes and what class ``standard`` provisions are directories of the node's own disk, so one sees
what another has written there, as on a real machine. `emptyDir` is a directory of the pod's disk, which goes with the
pod. Persistent volumes of other kinds (CSI, NFS, ...) have a disk of their own, which all nodes reach.
"""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.informer import Change
from liqolab.controller.manager import Manager
from liqolab.kube.kinds.volumes import LOCAL_PATH, PROVISIONED_BY
from liqolab.kube.node import texts
from liqolab.kube.node.disks import LIMIT_BYTES, Directory, Disks
from liqolab.kube.node.environment import expand

KEPT: Final = frozenset({"configMap", "secret", "projected", "downwardAPI"})
"""Sources whose files a node writes itself, and keeps up to date (see `volumes`)."""

_NODE_FOLDERS: Final = (
    "/dev", "/etc/kubernetes/manifests", "/home", "/mnt", "/opt", "/proc", "/root", "/run", "/sys", "/tmp",  # noqa: S108
    "/usr/local/bin", "/var/lib/kubelet/pods", "/var/log/pods", "/var/log/containers", "/var/run",
)  # fmt: skip
_MISFITS: Final = {
    "Directory": (stat.S_IFDIR, "directory"),
    "File": (stat.S_IFREG, "file"),
    "Socket": (stat.S_IFSOCK, "socket file"),
    "CharDevice": (stat.S_IFCHR, "character device"),
    "BlockDevice": (stat.S_IFBLK, "block device"),
}


class MountError(Exception):
    """A volume cannot be had; `volume` is its name."""

    def __init__(self, volume: str, why: str) -> None:
        super().__init__(why)
        self.volume = volume


@dataclass(frozen=True, slots=True)
class Place:
    """Where a volume lies.

    Attributes:
        directory: its root, which may be a file.
        read_only: whether nothing can be written.
    """

    directory: Directory
    read_only: bool = False

    @property
    def is_file(self) -> bool:
        return self.directory.exists("/") and not self.directory.stat("/").is_directory


def pod_disk(uid: str) -> str:
    return f"pod/{uid}"


class Storage:
    """The volumes of one pod that keep data.

    Args:
        pod: the pod.
        node: where it runs.
        disks: the cluster's.
        client: to ask for claims and persistent volumes with.
    """

    def __init__(self, pod: Object, node: str, disks: Disks, client: Client) -> None:
        self._pod = pod
        self._node = node
        self._disks = disks
        self._client = client
        self._places: dict[str, Place] = {}

    async def prepare(self) -> None:
        """Find every volume, and make what is to be made.

        Raises:
            MountError: a volume cannot be had.
            ApiError, OSError: the API server is away, or a disk is full.
        """
        for volume in self._pod["spec"].get("volumes") or ():
            if KEPT.isdisjoint(volume) and volume["name"] not in self._places:
                self._places[volume["name"]] = await self._place(volume)

    def mounts(self, container: Object, env: Mapping[str, str]) -> dict[str, Place]:
        """Container path → what is there."""
        return dict(self._mounted(container, env))

    def forget(self) -> None:
        """The pod is gone for good, and what was its own with it."""
        self._disks.drop(pod_disk(meta.uid(self._pod)))

    def _mounted(self, container: Object, env: Mapping[str, str]) -> Iterator[tuple[str, Place]]:
        for row in container.get("volumeMounts") or ():
            place = self._places.get(row["name"])
            if place is None:
                continue
            inside = row.get("subPath") or expand(row.get("subPathExpr") or "", env)
            if inside:
                place = replace(place, directory=place.directory.below(inside))
                with contextlib.suppress(OSError):
                    # A file is in the way, or the disk is full: what is not there cannot be read.
                    if not place.directory.exists("/") and not place.read_only:
                        place.directory.make("/", parents=True)
            yield row["mountPath"], replace(place, read_only=place.read_only or bool(row.get("readOnly")))

    async def _place(self, volume: Object) -> Place:
        name = volume["name"]
        if source := volume.get("hostPath"):
            return Place(self._host_path(name, source))
        if source := volume.get("persistentVolumeClaim"):
            found = await self._claimed(name, source.get("claimName") or "")
            return replace(found, read_only=found.read_only or bool(source.get("readOnly")))
        if volume.get("ephemeral"):
            return await self._claimed(name, f"{meta.name(self._pod)}-{name}")
        # What belongs to the pod alone, or is a kind of volume that only its image could fill.
        directory = self._disks.directory(pod_disk(meta.uid(self._pod)), name, _limit(volume))
        directory.make("/", parents=True)
        return Place(directory)

    async def _claimed(self, name: str, claim_name: str) -> Place:
        claim = await self._client.find(PERSISTENT_VOLUME_CLAIMS, claim_name, meta.namespace(self._pod))
        if claim is None:
            raise MountError(name, texts.NOT_FOUND.format(resource="persistentvolumeclaim", name=claim_name))
        volume_name = claim["spec"].get("volumeName")
        if not volume_name or meta.get_path(claim, "status", "phase") != "Bound":
            raise MountError(name, texts.CLAIM_NOT_BOUND)
        volume = await self._client.find(PERSISTENT_VOLUMES, volume_name)
        if volume is None:
            raise MountError(name, texts.NOT_FOUND.format(resource="persistentvolume", name=volume_name))
        return self._persistent(name, volume)

    def _persistent(self, name: str, volume: Object) -> Place:
        spec = volume["spec"]
        if source := spec.get("hostPath"):
            return Place(self._host_path(name, source))
        if source := spec.get("local"):
            directory = self._node_directory(source["path"])
            if not directory.exists("/"):
                raise MountError(name, texts.NO_LOCAL_PATH.format(path=source["path"]))
            return Place(directory)
        directory = self._disks.directory(f"volume/{meta.uid(volume)}")
        return Place(directory, read_only=bool((spec.get("nfs") or {}).get("readOnly")))

    def _host_path(self, name: str, source: Object) -> Directory:
        path, kind = source["path"], source.get("type") or ""
        directory = self._node_directory(path)
        if not directory.exists("/") and kind in ("", "DirectoryOrCreate"):
            directory.make("/", parents=True)
        if kind == "FileOrCreate" and not directory.exists("/"):
            directory.write("/", b"")
        kind = kind.removesuffix("OrCreate")
        if kind in _MISFITS:
            wanted, called = _MISFITS[kind]
            if not directory.exists("/") or stat.S_IFMT(directory.stat("/").mode) != wanted:
                raise MountError(name, texts.HOST_PATH_MISFIT.format(path=path, kind=called))
        return directory

    def _node_directory(self, path: str) -> Directory:
        return node_directory(self._disks, self._node, path)


def node_directory(disks: Disks, node: str, path: str) -> Directory:
    """A directory of a node, which has what any machine has."""
    machine = disks.directory(f"node/{node}")
    if not machine.exists("/etc/hostname"):
        for folder in _NODE_FOLDERS:
            machine.make(folder, parents=True)
        machine.write("/etc/hostname", f"{node}\n".encode())
        machine.write("/etc/hosts", texts.NODE_HOSTS.encode())
        machine.write("/etc/os-release", texts.NODE_RELEASE.encode())
    return machine.below(path)


def _limit(volume: Object) -> int:
    """An `emptyDir` in memory is as large as it says; of others, a real node looks after the size now and then."""
    source = volume.get("emptyDir") or {}
    size = source.get("sizeLimit")
    return min(Quantity.parse(size).value(), LIMIT_BYTES) if size and source.get("medium") == "Memory" else LIMIT_BYTES


class Reclaimer:
    """Empties what a persistent volume stood for once that is gone and was to be deleted with its claim.

    Args:
        manager: whose informers are followed.
        disks: the cluster's.
        nodes: the names of its nodes.
    """

    def __init__(self, manager: Manager, disks: Disks, nodes: tuple[str, ...]) -> None:
        self._disks = disks
        self._nodes = nodes
        manager.informer(PERSISTENT_VOLUMES).add_handler(self._on_volume)

    def _on_volume(self, change: Change, volume: Object, _: Object | None) -> None:
        spec = volume["spec"]
        is_left = meta.get_path(volume, "status", "phase") in ("Released", "Failed")
        if change != "DELETED" or not is_left or spec.get("persistentVolumeReclaimPolicy") != "Delete":
            return
        path = (spec.get("hostPath") or {}).get("path")
        if path is None:
            self._disks.drop(f"volume/{meta.uid(volume)}")
        elif _is_local_path(volume) or path.startswith("/tmp/"):  # noqa: S108 - a node's own
            for node in self._nodes:
                if self._disks.names(disk := f"node/{node}"):
                    self._disks.directory(disk, path).clear()


def _is_local_path(volume: Object) -> bool:
    """Whether its provisioner empties a volume; other provisioners' volumes may lead to data that is not theirs."""
    return meta.annotations(volume).get(PROVISIONED_BY) == LOCAL_PATH
