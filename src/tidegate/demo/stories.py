"""Five short stories on the example mesh, each asserted by the data plane's log and not by tidegate's word.

healthy   four dependent services change in the only safe order; no user notices
faulty    the same with one bad release: found, contained, undone in a safe order
killed    the healthy change with tidegate and its Temporal killed in the middle
flagged   a release is fine until its flag is exposed: the flag goes back by itself, the release stays
migrated  a table changes its shape while two versions of a service write to it; no booking is lost
"""

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from textwrap import shorten

from tidegate.core.ids import StepId
from tidegate.core.rollout.state import StepStatus
from tidegate.demo.bookkeeping import MIGRATED, ROWS, VARIABLE, Bookings, bookkeeping
from tidegate.demo.platform import Platform, platform
from tidegate.server.views import RolloutView
from tidegate.sources.change import read_change_and_catalog

Tell = Callable[[str], None]

LONGEST_SECONDS = 600.0
SETTLE_SECONDS = 2.0
"""After a flag is off: what was asked before is answered by then."""

ORDER = ("ledger", "payments", "checkout", "web")


@dataclass(slots=True)
class Findings:
    """What a story found: facts with their numbers, and what should have been otherwise."""

    facts: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def expect(self, holds: bool, what: str) -> None:
        """Note `what` as a failure unless it holds."""
        if not holds:
            self.failures.append(what)


def healthy(stage: Platform, shop: Path, tell: Tell) -> Findings:
    """Four dependent services change, in the only safe order."""
    found, change = Findings(), shop / "changes" / "minor-units.yaml"
    view = _play(stage, change, tell)
    _expect_completed(stage, change, view, found)
    return found


def faulty(stage: Platform, shop: Path, tell: Tell) -> Findings:
    """The same change with a payments that fails a quarter of its calls."""
    found, change = Findings(), shop / "changes" / "minor-units-faulty.yaml"
    view = _play(stage, change, tell)
    log = stage.evidence
    found.expect(view.phase == "rolled_back", f"the rollout ended {view.phase}, not rolled back")
    for dependent in ("checkout@2.0.0", "web@2.0.0"):
        found.expect(
            log.first_and_last(dependent) is None,
            f"{dependent} was reached, though it depends on the bad one",
        )
    _expect_no_incompatible_pair(stage, change, found)
    _expect_undone_in_order(view, found)
    failed, served = log.first_failure("payments@2.0.0"), log.first_and_last("payments@2.0.0")
    found.expect(failed is not None, "the bad release never failed: the story shows nothing")
    if failed is not None and served is not None:
        found.facts["seconds from the first failure to the last call of the bad release"] = served[1] - failed
    found.facts["failed user requests"] = len(log.failed_user_requests())
    found.facts["user requests"] = sum(1 for _ in log.user_requests())
    return found


def killed(stage: Platform, shop: Path, tell: Tell) -> Findings:
    """The healthy change; in its middle tidegate and its Temporal server die by `kill -9` and are started again."""
    found, change = Findings(), shop / "changes" / "minor-units.yaml"
    id_ = stage.apply(stage.plan(change)).id
    for view in stage.follow(id_, LONGEST_SECONDS):
        _told(tell, view)
        if _judging(view, "expose/payments"):
            break
    before = _shares(stage)
    stage.kill_temporal()
    stage.kill_server()
    tell("    kill -9: tidegate and its Temporal server are gone; traffic goes on")
    time.sleep(5)
    found.expect(_shares(stage) == before, "traffic shares changed while tidegate was dead")
    stage.start()
    tell("    tidegate is started again on the same state directory")
    _expect_completed(stage, change, _follow(stage, id_, tell), found)
    return found


def flagged(stage: Platform, shop: Path, tell: Tell) -> Findings:
    """A release is fine until its feature flag is on: the flag goes back by itself, the release stays."""
    found, change = Findings(), shop / "changes" / "instant-refund-faulty.yaml"
    view = _play(stage, change, tell)
    log, steps = stage.evidence, {step.id: step for wave in view.waves for step in wave}
    found.expect(view.phase == "partial", f"the rollout ended {view.phase}, not partial")
    flag, release = steps[StepId("flag/instant-refund")], steps[StepId("expose/payments")]
    found.expect(flag.status == StepStatus.REVERTED, f"the flag is {flag.status}, not reverted")
    found.expect(release.status == StepStatus.DONE, f"the release is {release.status}, not done")
    bad = [each for each in log.failures("payments@1.1.0") if each > flag.since + SETTLE_SECONDS]
    found.expect(not bad, f"{len(bad)} payments failed after the flag was off")
    found.expect(
        log.first_failure("payments@1.1.0") is not None, "the flag never failed: the story shows nothing"
    )
    if (failed := log.first_failure("payments@1.1.0")) is not None:
        found.facts["seconds from the first failure until the flag was off"] = flag.since - failed
    found.facts["failed user requests"] = len(log.failed_user_requests())
    found.facts["user requests"] = sum(1 for _ in log.user_requests())
    return found


