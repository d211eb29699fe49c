"""Clusters that are there already, given by kubeconfigs: anybody's own, in staging, in the cloud or on this machine.

Nothing is made or taken down here. Where a context is named, the kubeconfig is narrowed to it in a private copy, so
that programs that know nothing but the file mean the same cluster.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from liqolab.apimachinery.errors import ApiError
from liqolab.controller.kubeconfig import Access, KubeconfigError, load, write_private
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.topology import ClusterSpec

_ANSWER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Reference:
    """A cluster by the name that features use, and the way to it.

    Attributes:
        context: of the kubeconfig; empty for its current one.
    """

    name: str
    path: Path
    context: str = ""

    def __str__(self) -> str:
        return f"{self.name}={self.path}" + (f":{self.context}" if self.context else "")


def reference(text: str, folder: Path) -> Reference:
    """Read ``NAME=PATH`` or ``NAME=PATH:CONTEXT``; a relative path is taken from `folder`.

    Raises:
        PlaygroundError: it is not of that form, or the kubeconfig gives no access.
    """
    name, equals, rest = text.partition("=")
    if not name or not equals or not rest:
        raise PlaygroundError(f'"{text}" is not of the form NAME=PATH', "write it like venice=~/.kube/venice")
    # Refuses names that no cluster could have.
    ClusterSpec(name)
    whole = folder / Path(rest).expanduser()
    if whole.exists() or ":" not in rest:
        found = Reference(name, whole)
    else:
        path, _, context = rest.partition(":")
        found = Reference(name, folder / Path(path).expanduser(), context)
    if not found.path.is_file():
        raise PlaygroundError(f'cluster "{name}": there is no kubeconfig {found.path}')
    _access(found)
    return found


class ExistingClusters:
    """Clusters given by kubeconfigs."""

    def __init__(self, references: Sequence[Reference], folder: Path) -> None:
        """`folder` takes the narrowed kubeconfigs; whoever makes it removes it."""
        self._references = {entry.name: entry for entry in references}
        self._folder = folder

    def kubeconfigs(self) -> dict[str, Path]:
        """Cluster name → a kubeconfig that means this cluster, whoever reads it."""
        return {name: self._kubeconfig(entry) for name, entry in self._references.items()}

    async def identities(self) -> dict[str, str]:
        """Cluster name → what tells its API server from all others, however it is reached: the id of its namespace
        ``kube-system``, or its address where that may not be read.

        Raises:
            PlaygroundError: clusters do not answer or refuse the credentials; the text names each and says why.
        """
        entries = list(self._references.values())
        outcomes = await asyncio.gather(*(_identity(entry) for entry in entries), return_exceptions=True)
        wrong = [error for error in outcomes if isinstance(error, PlaygroundError)]
        if wrong:
            raise PlaygroundError(
                "; ".join(map(str, wrong)), "see that the clusters run, and that kubectl reaches them"
            )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return {entry.name: str(outcome) for entry, outcome in zip(entries, outcomes, strict=True)}

    def _kubeconfig(self, entry: Reference) -> Path:
        if not entry.context:
            return entry.path
        path = self._folder / f"kubeconfig-{entry.name}"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(path, narrowed(entry))
        return path


async def _identity(entry: Reference) -> str:
    try:
        await _ask(entry, "/version")
    except ApiError as error:
        raise PlaygroundError(f'cluster "{entry.name}" ({entry}) refuses: {error}') from None
    except OSError as error:
        raise PlaygroundError(f'cluster "{entry.name}" ({entry}) does not answer: {error}') from None
    try:
        answer = json.loads(await _ask(entry, "/api/v1/namespaces/kube-system"))
        return str(answer["metadata"]["uid"])
    except (ApiError, OSError, KeyError, ValueError):
        return _access(entry).server


async def _ask(entry: Reference, path: str) -> bytes:
    # Imported here: reading a reference should not cost an HTTP client.
    from liqolab.controller.http import HttpClient

    client = HttpClient(_access(entry))
    try:
        return await asyncio.wait_for(client.raw(path), _ANSWER_SECONDS)
    except TimeoutError:
        raise TimeoutError(f"no answer within {_ANSWER_SECONDS:g}s") from None
    finally:
        await client.close()


def _access(entry: Reference) -> Access:
    try:
        return load(entry.path, entry.context or None)
    except KubeconfigError as error:
        raise PlaygroundError(f'cluster "{entry.name}": {error}') from None


def narrowed(entry: Reference) -> str:
    """The text of a kubeconfig of one context, with everything that it needs and nothing else."""
    import yaml

    document = yaml.safe_load(entry.path.read_text())
    context = entry.context or document["current-context"]
    chosen = next(each for each in document["contexts"] if each["name"] == context)
    wanted = {"contexts": context, "clusters": chosen["context"]["cluster"], "users": chosen["context"].get("user")}
    for section, name in wanted.items():
        document[section] = [
            _absolute(each, entry.path) for each in document.get(section) or [] if each["name"] == name
        ]
    document["current-context"] = context
    return yaml.safe_dump(document)


def _absolute(each: dict[str, object], path: Path) -> dict[str, object]:
    """The same entry with files named in full, since the copy is elsewhere."""
    files = {"certificate-authority", "client-certificate", "client-key", "tokenFile"}
    return {
        section: {
            key: str(path.parent / value) if key in files and isinstance(value, str) else value
            for key, value in inner.items()
        }
        if isinstance(inner, dict)
        else inner
        for section, inner in each.items()
    }
