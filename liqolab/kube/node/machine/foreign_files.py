"""Files of ours as a file system that the sandbox can mount.

The library takes file systems of other native extensions through a table of C functions (its ``FileSystem.v1`` ABI:
https://github.com/everruns/bashkit/blob/main/crates/bashkit/src/interop/fs.rs). The functions here are Python's, made
by `ctypes`: they are called on the library's threads, and every exception becomes an error of the call. There is one
table for all file systems, which the library tells apart by a number, and counts how often it holds each.
"""

from __future__ import annotations

import ctypes
import errno
import itertools
import os
import stat as modes
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from liqolab.kube.node.disks import Directory, Entry
from liqolab.kube.node.machine.interpreter import imported

if TYPE_CHECKING:
    from bashkit import FileSystem

_NAME = b"bashkit.FileSystem.v1"
_VERSION = 1

_KINDS = {
    errno.ENOENT: 1, errno.EEXIST: 2, errno.EACCES: 3, errno.EPERM: 3, errno.EINVAL: 4, errno.EISDIR: 5,
    errno.ENOTDIR: 6, errno.ENOTEMPTY: 7, errno.ENOTSUP: 8,
}  # fmt: skip
"""Number of an error → what the library knows it as; 0 for all others."""

_DIRECTORY, _LINK = 1, 2


class _Bytes(ctypes.Structure):
    _fields_ = (("address", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Error(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_uint32), ("message", _Bytes))


class _Metadata(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_uint8), ("reserved", ctypes.c_uint8 * 7), ("size", ctypes.c_uint64),
        ("mode", ctypes.c_uint32), ("modified", ctypes.c_int64), ("modified_nanoseconds", ctypes.c_uint32),
        ("created", ctypes.c_int64), ("created_nanoseconds", ctypes.c_uint32),
    )  # fmt: skip


class _Named(ctypes.Structure):
    _fields_ = (("name", _Bytes), ("metadata", _Metadata))


def _function(*parameters: Any) -> Any:
    return ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, *parameters, ctypes.POINTER(_Error))


_OUT = ctypes.POINTER(_Bytes)
_FREE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, _Bytes)
_COUNT = ctypes.CFUNCTYPE(None, ctypes.c_void_p)

_FUNCTIONS: dict[str, Any] = {
    "read": _function(_Bytes, _OUT),
    "write": _function(_Bytes, _Bytes),
    "append": _function(_Bytes, _Bytes),
    "make": _function(_Bytes, ctypes.c_bool),
    "remove": _function(_Bytes, ctypes.c_bool),
    "stat": _function(_Bytes, ctypes.POINTER(_Metadata)),
    "list": _function(_Bytes, _OUT),
    "exists": _function(_Bytes, ctypes.POINTER(ctypes.c_bool)),
    "rename": _function(_Bytes, _Bytes),
    "copy": _function(_Bytes, _Bytes),
    "link": _function(_Bytes, _Bytes),
    "target": _function(_Bytes, _OUT),
    "chmod": _function(_Bytes, ctypes.c_uint32),
    "free_bytes": _FREE,
    "free_list": _FREE,
}
"""In the order of the table."""


class _Table(ctypes.Structure):
    _fields_ = tuple(_FUNCTIONS.items())


class _Handle(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_uint32), ("reserved", ctypes.c_uint32), ("instance", ctypes.c_void_p),
        ("retain", _COUNT), ("release", _COUNT), ("table", ctypes.POINTER(_Table)),
    )  # fmt: skip


