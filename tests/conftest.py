"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from liqolab.steps.sentences.commands import split_commands

SEED = Path(__file__).parent / "acceptance" / "data" / "seed.sh"


@pytest.fixture
def seed_commands() -> list[str]:
    """The commands of the seed document, word for word, in order."""
    return split_commands(SEED.read_text())
