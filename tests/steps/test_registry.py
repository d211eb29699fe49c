import pytest

from liqolab.steps.registry import AmbiguousStepError, Registry, UndefinedStepError
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


def test_no_sentence_of_the_vocabulary_is_claimed_twice() -> None:
    for step in REGISTRY:
        example = step.sentence
        for placeholder, value in (
            ("{count:int}", "3"),
            ("{code:int}", "3"),
            ("{kind:word}", "configmap"),
            ("{phase:word}", "Running"),
        ):
            example = example.replace(placeholder, value)
        while "{" in example:
            before, _, rest = example.partition("{")
            example = before + '"x"' + rest.partition("}")[2]
        assert REGISTRY.find(example)[0] is step
