"""What a command's output says about the clusters: kubectl's errors, in terms of the playground."""

from __future__ import annotations

import re
from pathlib import Path

from liqolab.apimachinery import meta
from liqolab.steps.failing import evidence_kinds
from liqolab.steps.failing.evidence import Evidence, SilentError
from liqolab.steps.why.causes import clusters, phrases
from liqolab.steps.why.causes.engine import titled
from liqolab.steps.why.causes.workloads import refusal

_REFUSED = re.compile(
    r"connection to the server ([\w.:\[\]-]+) was refused|dial tcp ([\w.:\[\]-]+): connect: connection"
)
_FORBIDDEN = re.compile(r"(?:exceeded quota|failed calling webhook|admission webhook)[^\n]*")
_NO_KIND = re.compile(r'the server doesn\'t have a resource type "([^"]+)"|no matches for kind "([^"]+)"')
_NOT_FOUND = re.compile(r'\(NotFound\): ([\w.-]+) "([^"]+)" not found')
_NO_COMMAND = re.compile(r"(?:bash: (?:line \d+: )?)([^\s:]+): command not found")


def explain_output(evidence: Evidence, output: str) -> list[str]:
    """Why a command failed, where its output and the clusters say so together."""
    for look in (_stopped, _forbidden, _unknown_kind, _not_there, _no_command):
        try:
            if text := look(evidence, output):
                return [text]
        except SilentError:
            continue
    return []


def _stopped(evidence: Evidence, output: str) -> str:
    """The command talked to a cluster whose API server does not run."""
    found = _REFUSED.search(output)
    address = (found[1] or found[2]) if found else ""
    for cluster in evidence.clusters if address else ():
        path = evidence.source.kubeconfig(cluster)
        if path and address in Path(path).read_text(errors="replace"):
            silence = evidence.silence(cluster)
            return clusters.unreachable(silence) if silence else ""
    return ""


def _forbidden(evidence: Evidence, output: str) -> str:
    found = _FORBIDDEN.search(output)
    if found is None:
        return ""
    words = refusal(found.group())
    return words if words != found.group().strip() else ""


def _unknown_kind(evidence: Evidence, output: str) -> str:
    found = _NO_KIND.search(output)
    word = (found[1] or found[2]) if found else ""
    kind = evidence_kinds.known(word) if word else None
    if kind is None or not kind.group.endswith(evidence_kinds.LIQO_GROUPS):
        return ""
    lacking = [cluster for cluster in evidence.clusters if evidence.resource(cluster, word) is None]
    return f"Liqo, which defines {kind.kind}, is not installed in cluster {phrases.quoted(lacking)}" if lacking else ""


def _not_there(evidence: Evidence, output: str) -> str:
    """The command asked one cluster or namespace for what is in another."""
    found = _NOT_FOUND.search(output)
    resource = evidence_kinds.known(found[1]) if found else None
    if found is None or resource is None:
        return ""
    places = [
        f'cluster "{cluster}"' + (f', namespace "{meta.namespace(item)}"' if meta.namespace(item) else "")
        for cluster in evidence.clusters
        for item in evidence.list(cluster, resource)
        if meta.name(item) == found[2]
    ]
    where = phrases.listed(places)
    return f"{titled(resource, found[2])} is in {where}, and not where the command looked" if places else ""


def _no_command(evidence: Evidence, output: str) -> str:
    found = _NO_COMMAND.search(output)
    return f'there is no command "{found[1]}" on the PATH of the shell' if found else ""
