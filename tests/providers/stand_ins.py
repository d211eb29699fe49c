"""Images that lessons name, made of busybox where the machine's engine has none and can pull none.

The clusters, their nodes and kubelets are real; what a container answers on its port is not what these tests are about.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from dataclasses import dataclass, field
from typing import Final

import pytest

_SERVE: Final = ["httpd", "-f", "-p", "80", "-h", "/www"]
_PAGE: Final = "<title>Welcome to nginx!</title>\n"
_CURL: Final = """\
#!/bin/sh
# The options of curl that lessons use, for busybox's wget.
set -- $(getopt sfSo:m:H: "$@")
output=- seconds=10
while [ "$1" != -- ]; do
    case $1 in
        -o) output=$2; shift ;;
        -m) seconds=$2; shift ;;
        -H) shift ;;
    esac
    shift
done
exec wget -q -T "$seconds" -O "$output" "$2"
"""


@dataclass(frozen=True)
class _StandIn:
    """What an image says that it starts, and its files besides busybox."""

    start: list[str]
    files: dict[str, str] = field(default_factory=dict)


_IMAGES: Final = {
    "busybox": _StandIn(["sh"]),
    "nginxdemos/hello": _StandIn(_SERVE, {"www/index.html": _PAGE}),
    "curlimages/curl:8.11.1": _StandIn(["sh"], {"bin/curl": _CURL}),
}


def make(engine: str) -> None:
    """Give the engine what it lacks of the images; what it has or can pull stays as it is."""
    lacking = [name for name in _IMAGES if not _runs(engine, "image", "inspect", name)]
    if not lacking or _runs(engine, "pull", "-q", lacking[0]):
        return
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.fail(
            f"{engine} can neither pull {lacking[0]} nor is there a busybox (package busybox-static) to make it of"
        )
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for name in lacking:
        image = _IMAGES[name]
        started = str(image.start).replace("'", '"')
        command = [engine, "import", "--change", f"CMD {started}", "--change", "ENV PATH=/bin", "-", name]
        subprocess.run(command, input=_layer(busybox, applets, image.files), capture_output=True, check=True)


def _runs(engine: str, *arguments: str) -> bool:
    return subprocess.run([engine, *arguments], capture_output=True, timeout=300, check=False).returncode == 0


def _layer(busybox: str, applets: list[str], files: dict[str, str]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as layer:
        for folder in ("bin", "tmp", "etc", "www"):
            made = tarfile.TarInfo(folder)
            made.type, made.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            layer.addfile(made)
        layer.add(busybox, "bin/busybox")
        for applet in applets:
            if applet != "busybox":
                link = tarfile.TarInfo(f"bin/{applet}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                layer.addfile(link)
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode, entry.size = 0o755, len(text.encode())
            layer.addfile(entry, io.BytesIO(text.encode()))
    return written.getvalue()
