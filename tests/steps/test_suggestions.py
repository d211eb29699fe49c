"""What is proposed for a sentence that nobody defined is what was meant, in the writer's own words."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest

from liqolab.steps.registry import PLACEHOLDER, Registry, Step, UndefinedStepError
from liqolab.steps.suggestions import look_up, suggest
from liqolab.steps.vocabulary import REGISTRY

_ARGUMENTS = {
    "name": "app-south",
    "namespace": "liqo-demo",
    "cluster": "venice",
    "other": "naples",
    "third": "florence",
    "labels": "app=web",
    "label": "app=web",
    "node": "liqo-naples",
    "text": "didn't match",
    "path": "{.status.phase}",
    "command": "kubectl get nodes",
    "service": "web:80",
}
_WORDS = {
    "kind": "deployment",
    "state": "Ready",
    "int": "3",
    "operator": "=",
    "duration": "60s",
}
_COUNT = 200
_SHARE = 0.95
_TOKEN = re.compile(r'"[^"]*"\S*|\S+')


def test_what_was_meant_comes_first() -> None:
    missed = [
        f"{broken} → {near}"
        for step, broken in _corrupted(REGISTRY, _COUNT)
        for near in [suggest(REGISTRY, broken, 1)]
        if not near or step.match(near[0]) is None
    ]
    assert len(missed) <= _COUNT * (1 - _SHARE), "\n".join(missed)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('pod "x" in clutser "venice" is Running', 'pod "x" in cluster "venice" is Running'),
        ('pod "x" cluster "venice" is Running within 60s', 'pod "x" in cluster "venice" is Running within 60s'),
        ('I scale deploy "web" to 3 replica', 'I scale deploy "web" to 3 replicas'),
        ('deployment "web" has field ".spec" equal "3"', 'deployment "web" has field ".spec" = "3"'),
        ('pod "x" nel cluster "venice" è in Running', 'pod "x" nel cluster "venice" è Running'),
        ("the comand succeeds", "the command succeeds"),
        ('deployment "x" is available within 5s', 'deployment "x" is Available within 5s'),
        ('pod "x" in cluster "venice" is runing', 'pod "x" in cluster "venice" is Running'),
        ('deployment "x" is Available within 5 seconds', 'deployment "x" is Available within 5s'),
        ('il nodo "x" è Redy entro 2s', 'nodo "x" è Redy entro 2s'),
        ("deployment x is Available", 'deployment "x" is Available'),
        ('pod "x" in cluster venice is Ready', 'pod "x" in cluster "venice" is Ready'),
        ("2 cose", 'ricordo "2" come "KEY"'),
        (r'I rnu "echo \"hi\" there"', r'I run "echo \"hi\" there"'),
        (r'esguo "echo \"ciao\""', r'eseguo "echo \"ciao\""'),
    ],
)
def test_the_proposal_has_the_arguments_of_the_writer(written: str, meant: str) -> None:
    with pytest.raises(UndefinedStepError) as caught:
        look_up(REGISTRY, written)
    assert str(caught.value).endswith(f"did you mean: {meant}")


def test_nothing_is_proposed_for_what_is_like_nothing() -> None:
    assert suggest(REGISTRY, "colourless green ideas sleep furiously", 3) == []
    assert suggest(REGISTRY, 'pod "x" is runing ' + "word " * 5000, 3) == []


def _examples(registry: Registry) -> Iterator[tuple[Step, str]]:
    """Each sentence as somebody would write it, with a cluster but seldom with all that may be left out."""
    for step in registry:
        choices = step.wordings[0].expansions()
        yield step, PLACEHOLDER.sub(_argument, choices[len(choices) // 2])


def _corrupted(registry: Registry, count: int, seed: int = 20) -> list[tuple[Step, str]]:
    """`count` sentences with a misspelt word, without a word, or with two words the wrong way round."""
    chance = random.Random(seed)
    # In an order of their own: that of the registry is the one in which modules happen to be imported by other tests.
    whole = sorted(_examples(registry), key=lambda example: example[1])
    found: list[tuple[Step, str]] = []
    while len(found) < count:
        step, text = whole[len(found) % len(whole)]
        broken = _broken(text, chance)
        if all(other.match(broken) is None for other in registry):
            found.append((step, broken))
    return found


def _broken(text: str, chance: random.Random) -> str:
    tokens = _TOKEN.findall(text)
    words = [index for index, token in enumerate(tokens) if not token.startswith('"')]
    index = chance.choice(words)
    way = chance.choice(["misspell", "misspell", "drop", "swap"])
    if way == "drop" and len(words) > 2:
        del tokens[index]
    elif way == "swap" and index + 1 < len(tokens):
        tokens[index], tokens[index + 1] = tokens[index + 1], tokens[index]
    else:
        word = tokens[index]
        place = chance.randrange(len(word))
        kept = word[:place] + word[place + 1 :] if chance.random() < 0.5 else word[:place] + word[place] + word[place:]
        tokens[index] = kept or "x"
    return " ".join(tokens)


def _argument(found: re.Match[str]) -> str:
    name, form = found.groups()
    return _WORDS.get(form, "pod") if form else f'"{_ARGUMENTS.get(name, name)}"'
