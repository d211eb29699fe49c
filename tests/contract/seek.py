"""Ask a real control plane and an embedded cluster the same strange questions, and print where their answers differ.

    python -m tests.contract.seek --kubeconfig FILE [--seed N] [--requests N] [--kind NAME] [--first N]

The kinds and what they need at least stand in ``exchanges/kinds.yaml``; richer ones in ``strange.yaml``. Every request
is a dry run, so that none depends on another.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tests.api_server import Api
from tests.clusters import order, serving
from tests.contract.comparing import Difference, differences
from tests.contract.player import Answers, Player
from tests.contract.script import FOLDER, Exchange, Script
from tests.contract.strange import Schemas, Strange

_BASES = Path(__file__).with_name("strange.yaml")
_PATIENCE_SECONDS = 40


def main() -> int:
    """The exit code: 1 where answers differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kubeconfig", type=Path, required=True, help="an administrator's, of a real control plane")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--kind", default="", help="a resource, as in its path; without it, all of them by turns")
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
    rows = [row for row in _rows() if asked.kind in ("", row["of"])]
    made = []
    for number in range(asked.requests):
        row = rows[number % len(rows)]
        body = {"metadata": {"name": f"k-{number}"}} | row["object"]
        schema = _schema(schemas, row["at"])
        strict = "&fieldValidation=Strict" if chance.random() < 0.3 else ""
        changed = strange.body(body, schema)
        if chance.random() < 0.15:
            group = {
                "apiVersion": row["at"].split("/")[2]
                if row["at"].startswith("/api/")
                else "/".join(row["at"].split("/")[2:4])
            }
            kind = {"kind": schema["x-kubernetes-group-version-kind"][0]["kind"]}
            path = f"{row['at']}/k-{number}?dryRun=All&fieldManager=m{strict}"
            made.append(Exchange(f"{number} {row['of']}", "PATCH", path, group | kind | changed, "apply"))
        else:
            made.append(Exchange(f"{number} {row['of']}", "POST", f"{row['at']}?dryRun=All{strict}", changed))
    return made


def _schema(schemas: Schemas, path: str) -> dict[str, Any]:
    """By the resource's group and version, and the kind whose plural the path ends in."""
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
    rows = yaml.load((FOLDER / "kinds.yaml").read_text(), Loader=yaml.CSafeLoader)["each"]
    return [*rows, *yaml.load(_BASES.read_text(), Loader=yaml.CSafeLoader)]


def _report(found: list[Difference], exchanges: dict[str, Exchange], first: int) -> int:
    by_exchange: dict[str, list[Difference]] = {}
    for difference in found:
        by_exchange.setdefault(difference.exchange, []).append(difference)
    for title, several in list(by_exchange.items())[:first]:
        print(f"{title}: {exchanges[title].method} {json.dumps(exchanges[title].body)}")
        for difference in _telling(several):
            print(f"  {difference.path}\n    real: {difference.real!r}\n    ours: {difference.ours!r}")
    print(f"{len(exchanges)} requests, {len(by_exchange)} answered differently")
    return 1 if found else 0


def _telling(several: list[Difference]) -> list[Difference]:
    """The message says what the causes say again."""
    told = [difference for difference in several if difference.path in ("code", "message")]
    return told or several[:3]


if __name__ == "__main__":
    sys.exit(main())
