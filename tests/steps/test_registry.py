import pytest

from liqolab.steps.quoting import quoted
from liqolab.steps.registry import OPTIONAL, PLACEHOLDER, AmbiguousStepError, Registry, UndefinedStepError
from liqolab.steps.suggestions import look_up
from liqolab.steps.timing import Timing, split_timing
from liqolab.steps.vocabulary import REGISTRY


@pytest.mark.parametrize(
    ("text", "bare", "timing"),
    [
        ('node "a" is Ready', 'node "a" is Ready', Timing()),
        ('node "a" is Ready within 90s', 'node "a" is Ready', Timing("within", 90)),
        ('node "a" is Ready within 1m30s', 'node "a" is Ready', Timing("within", 90)),
        ('node "a" is Ready for 0.5s', 'node "a" is Ready', Timing("for", 0.5)),
        ('node "never" is Ready', 'node "never" is Ready', Timing()),
        ('pod "a" never is Running within 5s', 'pod "a" is Running', Timing("never", 5)),
        ('node "a" is Ready immediately', 'node "a" is Ready', Timing("now", 0)),
    ],
)
def test_time_is_a_suffix_that_says_the_kind_of_assertion(text: str, bare: str, timing: Timing) -> None:
    assert split_timing(text) == (bare, timing)


def test_placeholders_are_quoted_strings_numbers_and_words() -> None:
    registry = Registry()

    @registry.then("exactly {count:int} {kind:word} named {name}")
    def exactly(count: int, kind: str, name: str) -> None: ...

    step, arguments = registry.find('exactly 3 pods named "a b"')
    assert (step.function, arguments) == (exactly, {"count": 3, "kind": "pods", "name": "a b"})


@pytest.mark.parametrize(
    "value",
    ["", "a b", 'say "hi"', '"', "\\", "a\\", 'a\\"b', '\\\\"', "\\d+\\.\\d+", 'x="never" within 5s', "it's"],
)
@pytest.mark.parametrize(
    ("before", "name", "after", "rest"),
    [
        ("I run ", "command", "", {}),
        ("eseguo ", "command", "", {}),
        ('pod "a" in cluster ', "cluster", " never is Running within 5s", {"name": "a"}),
        ('pod "a" nel cluster ', "cluster", " è Running entro 5s", {"name": "a"}),
        ("the output contains ", "text", "", {}),
        ("l'output contiene ", "text", "", {}),
    ],
)
def test_a_quoted_value_may_be_any_text(before: str, name: str, after: str, rest: dict[str, str], value: str) -> None:
    _, arguments = REGISTRY.find(before + quoted(value) + after)
    assert arguments[name] == value
    assert {key: arguments[key] for key in rest} == rest


def test_quotes_in_a_value_are_escaped_with_a_backslash_and_other_backslashes_are_themselves() -> None:
    assert REGISTRY.find(r'I run "echo \"a \\\" b\" \w"')[1]["command"] == (r'echo "a \" b" \w')
    with pytest.raises(UndefinedStepError):
        REGISTRY.find(r'I run "echo \"')


def test_a_sentence_without_timing_refuses_a_time_suffix() -> None:
    registry = Registry()

    @registry.then("the command succeeds")
    def succeeds() -> None: ...

    with pytest.raises(UndefinedStepError):
        registry.find("the command succeeds within 3s")


def test_two_claims_on_one_sentence_are_an_error() -> None:
    registry = Registry()

    @registry.then("pod {name} runs")
    def one(name: str) -> None: ...

    @registry.then("{kind:word} {name} runs")
    def other(kind: str, name: str) -> None: ...

    with pytest.raises(AmbiguousStepError, match=r"pod \{name\} runs"):
        registry.find('pod "a" runs')


def test_a_time_that_contradicts_itself_is_explained() -> None:
    with pytest.raises(UndefinedStepError, match='"never" needs a time to watch for'):
        look_up(REGISTRY, 'pod "x" never is Running')


def test_a_sentence_that_takes_no_time_says_so() -> None:
    with pytest.raises(UndefinedStepError, match="takes no time"):
        look_up(REGISTRY, "the command succeeds within 3s")


@pytest.mark.parametrize(
    ("text", "bare", "timing"),
    [
        ('pod "a" è Running entro 5s', 'pod "a" è Running', Timing("within", 5)),
        ('pod "a" non è Running per 5s', 'pod "a" non è Running', Timing("for", 5)),
        ('pod "a" non è mai Running entro 5s', 'pod "a" è Running', Timing("never", 5)),
        ('i log del pod "a" non contengono mai "non è mai" per 5s', 'i log del pod "a" contengono "non è mai"', None),
    ],
)
def test_never_has_two_words_in_italian(text: str, bare: str, timing: Timing | None) -> None:
    assert split_timing(text, "it") == (bare, timing or Timing("never", 5))


_WORDS = {"int": "3", "state": "Ready", "operator": "!=", "duration": "10s"}


@pytest.mark.parametrize("kind", ["pod", "namespace", "deployment.apps"])
def test_no_wording_is_claimed_twice_in_any_language(kind: str) -> None:
    for step in REGISTRY:
        for wording in step.wordings:
            for expansion in wording.expansions():
                text = PLACEHOLDER.sub(lambda found: _WORDS.get(found[2], kind) if found[2] else '"x"', expansion)
                assert [other.sentence for other in REGISTRY if other.match(text) is not None] == [step.sentence]


def test_every_sentence_is_said_in_italian() -> None:
    missing = [step.sentence for step in REGISTRY if not any(each.language == "it" for each in step.wordings)]
    assert not missing


def test_every_wording_leaves_out_only_what_may_be_left_out() -> None:
    for step in REGISTRY:
        needed = set(PLACEHOLDER.findall(OPTIONAL.sub("", step.sentence)))
        for wording in step.wordings:
            assert needed <= set(PLACEHOLDER.findall(wording.sentence)), wording.sentence


def test_every_sentence_says_what_it_means() -> None:
    assert not [step.sentence for step in REGISTRY if not step.function.__doc__]


def test_every_parameter_of_a_function_is_in_its_sentence() -> None:
    given = {"lab", "timing", "docstring", "datatable", "stated"}
    subject = {"kind", "name", "labels", "namespace", "cluster"}
    for step in REGISTRY:
        assert "about" not in step.placeholders and bool(step.about) <= step.takes_subject, step.sentence
        if step.takes_subject:
            assert {"namespace", "cluster"} <= step.placeholders and ("kind" in step.placeholders) != bool(step.about)
            assert step.parameters - given - {"subject"} == step.placeholders - subject, step.sentence
        else:
            assert step.parameters - given == step.placeholders, step.sentence
