"""Whatever is killed, repeated, reordered or asked for: the machine stays safe, ends, and explains itself."""

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.core.rollout.imagined import World
from tests.core.worlds import catalog_of, change_of, release_of, service_of

from tidegate.core.change import Commands, Lane, OnFailure, Task
from tidegate.core.gates.verdict import Outcome, Verdict
from tidegate.core.ids import RolloutId
from tidegate.core.plan.build import make_plan
from tidegate.core.plan.plan import Plan
from tidegate.core.rollout import machine
from tidegate.core.rollout.commands import ApplyStage, JudgeStage, RevertStep
from tidegate.core.rollout.events import (
    AbortRequested,
    ApplyFailed,
    PauseRequested,
    PromoteRequested,
    ResumeRequested,
    RevertFailed,
    RollbackRequested,
    StageApplied,
    StepReverted,
    VerdictReached,
)
from tidegate.core.rollout.explain import explain
from tidegate.core.rollout.state import ENDED, Phase, StepStatus

NAMES = ("a", "b", "c", "d")


@st.composite
def worlds(draw):
    """A random feasible change over a random service graph, cycles, lanes, tasks and both policies included."""
    edges = draw(st.sets(st.sampled_from([(c, p) for c in NAMES for p in NAMES if c != p]), max_size=5))
    catalog = catalog_of(
        *(service_of(n, needs={p: "^1.0.0" for c, p in sorted(edges) if c == n}) for n in NAMES)
    )
    needs = st.sampled_from(["^1.0.0", "^2.0.0", ">=1.0.0 <3.0.0"])
    offers = st.sampled_from([["1.0.0"], ["2.0.0"], ["1.0.0", "2.0.0"]])
    released = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))
    releases = [
        release_of(n, offers=draw(offers), needs={p: draw(needs) for c, p in sorted(edges) if c == n})
        for n in released
    ]
    lanes = draw(
        st.sets(
            st.sampled_from([e for e in sorted(edges) if set(e) <= set(released)] or [("", "")]), max_size=2
        )
    )
    revert = draw(st.sampled_from([(), ("back",)]))
    tasks = draw(
        st.sampled_from(
            [(), (Task(name="t", commands=Commands(apply=("go",), revert=revert), after=(released[0],)),)]
        )
    )
    change = change_of(
        *releases,
        lanes=[Lane(consumer=c, provider=p) for c, p in sorted(lanes) if c],
        tasks=tasks,
        on_failure=draw(st.sampled_from(OnFailure)),
    )
    return catalog, change


