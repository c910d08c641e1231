"""A plan with its judged pairs as plain JSON values, and the digests by which both are known."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from hashlib import sha256

from tidegate.core.contracts.pair import Live, Pair
from tidegate.core.plan.plan import Plan

Record = dict[str, object]


def record_of(plan: Plan, pairs: Iterable[Pair]) -> Record:
    """The plan, its waves (which are derived), the pairs it was made for, and the digests of both."""
    judged = pairs_record(pairs)
    return {
        "feasible": True,
        **asdict(plan),
        "waves": plan.waves,
        "pairs": judged,
        "digests": {"plan": plan_digest(plan), "pairs": _digest(judged)},
    }


def plan_digest(plan: Plan) -> str:
    """What a plan is known by."""
    return _digest(asdict(plan))


def pairs_digest(pairs: Iterable[Pair]) -> str:
    """What judged pairs are known by."""
    return _digest(pairs_record(pairs))


def pairs_record(pairs: Iterable[Pair]) -> list[Mapping[str, object]]:
    """Which versions were judged together, how, and on what evidence."""
    return [
        {"consumer": _end(pair.consumer), "provider": _end(pair.provider), **asdict(pair.judgement)}
        for pair in pairs
    ]


def _end(live: Live) -> Mapping[str, str]:
    return {"service": live.service, "version": live.version, "side": live.side}


def _digest(value: object) -> str:
    """SHA-256 of a value as JSON with sorted keys and no blanks, and so the same wherever it is computed."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return f"sha256:{sha256(canonical.encode()).hexdigest()}"
