"""All sentences: importing this module registers every one of them, with its aliases and translations."""

from __future__ import annotations

# First: of sentences that are equally near, a suggestion has the one that was registered first.
import liqolab.steps.sentences.states as states
from liqolab.steps.registry import REGISTRY
from liqolab.steps.sentences import (
    actions,
    blocks,
    cleanup,
    commands,
    events,
    faults,
    liqo,
    liqo_actions,
    network,
    objects,
    playground,
    scheduling,
    shapes,
)
from liqolab.steps.sentences.aliases import ALIASES, trailing
from liqolab.steps.sentences.italian import ITALIAN

# In the order of the reference page.
FAMILIES = (
    playground,
    actions,
    objects,
    states,
    shapes,
    scheduling,
    events,
    network,
    commands,
    liqo,
    liqo_actions,
    faults,
    blocks,
    cleanup,
)

REGISTRY.alias(ALIASES)
REGISTRY.alias(trailing([step.sentence for step in REGISTRY]))
REGISTRY.translate("it", ITALIAN)

__all__ = ["FAMILIES", "REGISTRY"]
