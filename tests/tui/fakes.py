"""A walkthrough and an atlas with scripted data, held to the contracts of `engine.contracts` as the real ones are.

The lesson's prose and commands are the real seed lesson's in spirit, so that screens look as people will see them; time
stands still, so that screenshots are the same on every machine.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from liqolab.atlas.explorer_model import AtlasError, Choice, Choices, Column, Kind, Row, Table
from liqolab.atlas.world import ClusterView, Namespace, Node, Peering, Pod, World
from liqolab.learn.completing import Completion
from liqolab.learn.model import Command, Hint, Light, Prose, Saved, StepProgress, StepView, Task
from liqolab.learn.notices import (
    BusyChanged,
    CommandEnded,
    CommandStarted,
    LightsChanged,
    OutputArrived,
    ProgressChanged,
    StepEntered,
    StepPassed,
)

MOMENT = datetime(2026, 3, 9, 10, 42, 7, tzinfo=UTC)

_TITLES = {
    "en": (
        "Provision the playground",
        "Peer the clusters",
        "Tune namespace offloading",
        "Deploy applications",
        "Remove the conflicting affinity",
    ),
    "it": (
        "Prepara il campo di gioco",
        "Collega i cluster",
        "Regola l'offloading del namespace",
        "Distribuisci le applicazioni",
        "Togli l'affinità in conflitto",
    ),
}
_PROSE = {
    "en": (
        "Two deployments put the policy to the test. `app-south` asks for the southern region, `app-center` for the "
        "central one, each by a *node affinity* of its own.",
        "Liqo merges such wishes with the namespace's policy; **neither overrides the other**. See where they run:",
    ),
    "it": (
        "Due deployment mettono alla prova la politica. `app-south` chiede la regione del sud, `app-center` quella "
        "centrale, ognuno con una *node affinity* propria.",
        "Liqo unisce questi desideri alla politica del namespace; **nessuno vince sull'altro**. Guarda dove girano:",
    ),
}
_TASKS = {
    "en": ("`app-south` runs on node liqo-naples", "`app-center` stays Pending", "The pods were listed"),
    "it": ("`app-south` gira sul nodo liqo-naples", "`app-center` resta Pending", "I pod sono stati elencati"),
}
_IDS = ("provision", "peer", "offload", "deploy", "relax")
_COMMANDS = (
    "kubectl apply -f ./manifests/deploy.yaml \\\n  --namespace liqo-demo",
    "kubectl get pod -n liqo-demo -o wide",
)


def views(language: str) -> tuple[StepView, ...]:
    """Five steps, each with two commands and three tasks."""
    made = []
    first, second = _PROSE[language if language in _PROSE else "en"]
    tasks = _TASKS[language if language in _TASKS else "en"]
    for name, title in zip(_IDS, _TITLES[language if language in _TITLES else "en"], strict=True):
        commands = [Command(f"{name}.{place}", text) for place, text in enumerate(_COMMANDS, 1)]
        blocks = (Prose(first), commands[0], Prose(second), commands[1])
        made.append(
            StepView(
                name,
                title,
                4,
                blocks,
                tuple(Task(f"{name}.{i}", text, "output" if i == 3 else "state") for i, text in enumerate(tasks, 1)),
            )
        )
    return tuple(made)


@dataclass(frozen=True)
class FakeLesson:
    """A lesson that no file has."""

    name: str
    title: str

    @property
    def regions(self) -> Mapping[str, str]:
        return {"venice": "north"}


class FakeWalkthrough:
    """Commands print their own text and put on one light each; a step is done when all lights are on."""

    def __init__(self, language: str = "en", *, at: str = "deploy", folder: Path = Path("/nonexistent")) -> None:
        self.lesson = FakeLesson("offloading-in-pictures", "Offloading with policies")
        self.language = language
        self.steps = views(language)
        self.environment: Mapping[str, str] = {}
        self.folder = folder
        self.asked: list[str] = []
        self.output: Mapping[str, str] = {}
        self.fails: BaseException | None = None
        self.release = threading.Event()
        self.holds = False
        self.company = 0
        self.slow = threading.Event()
        self.slow.set()
        self._current = at
        self._lights = {step.id: [Light(task) for task in step.tasks] for step in self.steps}
        self._progress = {step.id: StepProgress() for step in self.steps}
        self._listeners: list[Callable[[Any], None]] = []
        self._saved: list[Saved] = []
        self._rung = 0
        for step in self.steps[: _IDS.index(at)]:
            self._progress[step.id] = StepProgress("passed", 95.0)
            self._lights[step.id] = [Light(task, "on", since=MOMENT) for task in step.tasks]
        self._progress[at] = StepProgress("begun", 134.0)

    # The contract -----------------------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[Any], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def current(self) -> str:
        return self._current

    def step(self, step: str | None = None) -> StepView:
        return next(view for view in self.steps if view.id == (step or self._current))

    def lights(self, step: str | None = None) -> tuple[Light, ...]:
        return tuple(self._lights[step or self._current])

    def progress(self, step: str | None = None) -> StepProgress:
        return self._progress[step or self._current]

    def run(self, text: str) -> CommandEnded:
        self._asked(f"run {text}")
        self.tell(CommandStarted(text))
        self.tell(OutputArrived(self.output.get(text, "deployment.apps/app-south created\n")))
        if self.holds:
            self.release.wait()
        code = 130 if self.holds else 1 if text.startswith("false") else 0
        remark = "You ran this in florence; the step is about venice." if "florence" in text else ""
        ended = CommandEnded(text, code, 0.4, remark)
        self.tell(ended)
        commands = [command.text for command in self.step().commands]
        if text in commands:
            self.light(commands.index(text), "on")
            if commands.index(text) == len(commands) - 1:
                self.light(len(commands), "on")
        return ended

    def complete(self, line: str) -> Completion:
        words = ("kubectl", "kubeadm") if " " not in line else ("pods", "pods.metrics")
        word = line.rpartition(" ")[2]
        return Completion(word, tuple(sorted(known for known in words if known.startswith(word))))

    def interrupt(self) -> None:
        self.asked.append("interrupt")
        self.release.set()

    def check(self) -> tuple[Light, ...]:
        self._asked("check")
        self.tell(LightsChanged(self._current, self.lights()))
        return self.lights()

    def clusters_changed(self) -> None:
        return

    def hint(self) -> Hint:
        self._asked("hint")
        ladder = (
            Hint(1, "nudge", "The manifests ask for a region each; one of them is not the policy's."),
            Hint(2, "concept", "kubectl describe shows what the scheduler says of a pod that it cannot place."),
            Hint(3, "command", "kubectl apply -f ./manifests/deploy.yaml -n liqo-demo"),
        )
        self._rung = min(self._rung + 1, len(ladder))
        return ladder[self._rung - 1]

    def solve(self) -> bool:
        self._asked("solve")
        for command in self.step().commands:
            self.run(command.text)
        return True

    def reset(self) -> None:
        self._asked("reset")
        self._lights[self._current] = [Light(task) for task in self.step().tasks]
        self._progress[self._current] = StepProgress("begun")
        self.tell(LightsChanged(self._current, self.lights()))
        self.tell(ProgressChanged())

    def go_to(self, step: str) -> bool:
        self._asked(f"go_to {step}")
        self._current = step
        self._rung = 0
        self.tell(StepEntered(step))
        return True

    def ending(self) -> str:
        return "**What you have learnt:**\n\n- to peer\n\n**What comes next:** `liqolab learn another`"

    def next(self) -> bool:
        place = _IDS.index(self._current) + 1
        return place < len(_IDS) and self.go_to(_IDS[place])

    def previous(self) -> bool:
        place = _IDS.index(self._current) - 1
        return place >= 0 and self.go_to(_IDS[place])

    def snapshots(self) -> tuple[Saved, ...]:
        return tuple(self._saved)

    def save_snapshot(self, name: str) -> Saved:
        self._asked(f"save {name}")
        saved = Saved(name, MOMENT, ("venice", "florence", "naples"), 4_812_000)
        self._saved.append(saved)
        return saved

    def restore_snapshot(self, name: str) -> None:
        self._asked(f"restore {name}")

    def delete_snapshot(self, name: str) -> None:
        self._asked(f"delete {name}")
        self._saved = [saved for saved in self._saved if saved.name != name]

    def kubeconfigs(self) -> Mapping[str, Path]:
        return {}

    def touch(self) -> None:
        return

    def close(self) -> None:
        self.asked.append("close")
        self.slow.set()
        self.release.set()

    # The script -------------------------------------------------------------------------------------------------

    def was_asked(self, what: str) -> bool:
        return what in self.asked

    def tell(self, notice: Any) -> None:
        for listener in list(self._listeners):
            listener(notice)

    def light(self, place: int, state: Any, reason: str = "") -> None:
        """Put on a light, or out; the step is done when all are on."""
        lights = self._lights[self._current]
        lights[place] = Light(lights[place].task, state, reason, MOMENT if state != "off" else None)
        self.tell(LightsChanged(self._current, self.lights()))
        if all(light.state == "on" for light in lights) and self.progress().state != "passed":
            self._progress[self._current] = StepProgress("passed", 134.0)
            self.tell(ProgressChanged())
            self.tell(StepPassed(self._current))

    def busy(self, text: str | None) -> None:
        self.tell(BusyChanged(text))

    def _asked(self, what: str) -> None:
        self.asked.append(what)
        self.slow.wait()
        if self.fails is not None:
            raise self.fails


def _pods(namespace: str, node: str, *names: str) -> tuple[Pod, ...]:
    return tuple(Pod(namespace, name, "Running", True, node, name.rsplit("-", 2)[0]) for name in names)


def _machinery(cluster: str) -> tuple[Pod, ...]:
    node = f"{cluster}-control-plane"
    return (
        *_pods("kube-system", node, "coredns-5d78c9869d-2xkqv", "kube-proxy-7f9mz"),
        *_pods("liqo", node, "liqo-auth-7c9f6b8d5-wq2xn", "liqo-gateway-6f7c8d9b5-kk8sd", "liqo-network-manager-x2q"),
    )


def world(*, app_south: str = "Running", naples_error: str = "", waiting: bool = False, peered: bool = True) -> World:
    """The seed lesson after its fourth step."""
    established = ("Established", "None", "Established", "Established")
    venice = ClusterView(
        "venice",
        version="v1.25.0",
        liqo=True,
        nodes=(
            Node("venice-control-plane", True),
            Node("liqo-florence", True, "florence", labels=(("topology.liqo.io/region", "center"),)),
            Node("liqo-naples", not naples_error, "naples", labels=(("topology.liqo.io/region", "south"),)),
        ),
        namespaces=(
            Namespace("default"),
            Namespace("kube-system", system=True),
            Namespace("liqo", system=True),
            Namespace(
                "liqo-demo",
                offloading="Ready",
                offloaded_to=("naples",),
                allows=("venice-control-plane", "liqo-naples"),
            ),
        ),
        pods=(
            *_machinery("venice"),
            Pod("liqo-demo", "app-center-75cbd9c78c-zc2lq", "Unschedulable", False, "", "app-center"),
            Pod("liqo-demo", "app-south-848cb64b4f-xjkv5", app_south, True, "liqo-naples", "app-south"),  # type: ignore[arg-type]
        ),
        peerings=(Peering("florence", *established), Peering("naples", *established)) if peered else (),
    )
    florence = ClusterView(
        "florence",
        version="v1.25.0",
        liqo=True,
        nodes=(Node("florence-control-plane", True),),
        namespaces=(Namespace("default"), Namespace("kube-system", system=True), Namespace("liqo", system=True)),
        pods=_machinery("florence"),
    )
    naples = ClusterView(
        "naples",
        error=naples_error,
        waiting=waiting,
        version="v1.25.0",
        liqo=True,
        nodes=(Node("naples-control-plane", True),),
        namespaces=(
            Namespace("kube-system", system=True),
            Namespace("liqo", system=True),
            Namespace("liqo-demo", offloaded_from="venice"),
        ),
        pods=(
            *_machinery("naples"),
            *(
                replace(pod, offloaded_from="venice")
                for pod in _pods("liqo-demo", "naples-control-plane", "app-south-848cb64b4f-xjkv5")
            ),
        ),
    )
    return World((venice, florence, naples))


PODS = Kind("pods", "Pod", "", "v1", True, ("po",))
NODES = Kind("nodes", "Node", "", "v1", False, ("no",))
_COLUMNS = (
    Column("Namespace"),
    Column("Name"),
    Column("Ready"),
    Column("Status"),
    Column("Age"),
    Column("IP", wide=True),
)


class FakeAtlas:
    """One world, and whatever `show` adds; answers of one line each."""

    def __init__(self, first: World | None = None, *, fails: bool = False) -> None:
        self._first = world() if first is None else first
        self.fails = fails
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: asyncio.Queue[World] = asyncio.Queue()

    def __call__(self, kubeconfigs: Callable[[], Mapping[str, Path]]) -> FakeAtlas:
        return self

    async def __aenter__(self) -> FakeAtlas:
        self._loop = asyncio.get_running_loop()
        if self.fails:
            raise RuntimeError("the watch broke")
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def show(self, world: World) -> None:
        """The clusters look like this now; from any thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._queue.put_nowait, world)

    @property
    def world(self) -> World:
        return self._first

    async def changes(self) -> AsyncIterator[World]:
        yield self._first
        while True:
            self._first = await self._queue.get()
            yield self._first

    def explorer(self, cluster: str) -> FakeExplorer:
        return FakeExplorer(cluster, self._first.cluster(cluster))

    async def choices(self, cluster: str, pod: str, namespace: str) -> Choices | None:
        wants, fits = ("region=center", "liqo-florence") if "center" in pod else ("region=south", "liqo-naples")
        nodes = ("liqo-florence", "liqo-naples", "venice-control-plane")
        rows = (Choice(node, node == fits, node != "liqo-florence") for node in nodes)
        return Choices(wants, "region=south", tuple(rows)) if pod.startswith("app-") else None

    async def why(self, cluster: str, kind: str, name: str, namespace: str | None = None) -> list[str]:
        if "center" not in name:
            return []
        return [
            "app-center is Pending: no node fits",
            "it requires topology.liqo.io/region in (center)",
            "the namespace's policy allows topology.liqo.io/region in (south), and the home cluster",
        ]


