"""Pages of a list end five minutes after the first one was cut, and can be gone on with after that."""

from __future__ import annotations

from pathlib import Path

import pytest

from liqolab.apimachinery.builtin import CONFIG_MAPS
from liqolab.apimachinery.errors import ApiError
from liqolab.kube.api.compaction import SECONDS, Compaction
from liqolab.kube.api.list_options import ListOptions
from liqolab.kube.api.listing import Page, list_page
from liqolab.kube.api.request import ResourceRequest
from tests.clusters import in_process


async def test_a_token_that_is_too_old_comes_with_one_that_is_not(tmp_path: Path) -> None:
    async with in_process(tmp_path / "c", control_plane=False) as (cluster, client):
        moment = 0.0
        pipeline = cluster.pipeline
        pipeline.compaction = Compaction(lambda: moment)
        spec = pipeline.registry.find(CONFIG_MAPS)
        assert spec is not None
        user = cluster.client_for("kube-controller-manager")._user
        request = ResourceRequest(user, "list", spec, "default")

        def page(token: str = "") -> Page:
            query = {"limit": "2", **({"continue": token} if token else {})}
            return list_page(pipeline, request, ListOptions.parse(query, spec))

        for name in "abcdef":
            await client.create(CONFIG_MAPS, {"metadata": {"name": name}}, "default")
        first = page()
        await client.delete(CONFIG_MAPS, "c", "default")
        moment = SECONDS - 1
        assert [record.key[1] for record in page(first.continue_).records] == ["c", "d"]
        moment = SECONDS
        with pytest.raises(ApiError) as refused:
            page(first.continue_)
        assert (refused.value.code, refused.value.reason) == (410, "Expired")
        second = page(refused.value.status["metadata"]["continue"])
        assert [record.key[1] for record in second.records] == ["d", "e"]
        assert (second.revision > first.revision, second.remaining) == (True, 1)
        assert [record.key[1] for record in page(second.continue_).records] == ["f"]
