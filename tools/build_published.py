"""Write what a real API server publishes about its built-in kinds besides what ``build_schema.py`` takes from packages.

    python tools/build_published.py KUBECONFIG

``liqolab/kube/schema/data/published.json.xz``: for each definition the defaults, allowed values and unions of its
fields, which stand in no package's definitions; OpenAPI documents are completed with them.
"""

from __future__ import annotations

import asyncio
import lzma
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson

from tests.api_server import Api

_TARGET = Path(__file__).parents[1] / "liqolab/kube/schema/data/published.json.xz"
_ADDED = ("default", "enum", "x-kubernetes-unions")
_BELOW = ("items", "additionalProperties")


async def _documents(kubeconfig: Path) -> list[dict[str, Any]]:
    api = Api(kubeconfig)
    try:
        index = await api("GET", "/openapi/v3", code=200)
        places = orjson.loads(index)["paths"] if isinstance(index, str) else index["paths"]
        return [await api("GET", place["serverRelativeURL"], code=200) for place in places.values()]
    finally:
        await api.session.close()


def _added(schema: dict[str, Any]) -> dict[str, Any]:
    found = {key: schema[key] for key in _ADDED if key in schema}
    for key in _BELOW:
        if isinstance(schema.get(key), dict) and (below := _added(schema[key])):
            found[key] = below
    properties = {name: below for name, sub in schema.get("properties", {}).items() if (below := _added(sub))}
    return found | ({"properties": properties} if properties else {})


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        documents = asyncio.run(_documents(Path(shutil.copy(sys.argv[1], folder))))
    schemas = {
        name: schema for document in documents for name, schema in document["components"].get("schemas", {}).items()
    }
    found = {name: added for name, schema in sorted(schemas.items()) if (added := _added(schema))}
    _TARGET.write_bytes(lzma.compress(orjson.dumps(found, option=orjson.OPT_SORT_KEYS), preset=9))
    print(f"{len(found)} definitions, {_TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
