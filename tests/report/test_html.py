import base64
import hashlib
import re

import pytest

from liqolab.report.html.page import html
from liqolab.report.record import RunRecord
from tests.report.page_reader import Page


@pytest.fixture
def page(record: RunRecord) -> Page:
    return Page(html(record))


def test_the_page_needs_nothing_but_itself(record: RunRecord, page: Page) -> None:
    for element in page.elements:
        assert not {"src", "srcset", "data", "action", "poster"} & set(element.attributes), element
        assert element.name not in ("link", "iframe", "img", "object", "embed", "base"), element
        assert (element.attributes.get("href") or "#").startswith("#"), element
    assert not re.search(r"url\(|@import", page.all("style")[0].text)


def test_only_the_page_s_own_script_may_run(page: Page) -> None:
    [script] = page.all("script")
    digest = base64.b64encode(hashlib.sha256(script.text.encode()).digest()).decode()
    [policy] = [entry for entry in page.all("meta") if entry.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert f"script-src 'sha256-{digest}'" in (policy.attributes["content"] or "")
    assert "default-src 'none'" in (policy.attributes["content"] or "")
    assert not [name for element in page.elements for name in element.attributes if name.startswith("on")]


def test_every_link_and_every_drawing_leads_to_something_that_is_there_once(page: Page) -> None:
    ids = [entry.attributes["id"] for entry in page.elements if "id" in entry.attributes]
    assert len(ids) == len(set(ids))
    targets = {entry.attributes["href"] for entry in page.elements if "href" in entry.attributes}
    assert targets and {f"#{id_}" for id_ in ids} >= targets


def test_the_verdict_comes_first_and_what_went_wrong_before_what_went_well(page: Page) -> None:
    assert page.all("h1")[0].text == "✕ 2 of 5 scenarios failed, 1 ambiguous, 1 undefined"
    headings = [entry.text for entry in page.elements if entry.name in ("h1", "h2")]
    assert headings[1:] == ["What went wrong", "Policies"]
    assert len(page.all("article")) == 4


def test_a_failure_shows_its_root_before_its_evidence_and_everything_that_is_known(page: Page) -> None:
    article = next(entry for entry in page.all("article") if "Region center" in entry.text)
    order = ["no node satisfies both", "app-center is Pending", "it is Pending", ".status.phase", "0/3 nodes"]
    places = [article.text.index(words) for words in order]
    assert places == sorted(places)
    for evidence in ("absent", "app-south, which runs", "×4", "hello", "exit code 1", "kubectl get pod app-center"):
        assert evidence in article.text


def test_a_status_is_never_colour_alone(page: Page) -> None:
    for badge in page.all("span", "badge"):
        assert re.fullmatch(r"\W?\s?(passed|failed|undefined|ambiguous|skipped|pending)", badge.text), badge
    for line in page.all("span", "sign"):
        # Those who do not see it hear it once: from the sign, or from the words beside it.
        assert bool(line.attributes.get("aria-label")) != (line.attributes.get("aria-hidden") == "true")


def test_what_needs_somebody_is_open_and_what_went_well_is_folded(page: Page) -> None:
    folded = {
        entry.attributes["data-status"]: "open" not in entry.attributes for entry in page.all("details", "scenario")
    }
    assert folded == {"passed": True, "failed": False, "undefined": False, "ambiguous": False}


def test_drawings_show_what_came_and_say_it_for_those_who_do_not_see(page: Page) -> None:
    drawings = page.all("svg", "world")
    assert all(entry.attributes.get("role") == "img" and entry.attributes.get("aria-label") for entry in drawings)
    assert any("liqo-naples stands for naples" in (entry.attributes["aria-label"] or "") for entry in drawings)
    [changes] = page.all("ul", "changes")
    assert "+node liqo-naples in venice: Ready, virtual, stands for naples" in changes.text
    assert "~pod liqo-demo/app-south-1 in venice: Running on home → Running on liqo-naples" in changes.text
    assert "+peering with naples in venice" in changes.text
    assert "kube-system" not in changes.text
    assert any("florence cannot be reached" in (entry.attributes["aria-label"] or "") for entry in drawings)


def test_equal_drawings_are_in_the_page_once(record: RunRecord) -> None:
    few = html(record)
    record.features[0].scenarios *= 40
    many = html(record)
    assert many.count('<g id="drawing-') == few.count('<g id="drawing-')


def test_filters_wait_for_the_script_that_works_them(page: Page) -> None:
    [controls] = [entry for entry in page.elements if entry.attributes.get("id") == "controls"]
    assert "hidden" in controls.attributes


def test_a_good_run_says_so_and_has_nothing_to_explain(record: RunRecord) -> None:
    record.features[0].scenarios = record.features[0].scenarios[:1]
    page = Page(html(record))
    assert page.all("h1")[0].text == "✓ All 1 scenario passed"
    assert not page.all("article")


def test_a_run_of_nothing_is_a_page_too() -> None:
    assert Page(html(RunRecord())).all("h1")[0].text == "✓ Nothing was run"
