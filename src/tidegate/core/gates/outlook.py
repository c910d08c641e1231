"""What a proof of safety still needs: by which route it would be quickest, and about how many requests."""

from dataclasses import dataclass
from math import inf

from tidegate.core.gates.eprocess import Worse, divergence, growth_per_request
from tidegate.core.gates.look import Check, Look
from tidegate.core.gates.measures import Measure, measures
from tidegate.core.gates.words import rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way to a proof: what it would show and how many more requests it would take."""

    claim: str
    more: float


def still_needed(look: Look, measure: Measure) -> str:
    """What the quickest proof of a measure still needs, in words."""
    route = quickest(look, measure)
    have = look.checks[measure.name].canary[0]
    so_far = f"{look.case.subject} has {have:,} {measure.unit}"
    if not have and route.more == inf:
        return f"no {measure.unit} of {look.case.subject} were counted, so nothing shows that {route.claim}"
    if route.more == inf:
        failed = f"of which {look.checks[measure.name].canary[1]:,} {measure.failing}"
        return f"{so_far}, {failed}; no number of them at this rate would show that {route.claim}"
    return f"{so_far} of about {rounded(have + route.more):,} needed to show that {route.claim}"


def quickest(look: Look, measure: Measure) -> Route:
    """The way to a proof of a measure that takes the fewest further requests."""
    return min(_routes_ahead(look, measure), key=lambda route: route.more)


def _routes_ahead(look: Look, measure: Measure) -> list[Route]:
    routes = ((_by_comparison, look.case.subject.compared), (_by_boundary, bool(measure.absolute)))
    return [route(look, measure) for route, leads in routes if leads]


def _by_comparison(look: Look, measure: Measure) -> Route:
    case, stream = look.case, measures(look.case.gate).index(measure)
    limits, subject, check = case.gate.boundaries, case.subject, look.checks[measure.name]
    rate = float(case.not_worse.control_rate[stream])
    by_points = rate + limits.worse_by >= rate * limits.worse_times
    margin = f"{limits.worse_by * 100:g} points" if by_points else f"{limits.worse_times:g} times"
    claim = measure.claim.format(margin=margin, old=subject.old)
    requests, controls = check.canary[0], check.control[0]
    if controls == 0:
        return Route(claim=claim, more=inf)
    share = requests / (requests + controls) or _UNSEEN_SHARE
    growth = growth_per_request(Worse(limits.worse_times, limits.worse_by), rate, share)
    return Route(claim=claim, more=_more(look, check, growth))


_UNSEEN_SHARE = 0.05
"""What a canary's share is taken to be until a request reaches it."""


def _by_boundary(look: Look, measure: Measure) -> Route:
    check = look.checks[measure.absolute]
    allowed, (requests, bad) = max(measure.allowed, _LEAST), check.canary
    rate = (bad + 0.25) / (requests + 1.0 / allowed)
    growth = divergence(rate, allowed) if rate < allowed else 0.0
    return Route(claim=measure.kept, more=_more(look, check, growth))


_LEAST = 1e-6
"""A boundary of none at all is estimated as one in a million; nothing proves none."""


def _more(look: Look, check: Check, growth: float) -> float:
    lacking = max(look.log_safe_needed(check) - check.log_safe, 0.0)
    return lacking / growth if growth > 0.0 else inf
