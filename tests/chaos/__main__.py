"""``python -m tests.chaos --seed 1 --seeds 20``: rounds of chaos, and the journal of the first that fails.

python -m tests.chaos --replay FILE    the decisions of a file, whatever became of the generator
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from liqolab.steps.residue import inventory
from tests.chaos.plan import NAMES, Plan, decide, load
from tests.chaos.rounds import play
from tests.chaos.stage import FailedError, staged


def main() -> int:
    """Play the rounds; 1 when one has failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Rounds of chaos between clusters.")
    parser.add_argument("--seed", type=int, default=0, help="of the first round")
    parser.add_argument("--seeds", type=int, default=1, help="how many rounds")
    parser.add_argument("--clusters", type=int, default=3, choices=range(2, len(NAMES) + 1), metavar="2..5")
    parser.add_argument("--actions", type=int, default=10, help="of each round")
    parser.add_argument("--replay", type=Path, help="a journal's file, in the place of seeds")
    parser.add_argument("--journal", type=Path, default=Path("chaos.json"), help="where the decisions of a failure go")
    wanted = parser.parse_args()
    if wanted.replay:
        plans = [load(wanted.replay)]
    else:
        seeds = range(wanted.seed, wanted.seed + wanted.seeds)
        plans = [decide(seed, clusters=wanted.clusters, length=wanted.actions) for seed in seeds]
    # Whoever ends this wants no cluster to be left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return _play(plans, wanted.journal)


def _play(plans: list[Plan], journal: Path) -> int:
    failed = []
    while plans:
        with tempfile.TemporaryDirectory() as root, staged(Path(root), plans[0].clusters) as stage:
            before = inventory(list(stage.clusters.values()))
            while plans:
                plan = plans.pop(0)
                print(f"seed {plan.seed}", flush=True)
                try:
                    play(plan, stage, before, lambda line: print(line, flush=True))
                except FailedError as error:
                    path = journal.with_stem(f"{journal.stem}-{plan.seed}")
                    plan.save(path)
                    print(f"seed {plan.seed} has failed: {error}\nreplay: python -m tests.chaos --replay {path}")
                    failed.append(plan.seed)
                    # What it has left would be taken for the next one's.
                    break
    print(f"failed: {', '.join(map(str, failed)) or 'none'}")
    return 1 if failed else 0


sys.exit(main())
