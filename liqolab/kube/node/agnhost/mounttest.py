"""``mounttest``: makes files in volumes and tells what is in them, who owns them and who may read them."""

from __future__ import annotations

import asyncio
import json
import posixpath
import stat
import time

from liqolab.apimachinery.resources import Object
from liqolab.kube.node.agnhost.job import Job
from liqolab.kube.node.file_modes import EVERYBODY, is_in_memory, kept_mode, volume_at

_CONTENT = b"mount-tester new file\n"
_EXT4_MAGIC = 61267
_LOOP_SECONDS = 2.0
_NEW = {"new_file_0644": 0o644, "new_file_0666": 0o666, "new_file_0660": 0o660, "new_file_0777": 0o777}


async def run(job: Job) -> int:
    """Do what the flags say, in the order of the real program: the type, new files, modes, owners, contents."""
    job.container.ready.set()
    done = [await _type(job)]
    done += [await _write(job, job.options[flag], mode) for flag, mode in _NEW.items()]
    done += [await _mode(job), await _permissions(job), await _owner(job)]
    done.append(await _content(job, job.options["file_content"]))
    done.append(await _in_loop(job))
    return 0 if all(done) else 1


async def _type(job: Job) -> bool:
    if not (path := job.options["fs_type"]):
        return True
    memory = (found := _volume(job, path)) is not None and is_in_memory(found[0])
    await job.say(f'mount type of "{path}": {"tmpfs" if memory else _EXT4_MAGIC}\n')
    return True


def _volume(job: Job, path: str) -> tuple[Object, str] | None:
    return volume_at(job.machine.pod, job.machine.spec, path)


async def _write(job: Job, path: str, mode: int) -> bool:
    if not path:
        return True
    try:
        job.machine.write(posixpath.normpath(path), _CONTENT, mode)
    except OSError as error:
        await job.say(f'error writing new file "{path}": open {path}: {(error.strerror or "").lower()}\n')
        return False
    return await _content(job, path)


async def _status(job: Job, path: str) -> int | None:
    """A file's mode, as the container is to see it."""
    found, mode = _volume(job, path), job.machine.mode(posixpath.normpath(path))
    if mode is None:
        await job.say(f'error from Stat("{path}"): stat {path}: no such file or directory\n')
        return None
    if stat.S_ISDIR(mode):
        return stat.S_IFDIR | EVERYBODY | (stat.S_ISVTX if found and is_in_memory(found[0]) else 0)
    kept = kept_mode(job.machine.pod, *found) if found else None
    return mode if kept is None else stat.S_IFREG | kept


async def _mode(job: Job) -> bool:
    if not (path := job.options["file_mode"]):
        return True
    if (mode := await _status(job, path)) is None:
        return False
    await job.say(f'mode of file "{path}": {_go_mode(mode)}\n')
    return True


async def _permissions(job: Job) -> bool:
    if not (path := job.options["file_perm"]):
        return True
    if (mode := await _status(job, path)) is None:
        return False
    await job.say(f'perms of file "{path}": -{stat.filemode(mode & EVERYBODY)[1:]}\n')
    return True


def _go_mode(mode: int) -> str:
    """A mode as Go prints it: special bits in front, and as many letters as there are."""
    letters = "d" if stat.S_ISDIR(mode) else ""
    letters += "u" if mode & stat.S_ISUID else ""
    letters += "g" if mode & stat.S_ISGID else ""
    letters += "t" if mode & stat.S_ISVTX else ""
    return (letters or "-") + stat.filemode(mode & EVERYBODY)[1:]


async def _owner(job: Job) -> bool:
    if not (path := job.options["file_owner"]):
        return True
    if (mode := await _status(job, path)) is None:
        return False
    # Files belong to whoever runs the cluster; what a container would see is who made them.
    found, group = _volume(job, path), (job.machine.pod["spec"].get("securityContext") or {}).get("fsGroup")
    made_here = found is not None and "emptyDir" in found[0] and not stat.S_ISDIR(mode)
    user = job.machine.identity.uid if made_here else 0
    await job.say(f'owner UID of "{path}": {user}\nowner GID of "{path}": {group or 0}\n')
    return True


async def _content(job: Job, path: str) -> bool:
    if not path:
        return True
    content = job.machine.read(path)
    if content is None:
        await job.say(f'error reading file content for "{path}": open {path}: no such file or directory\n')
        return False
    await job.say(f"content of file {json.dumps(path)}: {content.decode(errors='replace')}\n")
    return True


async def _in_loop(job: Job) -> bool:
    if not (path := job.options["file_content_in_loop"]):
        return True
    end = time.monotonic() + job.options["retry_time"]
    content: bytes | None = None
    while time.monotonic() < end:
        content = job.machine.read(path)
        if content is None:
            await job.say(f"Error reading file {path}: open {path}: no such file or directory, retrying\n")
        else:
            await job.say(f'content of file "{path}": {content.decode(errors="replace")}\n')
            if job.options["break_on_expected_content"]:
                if content == _CONTENT:
                    break
                await job.say(f"Unexpected content. Expected: {_CONTENT.decode()}. Retrying\n")
        await asyncio.sleep(_LOOP_SECONDS)
    return content is not None
