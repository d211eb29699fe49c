"""Whatever clusters, commands and features put into a failure: its text and its document do no harm."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from liqolab.documents import from_document, to_document
from liqolab.steps.failing.failure import Difference, EventLine, Failure, LogTail, Moment, Target
from liqolab.steps.failing.harmless import harmless
from liqolab.steps.failing.text import failure_text

_SPEC = importlib.util.spec_from_file_location("liqolab_tests_hostile", Path(__file__).parents[2] / "hostile.py")
assert _SPEC is not None and _SPEC.loader is not None
hostile = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hostile)


def _everywhere(text: str) -> Failure:
    """A failure in which every text is `text`."""
    return Failure(
        summary=text,
        target=Target(text, text, text, text, text),
        differences=[Difference(text, text, text)] * 3,
        nearest=text,
        timeline=[Moment(0.0, text), Moment(1.0, text)],
        output=text,
        code=1,
        events=[EventLine(text, text, text, text, text)] * 3,
        logs=[LogTail(text, text, text, (text,) * 30)],
        causes=[text, text],
        command=text,
        sentence=text,
        location=text,
    )


def _is_harmless(text: str) -> None:
    assert [value for value in hostile.FORBIDDEN if value in text] == []
    assert len(text) < hostile.LONGEST
    text.encode()


@pytest.mark.parametrize("name", hostile.TEXTS)
def test_texts_do_no_harm(name: str) -> None:
    failure = _everywhere(hostile.TEXTS[name])
    _is_harmless(failure_text(failure))
    document = json.loads(json.dumps(to_document(harmless(failure))))
    _is_harmless(json.dumps(document, ensure_ascii=False))
    assert failure_text(from_document(Failure, document)).splitlines()[0] == failure_text(failure).splitlines()[0]


@pytest.mark.parametrize("name", hostile.DOCUMENTS)
def test_documents_do_no_harm(name: str) -> None:
    value = hostile.DOCUMENTS[name]
    for expected, actual in ((value, {}), ({"spec": 1}, value), (value, value)):
        failure = Failure("it is not of this shape", expected=expected, actual=actual)
        _is_harmless(failure_text(failure))
        document = json.loads(json.dumps(to_document(harmless(failure)), allow_nan=False))
        _is_harmless(json.dumps(document, ensure_ascii=False))
        assert from_document(Failure, document).summary == failure.summary


def test_a_difference_of_a_secret_is_told_without_its_value() -> None:
    target = Target("venice", "secret", "db", "shop")
    failure = Failure(
        "it differs",
        target,
        differences=[Difference(".data.pass", "aGk=", "Ynll"), Difference(".type", "Opaque", "other")],
        expected={"data": {"pass": "aGk="}},
        actual={"data": {"pass": "Ynll"}, "kind": "Secret"},
    )
    text = failure_text(failure)
    assert "aGk=" not in text and "Ynll" not in text
    assert ".type: Opaque → other" in text


def test_a_document_becomes_the_failure_that_it_was() -> None:
    failure: Any = _everywhere("plain")
    failure.expected, failure.actual = {"a": [1, 2.5, None, True]}, {"a": []}
    assert from_document(Failure, json.loads(json.dumps(to_document(harmless(failure))))) == failure
