"""`python -m bench.soak`: rollouts with `kill -9` at random moments, judged by the data plane's own log.

Each rollout has a mesh, a load and a tidegate of its own. While it runs, tidegate, its Temporal server or both
are killed at random moments and tidegate is started again; some rollouts carry a bad release, some are aborted or
rolled back by an operator. What must hold in the end:

    right end     a healthy change completes, a faulty one is rolled back, an operator gets what was asked for
    no bad pair   no two versions that do not work together ever met, by Envoy's record of every call
    no drift      while tidegate was dead the data plane kept the last acknowledged shares
    order         new versions got their first calls in the only safe order
    settled       what runs and where traffic goes is what the end state says
    journal       its hash chain holds

The stages are shorter than in the demo, so that fifty rollouts take under an hour on two cores.
"""

import argparse
import json
import random
import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from tidegate.client import Client
from tidegate.core.errors import Refused, Unavailable
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Expose, Step
from tidegate.core.rollout.state import ENDED
from tidegate.core.strategy import Stage
from tidegate.demo.platform import Platform, platform
from tidegate.demo.stories import LONGEST_SECONDS, ORDER, Findings
from tidegate.mesh.status import status_of
from tidegate.server.views import RolloutView
from tidegate.sources.change import read_change_and_catalog
from tidegate.store.database import Store
from tidegate.temporal.state_dir import StateDir

EXPOSURES = (0.5, 1.0)
WORSE_BY = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One kind of rollout: its change, what an operator does in its middle, and how it may end."""

    change: str
    operation: str | None
    ends: frozenset[str]


SCENARIOS = {
    "healthy": Scenario(change="minor-units", operation=None, ends=frozenset({"completed"})),
    "faulty": Scenario(change="minor-units-faulty", operation=None, ends=frozenset({"rolled_back"})),
    "abort": Scenario(
        change="minor-units", operation="abort", ends=frozenset({"partial", "rolled_back", "completed"})
    ),
    "rollback": Scenario(
        change="minor-units", operation="rollback", ends=frozenset({"rolled_back", "completed"})
    ),
}
WEIGHTS = {"healthy": 5, "faulty": 3, "abort": 1, "rollback": 1}


def quickened(plan: Plan) -> Plan:
    """The plan with fewer and shorter stages; its order and its gates' error rates stay."""
    return replace(plan, steps=tuple(_quick(step) for step in plan.steps))


def _quick(step: Step) -> Step:
    if not isinstance(step.action, Expose):
        return step
    gates = tuple(
        replace(gate, boundaries=replace(gate.boundaries, worse_by=WORSE_BY))
        for gate in step.stages[-1].gates
    )
    stages = tuple(Stage(exposure=share, bake=1.0, wait=120.0, gates=gates) for share in EXPOSURES)
    return replace(step, stages=stages)


def soak_one(name: str, shop: Path, folder: Path, dice: random.Random) -> Findings:
    """Carry out one rollout under fire; what is wrong afterwards is among the findings."""
    scenario, found = SCENARIOS[name], Findings()
    change = shop / "changes" / f"{scenario.change}.yaml"
    with platform(Platform(folder=folder), shop / "mesh.yaml") as stage:
        began = stage.apply(quickened(stage.plan(change)))
        kills = _under_fire(stage, began.id, scenario, dice, found)
        view = _to_the_end(stage, began.id)
        _expect_end(stage, scenario, view, found)
        _expect_settled(stage, view, found)
    _expect_safe(stage, change, found)
    found.facts.update(kills=kills, seconds=time.time() - began.started_at)
    found.facts["failed user requests"] = len(stage.evidence.failed_user_requests())
    return found


def _under_fire(stage: Platform, id_: str, scenario: Scenario, dice: random.Random, found: Findings) -> int:
    """Kill at random moments, one to three times; an operator acts after a random one of them."""
    kills = dice.randint(1, 3)
    acts_after = dice.randrange(kills)
    for number in range(kills):
        time.sleep(dice.uniform(0.0, 12.0))
        _kill(stage, dice.choice(("tidegate", "temporal", "both")), found, dice)
        if scenario.operation is not None and number == acts_after:
            _operate(stage, id_, scenario.operation)
    return kills


def _kill(stage: Platform, target: str, found: Findings, dice: random.Random) -> None:
    if target in {"temporal", "both"}:
        stage.kill_temporal()
    if target == "temporal":
        return
    stage.kill_server()
    time.sleep(0.2)  # an effect that Envoy is just acknowledging may still be written down
    before = (stage.mesh_dir / "envoy" / "rds" / "rds.json").read_bytes()
    time.sleep(dice.uniform(0.0, 3.0))
    after = (stage.mesh_dir / "envoy" / "rds" / "rds.json").read_bytes()
    found.expect(before == after, "the data plane's routes changed while tidegate was dead")
    stage.start()


def _operate(stage: Platform, id_: str, operation: str) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        try:
            Client(stage.folder).operate(id_, operation, "the soak says so")
        except Unavailable:
            time.sleep(0.5)
        except Refused:
            return  # it has ended already
        else:
            return


def _to_the_end(stage: Platform, id_: str) -> RolloutView:
    views = list(stage.follow(id_, LONGEST_SECONDS))
    return views[-1]


def _expect_end(stage: Platform, scenario: Scenario, view: RolloutView, found: Findings) -> None:
    found.expect(view.phase in ENDED, f"no end: {view.headline}")
    found.expect(
        view.phase in scenario.ends, f"ended {view.phase}, expected {sorted(scenario.ends)}: {view.reason}"
    )
    store = Store.open(StateDir(stage.folder).store_url)
    found.expect(store.verify_journal() is None, "the journal's chain is broken")
    store.close()


def _expect_settled(stage: Platform, view: RolloutView, found: Findings) -> None:
    """What runs is what the end state says: a done exposure has all traffic on the new version, else none."""
    done = {s.id for wave in view.waves for s in wave if s.kind == "expose" and s.status == "done"}
    for service in status_of(stage.mesh_dir).services:
        new = next((v for v in service.versions if v.version == "2.0.0"), None)
        if f"expose/{service.name}" in done:
            found.expect(new is not None and new.share == 1, f"{service.name} is done but not fully on 2.0.0")
        else:
            found.expect(new is None, f"{service.name} 2.0.0 still runs")


def _expect_safe(stage: Platform, change: Path, found: Findings) -> None:
    read, catalog = read_change_and_catalog(change)
    log = stage.evidence
    served = log.incompatible(catalog, read)
    found.expect(not served, f"incompatible versions met: {served}")
    firsts = [times[0] for name in ORDER if (times := log.first_and_last(f"{name}@2.0.0"))]
    found.expect(firsts == sorted(firsts), f"new versions began in another order than {', '.join(ORDER)}")


def main() -> int:
    """Soak and report; exit status 1 if anything was not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rollouts", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shop", type=Path, default=Path("examples/shop"))
    parser.add_argument("--dir", type=Path, default=Path(".tidegate/soak"))
    given = parser.parse_args()
    dice = random.Random(given.seed)
    ends: Counter[str] = Counter()
    bad = 0
    for number in range(1, given.rollouts + 1):
        name = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        folder = given.dir / f"{number:03d}-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        found = soak_one(name, given.shop, folder, random.Random(dice.random()))
        ends[name] += 1
        bad += bool(found.failures)
        line = {"rollout": number, "scenario": name, **found.facts, "failures": found.failures}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        if not found.failures:
            shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(f"{given.rollouts} rollouts {dict(ends)}, {bad} with failures\n")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