def migrated(stage: Platform, shop: Path, tell: Tell) -> Findings:
    """A table changes its shape while two versions of a service write to it; no booking is lost."""
    found, change = Findings(), shop / "changes" / "bookings-amount.yaml"
    bookings = Bookings(stage.variables[VARIABLE])
    view = _play(stage, change, tell)
    stage.quieten()
    log = stage.evidence
    found.expect(view.phase == "completed", f"the rollout ended {view.phase}, not completed")
    answered = {version: log.answered(version) for version in ("ledger@1.0.0", "ledger@1.1.0")}
    found.expect(all(answered.values()), f"a version of ledger never booked: {answered}")
    booked = bookings.count() - ROWS
    found.expect(booked == sum(answered.values()), f"{booked} bookings are kept, answered were {answered}")
    columns = bookings.columns()
    found.expect(columns == MIGRATED, f"the table has columns {columns}, not {MIGRATED}")
    failed = log.failed_user_requests()
    found.expect(not failed, f"{len(failed)} user requests failed, the first: {failed[:1]}")
    found.facts["bookings made meanwhile, all of them kept"] = booked
    found.facts["failed user requests"] = len(failed)
    found.facts["user requests"] = sum(1 for _ in log.user_requests())
    return found


STORIES: Mapping[str, Callable[[Platform, Path, Tell], Findings]] = {
    "healthy": healthy,
    "faulty": faulty,
    "killed": killed,
    "flagged": flagged,
    "migrated": migrated,
}
"""Each story by its name."""

STORED = frozenset({"migrated"})
"""Those that need a database."""


def tell_story(name: str, shop: Path, folder: Path, tell: Tell) -> Findings:
    """Play one story on a platform of its own in `folder`, which keeps the logs."""
    began = time.monotonic()
    bare = Platform(folder=folder, flags=shop / "flags" / "shop.yaml")
    setting = bookkeeping(bare) if name in STORED else nullcontext(bare)
    with setting as stage, platform(stage, shop / "mesh.yaml"):
        found = STORIES[name](stage, shop, tell)
    found.facts["seconds in all"] = time.monotonic() - began
    return found


def _play(stage: Platform, change: Path, tell: Tell) -> RolloutView:
    began = stage.apply(stage.plan(change))
    tell(f"    rollout {began.id} began")
    return _follow(stage, began.id, tell)


def _follow(stage: Platform, id_: str, tell: Tell) -> RolloutView:
    """The rollout at its end."""
    for view in map(partial(_told, tell), stage.follow(id_, LONGEST_SECONDS)):
        for step in (step for wave in view.waves for step in wave):
            for owner in step.approvals:
                stage.approve(id_, step.id, owner)
                tell(f"    {owner} approves of {step.id}")
    return view


def _told(tell: Tell, view: RolloutView) -> RolloutView:
    """The view, with its one line told: what moves, and at which exposure."""
    quiet = {StepStatus.WAITING, StepStatus.SKIPPED, StepStatus.DONE, StepStatus.REVERTED}
    moving = [s for wave in view.waves for s in wave if s.status not in quiet]
    done = sum(s.status == StepStatus.DONE for wave in view.waves for s in wave)
    words = ", ".join(f"{s.id} {s.status} at {s.exposure:.0%}" for s in moving) or view.reason
    tell("    " + shorten(f"[{done:2d} done] {view.phase}: {words}", 72, placeholder=" …"))
    return view


def _judging(view: RolloutView, step: str) -> bool:
    return any(s.id == step and s.status == StepStatus.JUDGING for wave in view.waves for s in wave)


def _expect_completed(stage: Platform, change: Path, view: RolloutView, found: Findings) -> None:
    log = stage.evidence
    found.expect(view.phase == "completed", f"the rollout ended {view.phase}, not completed")
    first = [log.first_and_last(f"{service}@2.0.0") for service in ORDER]
    firsts = [times[0] for times in first if times]
    found.expect(len(firsts) == len(ORDER), "a new version never served a call")
    found.expect(firsts == sorted(firsts), f"new versions did not begin in the order {', '.join(ORDER)}")
    _expect_no_incompatible_pair(stage, change, found)
    failed = log.failed_user_requests()
    found.expect(not failed, f"{len(failed)} user requests failed, the first: {failed[:1]}")
    found.facts["failed user requests"] = len(failed)
    found.facts["user requests"] = sum(1 for _ in log.user_requests())


def _expect_no_incompatible_pair(stage: Platform, change: Path, found: Findings) -> None:
    read, catalog = read_change_and_catalog(change)
    served = stage.evidence.incompatible(catalog, read)
    found.expect(not served, f"incompatible versions met: {served}")


def _expect_undone_in_order(view: RolloutView, found: Findings) -> None:
    since = {s.id: s.since for wave in view.waves for s in wave if s.status == StepStatus.REVERTED}
    wanted = [
        step
        for step in ("expose/payments", "deploy/payments", "expose/ledger", "deploy/ledger")
        if step in since
    ]
    times = [since[step] for step in wanted]
    found.expect(len(wanted) == 4 and times == sorted(times), f"undone in another order: {since}")


def _shares(stage: Platform) -> str:
    """What the data plane was last told, and acknowledged."""
    return (stage.mesh_dir / "acked.json").read_text(encoding="utf-8")
