"""Ask a real control plane and an embedded cluster the same strange questions, and print where their answers differ.

    python -m tests.contract.seek --kubeconfig FILE [--seed N] [--requests N] [--kind NAME] [--at PATTERN] [--first N]

The kinds and what they need at least stand in ``exchanges/kinds.yaml``; richer ones in ``strange.yaml`` and
``strange_groups.yaml``. Every strange request is a dry run, so that none depends on another; what some of them are
applied to is made for them, by another manager.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.api_server import Api
from tests.clusters import order, serving
from tests.contract.comparing import Difference, differences
from tests.contract.player import Answers, Player
from tests.contract.script import FOLDER, Exchange, Script
from tests.contract.strange import Schemas, Strange

_BASES = [Path(__file__).with_name(f"{name}.yaml") for name in ("strange", "strange_groups")]
_ONCE, _OVER = 0.15, 0.1
"""How often a body is applied, and how often to an object that is another manager's."""
_PATIENCE_SECONDS = 40


def main() -> int:
    """The exit code: 1 where answers differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kubeconfig", type=Path, required=True, help="an administrator's, of a real control plane")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--kind", default="", help="a resource, as in its path; without it, all of them by turns")
    parser.add_argument("--at", default="", help="what the path has to match, as a regular expression")
    parser.add_argument("--first", type=int, default=100, help="how many of those that differ are printed")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        real = Path(shutil.copy(asked.kubeconfig, folder))
        with serving(order(Path(folder) / "ours", "ours")) as ours:
            found, exchanges = asyncio.run(_seek(asked, real, ours["ours"].kubeconfig))
    return _report(found, exchanges, asked.first)


async def _seek(asked: argparse.Namespace, real: Path, ours: Path) -> tuple[list[Difference], dict[str, Exchange]]:
    apis = [Api(real), Api(ours)]
    players = [Player(api, _PATIENCE_SECONDS) for api in apis]
    try:
        schemas = await _schemas(apis[0])
        script = Script("strange", "made by chance", tuple(_exchanges(asked, schemas)))
        answers: list[Answers] = list(await asyncio.gather(*(player.play(script) for player in players)))
    finally:
        for player, api in zip(players, apis, strict=True):
            await player.clear()
            await api.session.close()
    return differences(*answers), {exchange.title: exchange for exchange in script.exchanges}


async def _schemas(api: Api) -> Schemas:
    paths = _document(await api("GET", "/openapi/v3", code=200))["paths"]
    found: dict[str, Any] = {}
    for place in paths.values():
        document = _document(await api("GET", place["serverRelativeURL"], code=200))
        found |= document.get("components", {}).get("schemas", {})
    return Schemas(found)


def _document(answer: Any) -> Any:
    """A real server does not say that its index is JSON."""
    return json.loads(answer) if isinstance(answer, str) else answer


def _exchanges(asked: argparse.Namespace, schemas: Schemas) -> list[Exchange]:
    chance = random.Random(asked.seed)
    strange = Strange(chance, schemas)
    rows = [row for row in _rows() if asked.kind in ("", row["of"]) and re.search(asked.at, row["at"])]
    defined = {row["at"]: row["definition"] for row in rows if "definition" in row}
    made = [exchange for at, definition in defined.items() for exchange in _defining(at, definition)]
    for number in range(asked.requests):
        row = rows[number % len(rows)]
        body = {"metadata": {"name": f"k-{number}"}} | row["object"]
        body["metadata"].setdefault("name", f"k-{number}")
        schema = _schema(schemas, row)
        strict = "&fieldValidation=Strict" if chance.random() < 0.3 else ""
        changed = _head(row, schema) | strange.body(body, schema)
        title, way = f"{number} {row['of']}", chance.random()
        if way < _ONCE:
            made.append(_apply(title, row, changed, f"dryRun=All&fieldManager=m{strict}"))
        elif way < _ONCE + _OVER and "name" not in row["object"].get("metadata", ()):
            made += _over(title, row, _head(row, schema) | body, changed, strict)
        else:
            if chance.random() < 0.9 and "definition" not in row:
                changed = {key: changed[key] for key in changed if key not in ("apiVersion", "kind")}
            made.append(Exchange(title, "POST", f"{row['at']}?dryRun=All{strict}", changed))
    return made


def _defining(at: str, definition: dict[str, Any]) -> Iterator[Exchange]:
    """A kind of our own, and the moment from which on it is served."""
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    kind = definition["spec"]["names"]["kind"]
    yield Exchange(f"definition of {kind}", "POST", definitions, definition, only=("kind",))
    for moment in ("first", "all"):
        yield Exchange(f"{moment} {kind}", "GET", at, until={"kind": f"{kind}List"}, only=("kind",))


def _over(title: str, row: dict[str, Any], body: Any, changed: Any, strict: str) -> list[Exchange]:
    """What somebody else applies to an object that somebody has applied, with force and without."""
    name = f"{{ns}}-{body['metadata']['name']}"
    ours = body | {"metadata": body["metadata"] | {"name": name}}
    theirs = changed | {"metadata": changed["metadata"] | {"name": name}}
    return [
        _apply(f"{title}, made", row, ours, "fieldManager=a"),
        _apply(f"{title}, applied", row, theirs, f"dryRun=All&fieldManager=b{strict}"),
        _apply(f"{title}, forced", row, theirs, f"dryRun=All&force=true&fieldManager=b{strict}"),
        _apply(f"{title}, by its own", row, theirs, f"dryRun=All&fieldManager=a{strict}"),
    ]


def _apply(title: str, row: dict[str, Any], body: Any, options: str) -> Exchange:
    return Exchange(title, "PATCH", f"{row['at']}/{body['metadata']['name']}?{options}", body, "apply")


def _head(row: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    _, root, *rest = row["at"].split("/")
    version = rest[0] if root == "api" else "/".join(rest[:2])
    if "definition" in row:
        return {"apiVersion": version, "kind": row["definition"]["spec"]["names"]["kind"]}
    return {"apiVersion": version, "kind": schema["x-kubernetes-group-version-kind"][0]["kind"]}


def _schema(schemas: Schemas, row: dict[str, Any]) -> dict[str, Any]:
    """By the resource's group and version, and the kind whose plural the path ends in."""
    if "definition" in row:
        return dict(row["definition"]["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
    path = row["at"]
    _, root, *rest = path.split("/")
    group, version = ("", rest[0]) if root == "api" else (rest[0], rest[1])
    plural = path.rpartition("/")[2]
    for definition in schemas.definitions.values():
        for known in definition.get("x-kubernetes-group-version-kind", ()):
            if (known["group"], known["version"]) == (group, version) and plural in _plurals(known["kind"].lower()):
                return definition
    raise ValueError(f"no schema for {path}")


def _plurals(kind: str) -> tuple[str, ...]:
    return kind, f"{kind}s", f"{kind}es", f"{kind[:-1]}ies"


def _rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = yaml.load((FOLDER / "kinds.yaml").read_text(), Loader=yaml.CSafeLoader)["each"]
    for base in _BASES:
        rows += yaml.load(base.read_text(), Loader=yaml.CSafeLoader)
    return rows


def _report(found: list[Difference], exchanges: dict[str, Exchange], first: int) -> int:
    by_exchange: dict[str, list[Difference]] = {}
    for difference in found:
        by_exchange.setdefault(difference.exchange, []).append(difference)
    for title, several in list(by_exchange.items())[:first]:
        print(f"{title}: {exchanges[title].method} {json.dumps(exchanges[title].body)}")
        for difference in _telling(several):
            print(f"  {difference.path}\n    real: {difference.real!r}\n    ours: {difference.ours!r}")
    kinds = Counter(title.partition(" ")[2].partition(",")[0] for title in exchanges)
    differing = Counter(title.partition(" ")[2].partition(",")[0] for title in by_exchange)
    print(
        *(f"{kind}: {differing[kind]} of {count}" for kind, count in sorted(kinds.items()) if differing[kind]), sep="\n"
    )
    print(f"{len(exchanges)} requests, {len(by_exchange)} answered differently")
    return 1 if found else 0


def _telling(several: list[Difference]) -> list[Difference]:
    """The message says what the causes say again."""
    told = [difference for difference in several if difference.path in ("code", "message")]
    return told or several[:3]


if __name__ == "__main__":
    sys.exit(main())