class _Bridge:
    """All directories that are mounted, and the functions that the library calls."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._directories: dict[int, Directory] = {}
        self._holders: dict[int, int] = {}
        self._lent: dict[int, Any] = {}
        callbacks: dict[str, Callable[..., None]] = {
            "read": lambda files, path, out: self._lend(out[0], files.read(_text(path))),
            "write": lambda files, path, data: files.write(_text(path), _content(data)),
            "append": lambda files, path, data: files.append(_text(path), _content(data)),
            "make": lambda files, path, parents: files.make(_text(path), parents=parents),
            "remove": lambda files, path, recursive: files.remove(_text(path), recursive=recursive),
            "stat": lambda files, path, out: _describe(files.stat(_text(path)), out[0]),
            "list": lambda files, path, out: self._lend_list(out[0], files.list(_text(path))),
            "exists": _exists,
            "rename": lambda files, source, target: files.rename(_text(source), _text(target)),
            "copy": lambda files, source, target: files.copy(_text(source), _text(target)),
            "link": lambda files, target, path: files.link(_text(target), _text(path)),
            "target": lambda files, path, out: self._lend(out[0], files.target(_text(path)).encode()),
            "chmod": lambda files, path, mode: files.chmod(_text(path), mode),
        }
        made = {name: _FUNCTIONS[name](self._guarded(callback)) for name, callback in callbacks.items()}
        self._table = _Table(**made, free_bytes=_FREE(self._free), free_list=_FREE(self._free_list))
        self._retain, self._release = _COUNT(self._hold), _COUNT(self._let_go)

    def mountable(self, directory: Directory, take_over: Callable[[Any], FileSystem]) -> FileSystem:
        number = next(self._numbers)
        self._directories[number], self._holders[number] = directory, 0
        handle = _Handle(_VERSION, 0, number, self._retain, self._release, ctypes.pointer(self._table))
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
        # The library copies what the handle says while it takes it over.
        return take_over(new(ctypes.addressof(handle), _NAME, None))

    def _guarded(self, callback: Callable[..., None]) -> Callable[..., int]:
        def call(number: int, *arguments: Any) -> int:
            *given, error = arguments
            try:
                callback(self._directories[number], *given)
            except OSError as problem:
                error[0].kind = _KINDS.get(problem.errno or 0, 0)
                self._lend(error[0].message, os.strerror(problem.errno or errno.EIO).encode())
                return 1
            except (KeyError, ValueError, MemoryError):
                self._lend(error[0].message, os.strerror(errno.EIO).encode())
                return 1
            return 0

        return call

    def _hold(self, number: int) -> None:
        self._holders[number] += 1

    def _let_go(self, number: int) -> None:
        self._holders[number] -= 1
        if not self._holders[number]:
            del self._holders[number], self._directories[number]

    def _lend(self, out: Any, content: bytes) -> None:
        """Let the library have bytes until it gives them back."""
        if content:
            buffer = ctypes.create_string_buffer(content, len(content))
            out.address, out.length = ctypes.addressof(buffer), len(content)
            self._lent[out.address] = buffer
        else:
            out.address, out.length = None, 0

    def _lend_list(self, out: Any, rows: list[tuple[str, Entry]]) -> None:
        array = (_Named * len(rows))()
        for named, (name, entry) in zip(array, rows, strict=True):
            self._lend(named.name, name.encode())
            _describe(entry, named.metadata)
        if rows:
            out.address, out.length = ctypes.addressof(array), len(rows)
            self._lent[out.address] = array
        else:
            out.address, out.length = None, 0

    def _free(self, number: int, given: Any) -> None:
        self._lent.pop(given.address, None)

    def _free_list(self, number: int, given: Any) -> None:
        for named in self._lent.pop(given.address, None) or ():
            self._lent.pop(named.name.address, None)


@cache
def _bridge() -> _Bridge:
    return _Bridge()


def mountable(directory: Directory) -> FileSystem:
    """A directory of a disk as a file system to mount."""
    return _bridge().mountable(directory, imported)


def _content(given: Any) -> bytes:
    return ctypes.string_at(given.address, given.length) if given.length else b""


def _text(given: Any) -> str:
    return _content(given).decode()


def _exists(directory: Directory, path: Any, out: Any) -> None:
    out[0] = directory.exists(_text(path))


def _describe(entry: Entry, out: Any) -> None:
    out.kind = _DIRECTORY if entry.is_directory else _LINK if entry.is_link else 0
    out.size = len(entry.target) if entry.is_link else entry.size
    out.mode = modes.S_IMODE(entry.mode)
    out.modified, out.created = int(entry.modified), int(entry.created)
    out.modified_nanoseconds = int(entry.modified % 1 * 1e9)
    out.created_nanoseconds = int(entry.created % 1 * 1e9)
