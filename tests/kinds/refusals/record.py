"""Asks a real API server for its answers to all cases, and keeps them: ``tests/kinds/data/refusals.json``.

    python -m tests.kinds.refusals.record KUBECONFIG

The server has to be of the version that is imitated. Cases work in a namespace that is made and deleted here; what
lies outside of namespaces is named ``liqolab-…`` and deleted as well.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from tests.api_server import Api
from tests.kinds.refusals.cases import CASES
from tests.kinds.refusals.play import play

ANSWERS = Path(__file__).parents[1] / "data/refusals.json"
NAMESPACE = "liqolab-refusals"


async def main(kubeconfig: Path) -> None:
    """Write the answers of the server that `kubeconfig` names."""
    api = Api(kubeconfig)
    try:
        await api("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}}, code=201)
        answers = {name: await play(api, name, case, NAMESPACE, 0.4) for name, case in CASES.items()}
    finally:
        await api("DELETE", f"/api/v1/namespaces/{NAMESPACE}")
        await api.session.close()
    ANSWERS.write_text(json.dumps(answers, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
