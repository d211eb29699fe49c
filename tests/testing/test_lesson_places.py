"""Which scenarios build upon a lesson, and on which."""

from __future__ import annotations

from pathlib import Path

import pytest

from liqolab.scenario.feature import load_feature
from liqolab.testing.lessons import lesson_of
from liqolab.testing.plan import Plan


@pytest.mark.parametrize(
    ("first", "lesson"),
    [
        ('Given the lesson has reached "deploy"', ("offloading-with-policies", "en")),
        ('Given the lesson "your-first-peering" has reached "peer"', ("your-first-peering", "en")),
        ('Given the lesson "your-first-peering" has reached "nowhere"', None),
        ('Given the lesson has reached "peer"', ("offloading-with-policies", "en")),
        ('Given the lesson has reached "peer"\n    And I am using cluster "newyork"', ("a-service-everywhere", "en")),
        ('Given the lesson has reached "nowhere"', None),
        ('Given I am using cluster "venice"', None),
    ],
)
def test_a_scenario_of_anybodys_own_starts_from_a_lessons_step_when_it_says_so(
    tmp_path: Path, first: str, lesson: tuple[str, str] | None
) -> None:
    file = tmp_path / "ours.feature"
    file.write_text(f'Feature: Ours\n  Scenario: One\n    {first}\n    Then namespace "default" exists\n')
    feature = load_feature(file)

    assert lesson_of(Plan(feature, feature.scenarios[0])) == lesson
