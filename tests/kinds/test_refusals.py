"""Objects that are wrong, or odd, are answered as a real API server answered them (see `tests.kinds.refusals`)."""

from __future__ import annotations

import json

import pytest

from tests.api_server import Api
from tests.kinds.refusals.cases import CASES
from tests.kinds.refusals.play import Object, play
from tests.kinds.refusals.record import ANSWERS


@pytest.fixture(scope="session")
def answers() -> dict[str, Object]:
    recorded: dict[str, Object] = json.loads(ANSWERS.read_text())
    return recorded


def test_every_case_has_its_answer(answers: dict[str, Object]) -> None:
    assert sorted(CASES) == sorted(answers)


@pytest.mark.parametrize("chapter", sorted({title.partition(":")[0] for title in CASES}))
async def test_answers(api: Api, namespace: str, chapter: str, answers: dict[str, Object]) -> None:
    cases = {title: case for title, case in CASES.items() if title.startswith(f"{chapter}:")}
    given = {title: await play(api, title, case, namespace) for title, case in cases.items()}
    assert given == {title: answers[title] for title in cases}
