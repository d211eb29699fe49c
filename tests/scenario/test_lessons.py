import pytest

from liqolab.scenario.lesson import load_lesson
from liqolab.scenario.library import LessonError, lesson_names
from liqolab.steps.vocabulary import REGISTRY


@pytest.mark.parametrize("name", lesson_names())
def test_every_sentence_of_every_lesson_is_defined_once(name: str) -> None:
    for scenario in load_lesson(name).feature.scenarios:
        for part in scenario.steps:
            if not part.text.startswith("the lesson has reached"):
                REGISTRY.find(part.text)


@pytest.mark.parametrize("name", lesson_names())
def test_every_step_of_a_lesson_can_be_seen_to_work(name: str) -> None:
    for scenario in load_lesson(name).feature.scenarios:
        assert scenario.commands, scenario.name
        assert any(part.kind == "then" for part in scenario.steps), scenario.name


def test_the_commands_of_the_seed_stand_in_the_feature_word_for_word(seed_commands: list[str]) -> None:
    lesson = load_lesson("offloading-with-policies")
    text = "\n".join(
        " ".join(filter(None, (part.text, part.docstring)))
        for scenario in lesson.feature.scenarios
        for part in scenario.steps
    )
    flat = " ".join(text.split())
    elsewhere = [command for command in seed_commands if " ".join(command.split()) not in flat]
    # These two stand in sentences, between double quotes, so they cannot contain any.
    looks = [f'kubectl get namespaces liqo-demo --kubeconfig="$KUBECONFIG_{name}"' for name in ("NAPLES", "FLORENCE")]
    assert elsewhere == looks
    assert all(f'"{command.replace(chr(34), "")}"' in flat for command in looks)


def test_an_unknown_lesson_is_named_with_those_that_exist() -> None:
    with pytest.raises(LessonError, match=r"known: .*offloading-with-policies"):
        load_lesson("nonsense")
