"""Why a task is not done: in the learner's words and language, and never with a namespace for what has none."""

from __future__ import annotations

import pytest

from liqolab.learn.reasons import reason_of
from liqolab.learn.texts import Texts
from liqolab.steps.failing.failure import Failure, Target

CASES = [
    ("it does not exist", "is not there", "non c'è"),
    ("it exists", "is still there", "c'è ancora"),
    ("it exists: a, b", "still there: a, b", "ci sono ancora: a, b"),
    ("app-1 is Pending on no node: no luck", "app-1 has no node yet: no luck", "app-1 non ha ancora un nodo: no luck"),
    ("app-1 is Running on venice", "app-1 is Running on venice", "app-1 è Running su venice"),
    ("a is Pending; b is Failed", "a is Pending; b is Failed", "a è Pending; b è Failed"),
    ("condition Ready is False: Gone it went", "Ready is False: Gone it went", "Ready è False: Gone it went"),
    ("is on no moon", "is on no moon", "is on no moon"),
]


@pytest.mark.parametrize(("found", "english", "italian"), CASES)
def test_what_a_check_found_is_said_in_the_learners_language(found: str, english: str, italian: str) -> None:
    target = Target("venice", "pod", "app", "liqo-demo")
    for language, text in (("en", english), ("it", italian)):
        reason = reason_of(Failure(f"{target}: {found}", target), Texts(language))
        assert reason == f"pod app in venice: {text}"


def test_what_a_command_did_not_print_has_no_subject() -> None:
    assert reason_of(Failure('"x" is not in the output'), Texts("it")) == "il comando non ha stampato: x"
    gone = 'there is no cluster "venice" in this playground: it was not created yet, or is gone'
    assert reason_of(Failure(gone), Texts("it")) == "venice non c'è ancora, o non c'è più"
