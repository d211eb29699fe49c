"""Three peered clusters on which a good two dozen things go wrong at once, each in a namespace of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from liqolab.playground.home import Playground
from liqolab.scenario.lesson import load_lesson
from liqolab.scenario.session import open_lab
from liqolab.steps import vocabulary
from liqolab.steps.execute import execute
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.lab import Lab
from liqolab.steps.text import StepText
from tests.laboratory import DEPLOY, LESSON, OFFLOAD, Laboratory, peering, used

FOLDER = Path(__file__).parent

# What the situations are made with; the shell goes on after a command that fails.
_VARIABLES = (
    "export VENICE=$PWD/liqo_kubeconf_venice FLORENCE=$PWD/liqo_kubeconf_florence NAPLES=$PWD/liqo_kubeconf_naples\n"
)


@dataclass(frozen=True)
class Situation:
    """One entry of ``situations.yaml``, which says what the fields mean."""

    name: str
    cluster: str
    sentence: str
    cause: str
    namespace: str = ""
    manifests: str = ""
    before: str = ""
    commands: str = ""
    settled: str = ""
    after: str = ""
    block: str | None = None
    late: bool = False

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The manifests, each with its namespace, which comes first where it is the situation's own."""
        namespace = self.namespace or f"f-{self.name}"
        given = list(yaml.safe_load_all(self.manifests))
        for document in given:
            document["metadata"].setdefault("namespace", namespace)
        own = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        return [*([] if self.namespace or not given else [own]), *given]


def load_situations() -> list[Situation]:
    entries: list[dict[str, Any]] = yaml.safe_load((FOLDER / "situations.yaml").read_text())
    return [Situation(**entry) for entry in entries]


class Stage:
    """The clusters, and what has gone wrong on them."""

    def __init__(self, lab: Lab, laboratory: Laboratory) -> None:
        self.lab = lab
        self.laboratory = laboratory

    def make(self, situations: list[Situation]) -> None:
        """Let it all go wrong; whether it has, `settle` waits for."""
        for situation in situations:
            if situation.before.startswith("stop "):
                self.laboratory.kill(situation.before.removeprefix("stop "), "failures")
            else:
                self.bash(situation.before)
        for cluster in ("venice", "florence", "naples"):
            documents = [row for situation in situations if situation.cluster == cluster for row in situation.documents]
            if documents:
                file = self.lab.folder / f"situations-{situations[0].name}-{cluster}.yaml"
                file.write_text(yaml.safe_dump_all(documents))
                self.bash(f"kubectl --kubeconfig ${cluster.upper()} apply -f {file}", strict=True)
        self.bash("\n".join(situation.commands for situation in situations))

    def settle(self, situation: Situation) -> None:
        if situation.settled:
            execute(self.lab, StepText("then", "Then", situation.settled))
        self.bash(situation.after)

    def failure(self, situation: Situation) -> CheckFailedError:
        step = StepText("then", "Then", situation.sentence, situation.block, line=7, path="features/shop.feature")
        with pytest.raises(CheckFailedError) as raised:
            execute(self.lab, step)
        return raised.value

    def bash(self, text: str, *, strict: bool = False) -> None:
        if text:
            completed = self.lab.run(text, 120)
            assert not (strict and completed.code), completed.output


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "situation" in metafunc.fixturenames:
        metafunc.parametrize("situation", load_situations(), ids=lambda situation: situation.name)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The clusters with all situations that are not late."""
    assert vocabulary.REGISTRY
    with used(tmp_path_factory.mktemp("failures")) as laboratory:
        laboratory.liqolab("up", "--playground", "failures")
        playground = Playground("failures", laboratory.home)
        with open_lab(playground, load_lesson(LESSON)) as lab:
            made = Stage(lab, laboratory)
            made.bash(f"{_VARIABLES}{peering('florence', 'naples')}{OFFLOAD}{DEPLOY}set +e +o pipefail", strict=True)
            early = [situation for situation in load_situations() if not situation.late]
            made.make(early)
            for situation in early:
                made.settle(situation)
            yield made
