"""Two languages that say the same: interface, lesson and feature."""

from __future__ import annotations

import string

import pytest

from liqolab.learn.steps import stages
from liqolab.learn.texts import Texts, catalogue, choose_language, languages
from liqolab.scenario.lesson import lesson_languages, load_lesson
from liqolab.scenario.library import installed_library, lesson_folder, lesson_names
from liqolab.steps.vocabulary import REGISTRY

TRANSLATIONS = [
    (name, language)
    for name in lesson_names()
    for language in lesson_languages(lesson_folder(name))
    if language != "en"
]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", [*languages(), "xx"])
def test_every_text_is_there_with_the_same_values(language: str) -> None:
    english, own = catalogue("en"), catalogue(language)
    assert own.keys() == english.keys()
    assert {key: placeholders(text) for key, text in own.items()} == {
        key: placeholders(text) for key, text in english.items()
    }


def test_texts_are_filled_in_and_counted() -> None:
    assert Texts("it")("plain.light.on", task="x") == "Fatto: x"
    assert Texts("it").many("plain.list.hints", 1) == "1 suggerimento"
    assert Texts("it").many("plain.list.hints", 3) == "3 suggerimenti"
    assert Texts("de")("plain.light.on", task="x") == "Done: x"
    strange = Texts("xx")("plain.light.on", task="x")
    assert strange == "[Dóñé: x~~]"


@pytest.mark.parametrize(
    ("asked", "environment", "language"),
    [
        ("it", {"LANG": "en_GB.UTF-8"}, "it"),
        (None, {"LIQOLAB_LANGUAGE": "it", "LC_ALL": "C"}, "it"),
        (None, {"LC_ALL": "it_IT.UTF-8", "LANG": "en_US"}, "it"),
        (None, {"LANG": "it_CH@euro"}, "it"),
        (None, {"LANG": "C.UTF-8"}, "en"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
        (None, {}, "en"),
    ],
)
def test_the_language_is_that_of_the_person(asked: str | None, environment: dict[str, str], language: str) -> None:
    assert choose_language(asked, environment) == language


@pytest.mark.parametrize(("name", "language"), TRANSLATIONS)
def test_a_translated_lesson_lacks_nothing_and_asks_for_the_same(name: str, language: str) -> None:
    english, translated = load_lesson(name), load_lesson(name, language)
    assert translated.untranslated == ()
    for one, other in zip(stages(english), stages(translated), strict=True):
        assert one.view.commands == other.view.commands
        assert [(task.id, task.kind) for task in one.view.tasks] == [(task.id, task.kind) for task in other.view.tasks]
        assert one.view.title != other.view.title
        assert len(one.view.blocks) == len(other.view.blocks)
        assert {mistake.when for mistake in one.step.mistakes} == {mistake.when for mistake in other.step.mistakes}


@pytest.mark.parametrize(("name", "language"), TRANSLATIONS)
def test_a_translated_feature_calls_the_same_functions_with_the_same_arguments(name: str, language: str) -> None:
    english, translated = load_lesson(name).feature, load_lesson(name, language).feature
    assert translated.language == language
    for one, other in zip(english.scenarios, translated.scenarios, strict=True):
        assert one.step == other.step
        for said, meant in zip(one.steps, other.steps, strict=True):
            assert (meant.kind, meant.docstring, meant.datatable) == (said.kind, said.docstring, said.datatable)
            if said.kind != "given":
                assert REGISTRY.find(meant.text) == REGISTRY.find(said.text)
                assert meant.text != said.text


def test_there_is_a_translation_to_be_tested() -> None:
    assert ("offloading-with-policies", "it") in TRANSLATIONS
    assert (installed_library() / "features" / "it").is_dir()
