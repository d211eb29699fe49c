"""Pages behind the API server's proxies."""

from __future__ import annotations

import pytest

from liqolab.kube.api.links import link, through_proxy

PREFIX = "/api/v1/namespaces/n/services/s/proxy"
HOSTS = frozenset({"s.n.svc:80"})


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("/", f"{PREFIX}/"),
        ("/a/b?c=d#e", f"{PREFIX}/a/b?c=d#e"),
        ("/a/", f"{PREFIX}/a/"),
        ("http://s.n.svc:80/a", f"{PREFIX}/a"),
        (f"{PREFIX}/a", f"{PREFIX}/a"),
        ("a/b", "a/b"),
        ("http://example.com/a", "http://example.com/a"),
        ("#top", "#top"),
        ("mailto:a@b", "mailto:a@b"),
    ],
)
def test_where_a_link_leads(address: str, seen: str) -> None:
    assert link(address, PREFIX, HOSTS) == seen


def test_only_addresses_of_a_page_are_changed() -> None:
    page = "<p title='/x'>a < b <a class=\"k\" href=\"/x\">/x</a><img src='/y'><script>if (a</b/) c</script>"
    seen = page.replace('href="/x"', f'href="{PREFIX}/x"').replace("src='/y'", f'src="{PREFIX}/y"')
    assert through_proxy(page, PREFIX, HOSTS) == seen
