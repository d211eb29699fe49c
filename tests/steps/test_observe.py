"""An assertion asks once and then listens; and silence never counts as an answer."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.apimachinery.resources import Object
from liqolab.steps import transport
from liqolab.steps.clusters import Cluster
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.observe import Miss, Subject, observe
from liqolab.steps.timing import Timing
from liqolab.steps.verdicts import every

PLACE = "/api/v1/namespaces/default/configmaps"


def is_blue(items: list[Object]) -> Miss | str | None:
    if not items:
        return "it does not exist"
    colour = items[0]["data"].get("colour")
    return None if colour == "blue" else f"it is {colour}"


def absent(items: list[Object]) -> str | None:
    return "it exists" if items else None


def settings(cluster: Cluster) -> Subject:
    return Subject.named(cluster, "configmap", "settings", "default")


def queries(api_server: Any) -> list[str]:
    return [each for each in api_server.asked if each != "DISCOVERY"]


def test_one_list_and_one_watch_however_often_it_changes(api_server: Any, cluster: Any) -> None:
    api_server.objects[PLACE] = [api_server.config_map("settings", colour="red")]

    def change(watch: Any) -> None:
        for colour in ("green", "red", "green", "blue"):
            watch.send("MODIFIED", api_server.config_map("settings", colour=colour))
        watch.last()

    api_server.scripts = [change]
    observe(settings(cluster), is_blue, Timing("within", 20))
    assert queries(api_server) == ["LIST", "WATCH"]


@pytest.mark.parametrize("timing", [Timing("now", 0), Timing("within", 20)])
def test_what_holds_already_needs_no_watch(api_server: Any, cluster: Any, timing: Timing) -> None:
    api_server.objects[PLACE] = [api_server.config_map("settings", colour="blue")]
    observe(settings(cluster), is_blue, timing)
    assert queries(api_server) == ["LIST"]


def test_kinds_are_discovered_once(api_server: Any, cluster: Any) -> None:
    api_server.objects[PLACE] = [api_server.config_map("settings", colour="blue")]
    for word in ("configmap", "ConfigMaps", "cm"):
        observe(Subject.named(cluster, word, "settings", "default"), is_blue, Timing("now", 0))
    assert api_server.asked.count("DISCOVERY") == 2


def test_what_was_seen_over_time_is_told(api_server: Any, cluster: Any) -> None:
    def change(watch: Any) -> None:
        watch.send("ADDED", api_server.config_map("settings", colour="red"))
        watch.send("MODIFIED", api_server.config_map("settings", colour="red", size="large"))
        watch.send("MODIFIED", api_server.config_map("settings", colour="green"))
        watch.last()

    api_server.scripts = [change]
    with pytest.raises(CheckFailedError) as caught:
        observe(settings(cluster), is_blue, Timing("within", 1))
    failure = caught.value.failure
    assert [moment.text for moment in failure.timeline] == ["it does not exist", "it is red", "it is green"]
    assert failure.target is not None
    assert (failure.target.name, failure.target.namespace) == ("settings", "default")


@pytest.mark.parametrize(("kind", "holds"), [("never", is_blue), ("for", absent)])
def test_what_lasts_is_believed_when_the_server_says_so(api_server: Any, cluster: Any, kind: Any, holds: Any) -> None:
    observe(settings(cluster), holds, Timing(kind, 1))
    assert queries(api_server) == ["LIST", "WATCH"]


@pytest.mark.parametrize(("kind", "holds"), [("never", is_blue), ("for", absent), ("within", is_blue)])
def test_a_server_that_dies_in_the_middle_lets_nothing_pass(
    api_server: Any, cluster: Any, kind: Any, holds: Any
) -> None:
    def die(watch: Any) -> None:
        api_server.dead = True
        watch.break_off()

    api_server.scripts = [die]
    with pytest.raises(CheckFailedError, match="does not answer"):
        observe(settings(cluster), holds, Timing(kind, 0.5))


@pytest.mark.parametrize(("kind", "holds"), [("never", is_blue), ("for", absent)])
def test_a_server_that_was_stopped_lets_nothing_pass(
    api_server: Any, cluster: Any, kind: Any, holds: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("liqolab.steps.clusters.WATCH_GRACE_SECONDS", 0.2)
    api_server.scripts = [lambda watch: watch.hang(api_server.released)]
    with pytest.raises(CheckFailedError, match="stopped answering"):
        observe(settings(cluster), holds, Timing(kind, 1))


def test_a_server_that_never_answers_does_not_hang_a_check(
    api_server: Any, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "ANSWER_SECONDS", 0.2)
    api_server.answer = lambda handler: api_server.released.wait()
    with pytest.raises(CheckFailedError, match="no answer in time"):
        observe(settings(cluster), absent, Timing("now", 0))


def test_a_server_that_goes_away_politely_is_asked_again(api_server: Any, cluster: Any) -> None:
    def leave(watch: Any) -> None:
        api_server.objects[PLACE] = [api_server.config_map("settings", colour="blue")]
        watch.end()

    api_server.scripts = [leave]
    with pytest.raises(CheckFailedError, match="should never have been"):
        observe(settings(cluster), is_blue, Timing("never", 20))
    assert queries(api_server) == ["LIST", "WATCH", "LIST"]


def test_a_history_that_is_forgotten_is_listed_anew(api_server: Any, cluster: Any) -> None:
    def forget(watch: Any) -> None:
        api_server.objects[PLACE] = [api_server.config_map("settings", colour="blue")]
        watch.send("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"})
        watch.end()

    api_server.scripts = [forget]
    observe(settings(cluster), is_blue, Timing("within", 20))
    assert queries(api_server) == ["LIST", "WATCH", "LIST"]


@pytest.mark.parametrize("kind", ["within", "for", "now"])
def test_of_a_kind_that_nobody_knows_nothing_holds_not_even_absence(cluster: Cluster, kind: str) -> None:
    with pytest.raises(CheckFailedError, match='knows no kind "nodez"'):
        observe(Subject.named(cluster, "nodez", "x"), absent, Timing(kind, 0.1))  # type: ignore[arg-type]


def test_a_kind_may_come_while_it_is_waited_for(api_server: Any, cluster: Any) -> None:
    definition = {
        "metadata": {"name": "gadgets.example.com"},
        "spec": {"group": "example.com", "names": {"kind": "Gadget", "plural": "gadgets", "singular": "gadget"}},
        "status": {"conditions": [{"type": "Established", "status": "True"}]},
    }

    def define(watch: Any) -> None:
        api_server.serve_gadgets({"metadata": {"name": "x"}})
        watch.send("ADDED", definition)
        watch.last()

    api_server.scripts = [define]
    observe(Subject.named(cluster, "gadget", "x"), lambda items: None if items else "none", Timing("within", 20))


def test_a_namespace_of_what_has_none_is_an_error(api_server: Any, cluster: Any) -> None:
    with pytest.raises(CheckFailedError, match="is in no namespace"):
        observe(Subject.named(cluster, "customresourcedefinition", "x", "default"), absent, Timing("now", 0))


def test_a_server_that_comes_back_in_time_is_waited_for(api_server: Any, cluster: Any) -> None:
    api_server.objects[PLACE] = [api_server.config_map("settings", colour="blue")]
    api_server.away = 2
    observe(settings(cluster), is_blue, Timing("within", 5))


@pytest.mark.parametrize("timing", [Timing(), Timing("for", 1), Timing("never", 1), Timing("now", 0)])
def test_a_server_that_is_away_at_the_beginning_is_told_of_at_once(
    api_server: Any, cluster: Any, timing: Timing
) -> None:
    api_server.away = 1
    with pytest.raises(transport.UnreachableError):
        observe(settings(cluster), absent, timing)
    assert api_server.away == 0


def test_what_should_never_be_is_not_told_as_expected(api_server: Any, cluster: Any) -> None:
    api_server.objects[PLACE] = [api_server.config_map("settings", colour="blue")]
    with pytest.raises(CheckFailedError) as caught:
        observe(settings(cluster), is_blue, Timing("never", 5))
    assert [moment.text for moment in caught.value.failure.timeline] == ["it is so"]


def test_only_what_has_changed_is_judged_anew(api_server: Any, cluster: Any) -> None:
    names = [f"settings-{number}" for number in range(50)]
    api_server.objects[PLACE] = [api_server.config_map(name, colour="red") for name in names]
    judged: list[str] = []

    def verdict(item: Object) -> str | None:
        judged.append(item["metadata"]["name"])
        return None if item["data"]["colour"] == "blue" else "is not blue"

    def change(watch: Any) -> None:
        for name in names:
            watch.send("MODIFIED", api_server.config_map(name, colour="blue"))
        watch.last()

    api_server.scripts = [change]
    observe(Subject(cluster, "configmap", "default"), every(verdict), Timing("within", 5))
    assert judged == names + names