class Run:
    """One rollout in the imagined world: everything that was ever asked may still happen, in any order."""

    def __init__(self, catalog, change, plan: Plan, draw) -> None:
        self.world = World(catalog, change, plan)
        self.draw = draw
        self.now = 0.0
        self.rollout, commands = machine.opened(RolloutId("r"), plan, at=0.0)
        self.asked = list(commands)
        self.answers = []
        self.attempts: set[int] = set()
        self.numbered(commands)

    def numbered(self, commands) -> None:
        for command in commands:
            assert command.attempt not in self.attempts, "an attempt was given out twice"
            self.attempts.add(command.attempt)

    def hear(self, heard) -> None:
        before = self.rollout
        if isinstance(heard, VerdictReached) and heard.verdict.outcome is Outcome.PASS:
            state = before.steps[heard.step]
            if state.status is StepStatus.JUDGING and state.attempt == heard.attempt:
                self.world.passed.add((heard.step, state.stage))
        self.rollout, commands = machine.advance(before, heard)
        assert set(commands) <= set(machine.outstanding(self.rollout))
        self.numbered(commands)
        self.asked += commands
        for step, state in self.rollout.steps.items():
            grown = state.stage > before.steps[step].stage
            if grown and isinstance(heard, PromoteRequested):
                self.world.passed.add((step, before.steps[step].stage))
        self.explained()

    def explained(self) -> None:
        said = {e.step for e in explain(self.rollout) if e.waits_for and e.why}
        unsettled = {s for s, state in self.rollout.steps.items() if state.status not in machine.SETTLED}
        assert self.rollout.phase in ENDED or said == unsettled
        assert unsettled or self.rollout.phase in ENDED

    def carry_out(self, command, outcome) -> None:
        """Run an activity to its end: its answer joins those that may be delivered."""
        at, step, attempt = self.now, command.step, command.attempt
        self.world.begin(command) if not isinstance(command, JudgeStage) else None
        match command:
            case JudgeStage():
                verdict = Verdict(outcome=outcome, reason="as drawn")
                self.answers.append(VerdictReached(at=at, step=step, attempt=attempt, verdict=verdict))
            case ApplyStage() if outcome is Outcome.FAIL:
                self.answers.append(ApplyFailed(at=at, step=step, attempt=attempt, reason="as drawn"))
            case RevertStep() if outcome is Outcome.FAIL:
                self.answers.append(RevertFailed(at=at, step=step, attempt=attempt, reason="as drawn"))
            case ApplyStage():
                if self.world.finish(command):
                    self.answers.append(StageApplied(at=at, step=step, attempt=attempt))
            case RevertStep():
                if self.world.finish(command):
                    self.answers.append(StepReverted(at=at, step=step, attempt=attempt))

    def disturb(self) -> None:
        """One random thing happens."""
        self.now += 1
        happening = self.draw(
            st.sampled_from(["work", "work", "work", "answer", "answer", "answer", "half", "operator"])
        )
        if happening == "work" and self.asked:
            outcome = self.draw(st.sampled_from([Outcome.PASS] * 6 + [Outcome.FAIL, Outcome.INSUFFICIENT]))
            self.carry_out(self.draw(st.sampled_from(self.asked)), outcome)
        elif happening == "half" and self.asked:
            command = self.draw(st.sampled_from(self.asked))
            self.world.begin(command) if not isinstance(command, JudgeStage) else None
        elif happening == "answer" and self.answers:
            self.hear(self.draw(st.sampled_from(self.answers)))  # it stays: answers come twice and late
        elif happening == "operator":
            self.operate()

    def operate(self) -> None:
        step = self.draw(st.sampled_from([None, *self.rollout.steps]))
        asked = {"at": self.now, "by": "someone", "reason": "because"}
        wish = self.draw(
            st.sampled_from(
                [
                    PauseRequested(**asked),
                    ResumeRequested(**asked),
                    PromoteRequested(**asked, step=step),
                    AbortRequested(**asked),
                    RollbackRequested(**asked, step=step),
                ]
            )
        )
        refused = machine.refusal(self.rollout, wish) is not None
        before = self.rollout
        self.hear(wish)
        if refused:
            assert self.rollout == before

    def quieten(self) -> None:
        """From now on everything works and people say go on: the rollout must come to an end."""
        for _ in range(2000):
            if self.rollout.phase in ENDED:
                return
            self.now += 1
            wanted = machine.outstanding(self.rollout)
            if not wanted:
                held = [s for s, state in self.rollout.steps.items() if state.status is StepStatus.BLOCKED]
                wish = (
                    PromoteRequested if held and self.rollout.phase is not Phase.PAUSED else ResumeRequested
                )
                self.hear(wish(at=self.now, by="someone", reason="go on"))
                continue
            self.answers.clear()
            self.carry_out(wanted[0], Outcome.PASS)
            for answer in tuple(self.answers):
                self.hear(answer)
        raise AssertionError(f"no end: {self.rollout}")


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(worlds(), st.data())
def test_any_interleaving_is_safe_and_comes_to_a_safe_end(case, data) -> None:
    catalog, change = case
    plan = make_plan(catalog, change)
    if not isinstance(plan, Plan):
        event("infeasible")
        return
    run = Run(catalog, change, plan, data.draw)
    for _ in range(data.draw(st.integers(0, 60))):
        run.disturb()
    run.quieten()
    event(f"ended {run.rollout.phase}")
    if run.rollout.phase is Phase.ROLLED_BACK:
        assert run.world.untouched()
    if run.rollout.phase is Phase.COMPLETED:
        assert all(run.world.units[r.service].exposure == 1 for r in change.releases)
    for release in change.releases:  # no version is left running that gets no traffic
        state = run.rollout.steps[f"expose/{release.service}"]
        unit = run.world.units.get(release.service)
        if unit is not None:
            assert unit.new_runs == (state.status is StepStatus.DONE)
    stale = [*run.answers]
    for answer in stale:
        assert machine.advance(run.rollout, answer) == (run.rollout, ())
