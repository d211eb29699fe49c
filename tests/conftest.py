"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from liqolab.shelltext.reader import split

SEED = Path(__file__).parent / "acceptance" / "data" / "seed.sh"


@pytest.fixture
def seed_commands() -> list[str]:
    """The commands of the seed document, word for word, in order."""
    return split(SEED.read_text())
