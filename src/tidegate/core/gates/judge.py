"""Judges one rollout step: a release of one service, old version against new, look after look.

    opened(subject, gate)              ->  Case       no evidence yet
    observed(case, batch)              ->  Case       after one more look
    case.with_stage_begun(exposure)    ->  Case       evidence stays; what counts as fresh begins anew
    judged(case, stage, elapsed)       ->  Verdict    pass, fail or insufficient, and why

A case is rebuilt after a crash by observing its batches again; the same batches make the same case. `panel.py` asks
several gates about the same batches.

What is measured (`measures.py`), each on canary and control over the same interval:

    errors     bad answers among the calls into a version, all callers together
    latency    slow answers among the good ones, if the gate has a latency threshold
    outgoing   failed or rejected calls among those that a version makes itself
    ratios     the bad ones of what a team counts itself

and of every instance: the levels that the gate watches (`levels.py`).

What is tested, by e-processes (`eprocess.py` has the theory), tempered where failures of the control come together
(`design_effect.py`):

    harm       each measure: the canary is worse than its control, by however little (or by more than the offset
               that the gate allows between instances). Beside the comparisons stand absolute tests, because a
               release that breaks something shared hurts both arms: the success rate, the share of answers in
               time, and each of the gate's guards. If durations are compared, `shift.py` tests them at the
               control's quantiles; levels are compared by rank and trend, and held to their limits.
    safety     errors, latency and ratios: not worse than control by both margins, *or* within the absolute
               boundary. The two e-values are averaged: under the opposite (worse *and* beyond the boundary) both
               bet against the truth, so their average reaches 1/alpha_promote with probability alpha_promote at
               most. This is how a release without a concurrent control can pass. Outgoing calls have no
               boundary of their own; they are compared where both arms make them.

The answer:

    fail          the harm e-values of all checks, averaged with equal weights, reach 1/alpha at this look.
                  The weights are fixed when the case is opened; a check without data counts as one. An
                  average of e-processes is an e-process whatever their dependence, so alpha holds for all
                  looks and checks together. Values of one instant are averaged, never the highest so far.
                  Or an SLO of the gate is broken: a rule, which knows no chance and has no part in alpha.
    pass          every condition in `_CONDITIONS` holds: nothing is missing from the evidence, requests reached
                  the canary in this stage and as many as were ordered (`traffic.py`), every measure is proven
                  safe (each at alpha_promote: passing needs all of them, so no correction is due), no single
                  check shows harm at alpha by itself, and the bake time is over, unless the stage goes on early.
    insufficient  otherwise; the reason names each condition that does not hold and what it would take.

Harm is tested against "not worse at all" and safety against the margins. Between the two a canary is worse,
but acceptably so; whichever is shown first decides, and harm decides if both are.

One approximation, stated: a check whose arms get fewer than two requests a look gathers them
(`eprocess.py`), so at such traffic the average can see a success rate one such batch earlier than the
comparison. Each check alone stays exact; the tests measure the average at a request a look.
"""

from collections.abc import Callable
from math import exp, inf, log

import numpy as np

from tidegate.core.gates.case import Case, observed, opened
from tidegate.core.gates.evidence import Finding
from tidegate.core.gates.levels import Watched
from tidegate.core.gates.look import LATENCY_SHIFT, Check, Look, checks
from tidegate.core.gates.measures import ERRORS, LATENCY, SUCCESS_RATE, Subject, measures
from tidegate.core.gates.outlook import still_needed
from tidegate.core.gates.verdict import CheckResult, Outcome, Verdict
from tidegate.core.gates.words import failures, percent, rounded_down
from tidegate.core.strategy import OnInsufficient, Stage

__all__ = ["Case", "Subject", "judged", "observed", "opened"]


