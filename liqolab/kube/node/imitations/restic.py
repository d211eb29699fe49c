"""``restic`` and ``rest-server``, as far as a volume has to get from one cluster to another: init, backup, restore.

The two talk HTTP with the paths of restic's REST protocol, over the pods' network, so what cannot be reached there
cannot be reached here. What is stored is in a form of the lab's own, encrypted with the repository's password; real
restic and a repository of this one do not understand each other.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import posixpath
import re
import stat
import tarfile
from collections.abc import Iterator

from aiohttp import web
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from yarl import URL

from liqolab.controller.dialing import serving
from liqolab.kube.node.disks import Directory
from liqolab.kube.node.fetch import Answer, exchange
from liqolab.kube.node.machine.commands import forever, say
from liqolab.kube.node.machine.interpreter import Invocation
from liqolab.kube.node.machine.machine import Machine

_PORT = 8000
_FOLDER = "/data"
_PIECE_BYTES = 4 * 2**20
_NONCE_BYTES = 12
_PATH = re.compile(r"/[\w-]+(/config|/(snapshots|data)(/[0-9a-f]+)?)?/?")


class ResticError(Exception):
    """What restic ends with; the text follows ``Fatal:``."""


async def restic(machine: Machine, call: Invocation) -> int:
    """Carry out ``restic -r rest:URL init|backup PATH|restore latest --target PATH``, or ``rest-server``."""
    if call.name.rpartition("/")[2] in ("rest-server", "entrypoint.sh"):
        return await _serve(machine, call)
    words, options = _options(call.argv)
    try:
        if "r" not in options:
            raise ResticError("Please specify repository location (-r or --repository-file)")
        repository = Repository(machine, options["r"], call.env.get("RESTIC_PASSWORD", ""))
        if words == ["init"]:
            await repository.create()
            told = f"created restic repository at {options['r']}\n"
        elif words[:1] == ["backup"] and len(words) == 2:
            count, name = await repository.backup(_place(machine, posixpath.join(call.cwd, words[1])))
            told = f"processed {count} files\nsnapshot {name[:8]} saved\n"
        elif words == ["restore", "latest"] and "target" in options:
            count = await repository.restore(_place(machine, options["target"]))
            told = f"restored {count} files to {options['target']}\n"
        else:
            raise ResticError(f"{' '.join(call.argv)}: not imitated in this lab (init, backup and restore latest are)")
    except (ResticError, OSError) as error:
        await call.stderr.write(f"Fatal: {error}\n".encode())
        return 1
    await say(call, told)
    return 0


def _options(argv: list[str]) -> tuple[list[str], dict[str, str]]:
    """Words, and options (all of those that are known have a value)."""
    words, options = [], {}
    given = iter(argv)
    for word in given:
        if word.startswith("-"):
            name, equals, value = word.lstrip("-").partition("=")
            options[{"repo": "r"}.get(name, name)] = value if equals else next(given, "")
        else:
            words.append(word)
    return words, options


def _place(machine: Machine, path: str) -> Directory:
    """The volume, or folder of one, at a path of the container.

    Raises:
        ResticError: there is none.
    """
    path = posixpath.normpath(path)
    mounts = [mount for mount in machine.places if f"{path}/".startswith(mount.rstrip("/") + "/")]
    if not mounts:
        raise ResticError(f"{path} is in no volume: the lab's restic copies volumes only")
    mount = max(mounts, key=len)
    return machine.places[mount].directory.below(path[len(mount) :] or "/")


class Repository:
    """A repository on a ``rest-server``."""

    def __init__(self, machine: Machine, location: str, password: str) -> None:
        scheme, _, address = location.partition(":")
        if scheme != "rest" or not address.startswith("http://"):
            raise ResticError(f"{location}: only rest:http://… is imitated in this lab")
        if not password:
            raise ResticError("an empty password is not a password")
        self._network = machine.container.network
        self._url = URL(address.rstrip("/"))
        self._password = password.encode()

    async def create(self) -> None:
        if (await self._ask("GET", "config", missing=True)) is not None:
            raise ResticError(f"create repository at rest:{self._url} failed: config file already exists")
        salt = os.urandom(16)
        proof = self._seal(self._key(salt), b"liqolab")
        await self._ask("POST", "?create=true", b"")
        await self._ask("POST", "config", json.dumps({"salt": salt.hex(), "proof": proof.hex()}).encode())

    async def backup(self, source: Directory) -> tuple[int, str]:
        """Store all of a directory; how many entries it has, and the snapshot's name."""
        key = await self._open()
        archive, count = _packed(source)
        pieces = []
        for start in range(0, max(len(archive), 1), _PIECE_BYTES):
            sealed = self._seal(key, archive[start : start + _PIECE_BYTES])
            pieces.append(hashlib.sha256(sealed).hexdigest())
            await self._ask("POST", f"data/{pieces[-1]}", sealed)
        snapshot = self._seal(key, json.dumps(pieces).encode())
        name = hashlib.sha256(snapshot).hexdigest()
        await self._ask("POST", f"snapshots/{name}", snapshot)
        return count, name

    async def restore(self, target: Directory) -> int:
        """Put what the last snapshot has into a directory; how many entries that are."""
        key = await self._open()
        names: list[str] = json.loads(await self._ask("GET", "snapshots/") or b"[]")
        if not names:
            raise ResticError("no snapshot found")
        snapshot = self._unseal(key, await self._ask("GET", f"snapshots/{names[-1]}") or b"")
        pieces = [self._unseal(key, await self._ask("GET", f"data/{piece}") or b"") for piece in json.loads(snapshot)]
        return _unpack(b"".join(pieces), target)

    async def _open(self) -> bytes:
        """The key of the repository."""
        found = await self._ask("GET", "config", missing=True)
        if found is None:
            raise ResticError(
                f"unable to open config file: rest:{self._url} is no repository; has it been initialised?"
            )
        config = json.loads(found)
        key = self._key(bytes.fromhex(config["salt"]))
        self._unseal(key, bytes.fromhex(config["proof"]))
        return key

    def _key(self, salt: bytes) -> bytes:
        return hashlib.scrypt(self._password, salt=salt, n=2**12, r=8, p=1, dklen=32)

    def _seal(self, key: bytes, content: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, content, None)

    def _unseal(self, key: bytes, content: bytes) -> bytes:
        try:
            return AESGCM(key).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], None)
        except (InvalidTag, ValueError):
            raise ResticError("wrong password or no key found") from None

    async def _ask(self, method: str, path: str, body: bytes | None = None, *, missing: bool = False) -> bytes | None:
        """What the server answers; None, where something may be missing, if it is."""
        url = URL(f"{self._url}/{path}")
        connected = await self._network.dial(str(url.host), url.port or _PORT, "TCP")
        answer: Answer = await exchange(connected, url, method=method, body=body)
        if answer.status == 404 and missing:
            return None
        if answer.status != 200:
            raise ResticError(f"rest:{self._url}: {method} {path}: server response unexpected: {answer.status}")
        return answer.body