class FakeExplorer:
    """Answers of one line each."""

    def __init__(self, cluster: str, view: ClusterView | None) -> None:
        self._cluster = cluster
        self._view = view

    async def kinds(self) -> tuple[Kind, ...]:
        return (PODS, NODES)

    async def table(self, kind: str, namespace: str | None = None, filter: str = "") -> Table:
        view, cluster = self._view, self._cluster
        if view is None or view.error:
            raise AtlasError(
                f"{cluster} cannot be reached", "connection refused", "see whether it runs: kind get clusters"
            )
        found = next(
            (known for known in (PODS, NODES) if kind in (known.plural, known.kind.lower(), *known.short_names)), None
        )
        if found is None:
            raise AtlasError(f"{cluster} knows no {kind}", "no such kind is served")
        if found is NODES:
            rows = [
                Row(node.name, "", (node.name, "", "Ready" if node.ready else "NotReady", "5m", ""))
                for node in view.nodes
            ]
        else:
            rows = [
                Row(
                    pod.name,
                    pod.namespace,
                    (pod.namespace, pod.name, "1/1" if pod.ready else "0/1", pod.state, "2m", "10.200.1.7"),
                )
                for pod in view.pods
            ]
        return Table(
            found,
            _COLUMNS if found is PODS else _COLUMNS[1:],
            tuple(row for row in rows if filter in "".join(row.cells)),
        )

    async def manifest(self, kind: str, name: str, namespace: str | None = None) -> str:
        return f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {namespace}\n"

    async def events(self, kind: str, name: str, namespace: str | None = None) -> Table:
        columns = tuple(Column(title) for title in ("TYPE", "REASON", "AGE", "FROM", "MESSAGE"))
        cells = ("Warning", "FailedScheduling", "2m", "default-scheduler", "0/3 nodes are available")
        return Table(PODS, columns, (Row(name, namespace or "", cells),))

    async def summary(self, kind: str, name: str, namespace: str | None = None) -> list[str]:
        return [f"Name:       {name}", f"Namespace:  {namespace or '-'}", f"Cluster:    {self._cluster}"]

    async def logs(self, pod: str, namespace: str) -> AsyncIterator[str]:
        yield f"{pod} says hello"