def judged(case: Case, *, stage: Stage, elapsed: float) -> Verdict:
    """The answer at this look, `elapsed` seconds after the stage began."""
    by_name = {check.name: check for check in checks(case)}
    look = Look(case=case, stage=stage, elapsed=elapsed, checks=by_name)
    if look.harmful or _broken(look):
        return _verdict(look, Outcome.FAIL, "; ".join([*_why_harmful(look), *_broken(look)]))
    missing = [reason for condition in _CONDITIONS for reason in condition(look)]
    if missing:
        return _verdict(look, Outcome.INSUFFICIENT, "; ".join([*missing, *_gives_up(look)]))
    return _verdict(look, Outcome.PASS, _why_safe(look))


def _verdict(look: Look, outcome: Outcome, reason: str) -> Verdict:
    harmful = set(look.harmful)
    routes = [
        *(each.routes for each in measures(look.case.gate)),
        *(each.routes for each in look.case.levels),
    ]
    proven = {name for each in routes for name in look.proof(each)}
    results = [_result(look, check, harmful, proven) for check in look.checks.values()]
    results += map(of_rule, look.case.findings)
    gate = look.case.gate
    return Verdict(outcome=outcome, reason=reason, checks=tuple(results), gate=gate.name, action=gate.action)


def _result(look: Look, check: Check, harmful: set[str], proven: set[str]) -> CheckResult:
    needed = look.log_safe_needed(check)
    safe = check.name in proven or check.log_safe >= needed
    outcome = Outcome.FAIL if check.name in harmful else Outcome.PASS if safe else Outcome.INSUFFICIENT
    return CheckResult(
        name=check.name,
        outcome=outcome,
        canary_requests=check.canary[0],
        canary_bad=check.canary[1],
        control_requests=check.control[0],
        control_bad=check.control[1],
        log_harm=check.log_harm,
        log_harm_needed=look.log_harm_needed,
        log_safe=check.log_safe,
        log_safe_needed=needed,
        reason=check.harm if outcome is Outcome.FAIL else check.seen,
        example=check.example,
    )


def of_rule(found: Finding) -> CheckResult:
    """What a rule without chance says, among the checks of a gate."""
    outcome = Outcome.INSUFFICIENT if found.missing else Outcome.FAIL if found.broken else Outcome.PASS
    return CheckResult(name=found.name, outcome=outcome, canary_requests=0, canary_bad=0, reason=found.reason)


def _broken(look: Look) -> list[str]:
    """Rules that were broken; they know no chance, so they have no part in alpha."""
    return [found.reason for found in look.case.findings if found.broken and not found.condition]


def _complete(look: Look) -> list[str]:
    return [str(missing) for missing in look.case.missing]


def _budgets_kept(look: Look) -> list[str]:
    if look.case.gate.slos and not look.case.findings:
        return [f"nothing is known of {', '.join(limit.slo for limit in look.case.gate.slos)}"]
    return [
        found.reason for found in look.case.findings if found.missing or (found.broken and found.condition)
    ]


def _canary_seen(look: Look) -> list[str]:
    if look.case.fresh_requests > 0:
        return []
    subject = look.case.subject
    return [f"no request has reached {subject} in this stage{_UNSEEN if subject.is_flag else ''}"]


_UNSEEN = " (spans or metrics of requests must say feature_flag.key and feature_flag.result.variant)"


def _as_ordered(look: Look) -> list[str]:
    """Said of a canary that gets too few calls: what was compared was not dealt by lot."""
    lacking = look.case.traffic.lacking(look.case.gate.alpha)
    return [
        f"{look.case.subject} gets {dealt.canary:,} of {dealt.calls:,} calls from {caller or 'outside'}, far fewer "
        f"than the {percent(look.case.traffic.exposure)} that were ordered, so the comparison is void"
        for caller, dealt in lacking.items()
    ]


def _timed(look: Look) -> list[str]:
    """Said where answers came and nobody counted the slow ones: a source that counts by no threshold or by another."""
    latency, subject = look.checks.get(LATENCY), look.case.subject
    if (
        latency is None
        or latency.canary[0] > 0
        or look.checks[ERRORS].canary[0] == look.checks[ERRORS].canary[1]
    ):
        return []
    threshold = f"{look.case.gate.boundaries.latency_ms:g} ms"
    wanted = "one must count by this threshold, or in buckets of which one ends there"
    return [f"no source says which answers of {subject} took longer than {threshold}: {wanted}"]