def _packed(source: Directory) -> tuple[bytes, int]:
    """An archive of all that is in a directory, and how many entries that are."""
    buffer, count = io.BytesIO(), 0
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, mode, target in _walk(source, "/"):
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.mode = stat.S_IMODE(mode)
            content = b""
            if stat.S_ISDIR(mode):
                entry.type = tarfile.DIRTYPE
            elif stat.S_ISLNK(mode):
                entry.type, entry.linkname = tarfile.SYMTYPE, target
            else:
                content = source.read(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
            count += 1
    return buffer.getvalue(), count


def _walk(source: Directory, folder: str) -> Iterator[tuple[str, int, str]]:
    """Path, mode and target of everything below a folder, folders before what is in them."""
    for name, entry in source.list(folder):
        path = posixpath.join(folder, name)
        yield path, entry.mode, entry.target
        if entry.is_directory:
            yield from _walk(source, path)


def _unpack(content: bytes, target: Directory) -> int:
    count = 0
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for count, entry in enumerate(archive, start=1):  # noqa: B007 - the last number is the answer
            path = f"/{entry.name}"
            if entry.isdir():
                target.make(path, parents=True)
            elif entry.issym():
                target.link(entry.linkname, path)
                continue
            elif (file := archive.extractfile(entry)) is not None:
                target.write(path, file.read())
            target.chmod(path, entry.mode)
    return count


async def _serve(machine: Machine, call: Invocation) -> int:
    place = machine.places.get(_FOLDER)
    if place is None:
        await call.stderr.write(f"error: nothing is mounted at {_FOLDER}\n".encode())
        return 1
    store = place.directory

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if not _PATH.fullmatch(request.path):
            return web.Response(status=404)
        path = request.path.rstrip("/")
        if request.method == "POST":
            store.make(posixpath.dirname(path), parents=True)
            if "create" in request.query:
                store.make(path, parents=True)
            else:
                store.write(path, await request.content.read())
            return web.Response()
        if not store.exists(path):
            return web.Response(status=404)
        if not store.stat(path).is_directory:
            return web.Response(body=store.read(path))
        found = sorted(store.list(path), key=lambda row: row[1].created)
        return web.json_response([name for name, _ in found])

    await say(call, f"Data directory: {_FOLDER}\nstart server on :{_PORT}\n")
    async with serving(machine.container.network, _PORT, handle):
        machine.container.ready.set()
        return await forever()