def _durations_seen(look: Look) -> list[str]:
    shift, subject = look.checks.get(LATENCY_SHIFT), look.case.subject
    if shift is None or shift.canary[0] > 0:
        return []
    return [f"no durations of answers of {subject} were read, so they cannot be compared"]


def _control_seen(look: Look) -> list[str]:
    """Said where a comparison was possible and would have helped; by itself it holds nothing up."""
    subject = look.case.subject
    alone = look.stage.exposure < 1.0 and look.case.control.requests[0] == 0.0
    if not (alone and subject.compared) or look.proof(measures(look.case.gate)[0].routes):
        return []
    return [f"no request has reached {subject.name} {subject.old}, so there is nothing to compare with"]


def _proven(look: Look) -> list[str]:
    wanted = [measure for measure in measures(look.case.gate) if look.demanded(measure)]
    return [still_needed(look, measure) for measure in wanted if not look.proof(measure.routes)]


def _levels_proven(look: Look) -> list[str]:
    return [_level_needed(look, each) for each in look.case.levels if not look.proof(each.routes)]


def _level_needed(look: Look, watched: Watched) -> str:
    name, subject, times = watched.level.name, look.case.subject, watched.ranks.intervals
    if not watched.canary:
        return f"no {name} of {subject} was read"
    if not times and watched.limit is None:
        return f"no {name} of {subject.name} {subject.old} was read, so there is nothing to compare with"
    beside = "within its limit" if not times else f"not beyond that of {subject.old}"
    return f"{name} of {subject} was read too seldom to show that it is {beside}"


def _unharmed(look: Look) -> list[str]:
    alarming = log(1.0 / look.case.gate.alpha)
    return [
        f"{check.harm}, which alone would be decisive and among {len(look.checks)} checks is not yet"
        for check in look.checks.values()
        if check.log_harm >= alarming
    ]


def _baked(look: Look) -> list[str]:
    left = look.stage.bake - look.elapsed
    if look.stage.early or left <= 0.0:
        return []
    return [f"{max(left, 1.0):.0f} s of its bake time of {look.stage.bake:g} s are left"]


_CONDITIONS: tuple[Callable[[Look], list[str]], ...] = (
    _complete,
    _budgets_kept,
    _canary_seen,
    _as_ordered,
    _control_seen,
    _timed,
    _durations_seen,
    _proven,
    _levels_proven,
    _unharmed,
    _baked,
)
"""What a pass needs, in the order in which it is told; each names what is missing, or nothing."""


_GIVING_UP = {OnInsufficient.HOLD: "then holds", OnInsufficient.ROLLBACK: "then rolls back"}


def _gives_up(look: Look) -> list[str]:
    """How long is still waited and what then; nothing where nobody waits, as over a record of the past."""
    left = look.stage.wait - look.elapsed
    if left == inf:
        return []
    if left <= 0:
        return [f"its time to wait of {look.stage.wait:g} s is over"]
    return [f"waits {left:.0f} s more, {_GIVING_UP[look.stage.on_insufficient]}"]


def _why_harmful(look: Look) -> list[str]:
    if not look.harmful:
        return []
    harm = "; ".join(look.checks[name].harm for name in look.harmful)
    evidence = float(np.logaddexp.reduce([check.log_harm for check in look.checks.values()]))
    odds = exp(min(evidence - log(len(look.checks)), _ODDS))
    return [f"{harm} (a harmless release looks like this less than once in {rounded_down(odds):,})"]


_ODDS = log(1e9)


def _why_safe(look: Look) -> str:
    subject, canary = look.case.subject, look.checks[ERRORS].canary
    shown = {ERRORS: f"is not worse than {subject.old}", SUCCESS_RATE: "keeps its success rate"}
    proven = " and ".join(shown[name] for name in look.proof(measures(look.case.gate)[0].routes))
    return f"{subject} {proven}: {failures(canary, 'requests')} failed"
