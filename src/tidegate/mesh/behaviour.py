"""What one version of a demo service does, as values: requests in, decisions out. Standard library only.

request ─► required fields there, and those it checks not empty?  no ─► 400
        ─► faults that strike now: longer work, an error, fields that become empty
        ─► statements to its database, if it has one
        ─► calls, all at the same time; an answer that lacks what we need, or has it empty where we check ─► 502
        ─► the fields it answers

What a service is told under a field's name it passes on under that name, so that an empty one travels through
services that do not check it, to one that does.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import exp
from typing import Any, Final

MEMORY_LIMIT_MB: Final = 256.0
GROWTH_LIMIT_MS: Final = 10_000.0

Draw = Callable[[], float]  # a number from [0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call to another service: the fields sent, those its answer must have, and those that must not be empty there.

    It is made again at once, up to `retries` times, when it fails. We answer well without an `optional` one.
    """

    service: str
    path: str
    sends: tuple[str, ...]
    needs: tuple[str, ...]
    checks: tuple[str, ...]
    retries: int
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What one path needs, which fields of a request it does not take empty, what it stores, calls and answers."""

    requires: tuple[str, ...]
    checks: tuple[str, ...]
    answers: tuple[str, ...]
    statements: tuple[str, ...] = ()
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where statements are said: the `variable` that holds the URL, and the schemas that are looked through."""

    variable: str
    search_path: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a fault may depend on: `callees` have answered, `flags` are on, `seconds` count from the first request.

    `dice` is a number from [0, 1).
    """

    caller: str = ""
    callees: Collection[str] = ()
    flags: Collection[str] = ()
    concurrency: int = 0
    rate: float = 0.0
    requests: int = 0
    seconds: float = 0.0
    dice: float = 0.0


CONDITIONS: Final[Mapping[str, Callable[[Any, Moment], bool]]] = {
    "caller": lambda pattern, now: fnmatchcase(now.caller, pattern),
    "callee": lambda pattern, now: any(fnmatchcase(callee, pattern) for callee in now.callees),
    "flag": lambda key, now: key in now.flags,
    "concurrency": lambda limit, now: now.concurrency > limit,
    "rate": lambda limit, now: now.rate > limit,
    "afterRequests": lambda count, now: now.requests >= count,
    "afterSeconds": lambda seconds, now: now.seconds >= seconds,
    "share": lambda share, now: now.dice < share,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong, and when.

    In a thousand requests that it strikes `memory_mb` is lost, and those to come take `latency_growth_ms` longer.
    The fields it `empties` are sent and answered without a value.
    """

    error_rate: float = 0.0
    latency_ms: float = 0.0
    latency_growth_ms: float = 0.0
    memory_mb: float = 0.0
    empties: tuple[str, ...] = ()
    when: Mapping[str, Any]

    @property
    def after_calls(self) -> bool:
        """Whether it can only be told after the calls whether it strikes."""
        return "callee" in self.when

    def strikes(self, now: Moment) -> bool:
        """Whether all of its conditions hold."""
        return all(CONDITIONS[name](value, now) for name, value in self.when.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One version's behaviour, made from the `spec` of its file; it evaluates `flags` for each request."""

    median_ms: float
    jitter: float
    error_rate: float
    flags: tuple[str, ...]
    database: Database | None = None
    endpoints: Mapping[str, Endpoint]
    faults: tuple[Fault, ...]

    def work_ms(self, gauss: Draw) -> float:
        """How long it works on a request; `gauss` draws from the standard normal distribution."""
        return self.median_ms * exp(self.jitter * gauss()) if self.jitter else self.median_ms

    def striking(self, now: Moment, *, after_calls: bool) -> tuple[Fault, ...]:
        """The faults that strike this request before, or after, its calls."""
        return tuple(
            fault for fault in self.faults if fault.after_calls == after_calls and fault.strikes(now)
        )

    def fails(self, faults: Iterable[Fault], draw: Draw, *, itself: bool) -> bool:
        """Whether the dice say that the request fails, by itself or by a fault that strikes."""
        own = self.error_rate if itself else 0.0
        return any(draw() < rate for rate in (own, *(fault.error_rate for fault in faults)) if rate)


def missing(wanted: Iterable[str], present: Collection[str]) -> tuple[str, ...]:
    """The fields of `wanted` that are not there; `amount|amount_minor` is there when either is."""
    return tuple(field for field in wanted if not any(name in present for name in field.split("|")))


def empty(checked: Iterable[str], present: Mapping[str, object]) -> tuple[str, ...]:
    """The fields of `checked` that are there without a value."""
    return tuple(field for field in checked if field in present and present[field] is None)


def emptied(known: Mapping[str, object], faults: Iterable[Fault]) -> Mapping[str, object]:
    """What is known once faults have struck."""
    return {**known, **{field: None for fault in faults for field in fault.empties}}


def learned(known: Mapping[str, object], answers: Iterable[Mapping[str, object]]) -> Mapping[str, object]:
    """What is known, and what others answered; once a field is empty no later value hides that."""
    for answer in answers:
        known = {**answer, **known, **{field: None for field in answer if answer[field] is None}}
    return known


def filled(fields: Iterable[str], known: Mapping[str, object]) -> Mapping[str, object]:
    """A message with these fields; what was not told to us we make ourselves."""
    return {field: known.get(field, field) for field in fields}


def behaviour(spec: Mapping[str, Any]) -> Behaviour:
    """The behaviour that a version file's `spec` describes; the file has been checked before."""
    latency = spec.get("latency") or {}
    return Behaviour(
        median_ms=float(latency.get("medianMs", 0)),
        jitter=float(latency.get("jitter", 0)),
        error_rate=float(spec.get("errorRate", 0)),
        flags=tuple(spec.get("flags", ())),
        database=_database(spec["database"]) if "database" in spec else None,
        endpoints={path: _endpoint(entry or {}) for path, entry in spec["endpoints"].items()},
        faults=tuple(_fault(entry) for entry in spec.get("faults") or ()),
    )


def _endpoint(entry: Mapping[str, Any]) -> Endpoint:
    return Endpoint(
        requires=tuple(entry.get("requires", ())),
        checks=tuple(entry.get("checks", ())),
        answers=tuple(entry.get("answers", ())),
        statements=tuple(entry.get("statements", ())),
        calls=tuple(_call(call) for call in entry.get("calls", ())),
    )


def _database(entry: Mapping[str, Any]) -> Database:
    return Database(variable=entry["variable"], search_path=tuple(entry.get("searchPath", ())) or ("public",))


def _call(entry: Mapping[str, Any]) -> Call:
    return Call(
        service=entry["service"],
        path=entry["path"],
        sends=tuple(entry.get("sends", ())),
        needs=tuple(entry.get("needs", ())),
        checks=tuple(entry.get("checks", ())),
        retries=int(entry.get("retries", 0)),
        optional=bool(entry.get("optional", False)),
    )


def _fault(entry: Mapping[str, Any]) -> Fault:
    return Fault(
        error_rate=float(entry.get("errorRate", 0)),
        latency_ms=float(entry.get("latencyMs", 0)),
        latency_growth_ms=float(entry.get("latencyGrowthMs", 0)),
        memory_mb=float(entry.get("memoryMb", 0)),
        empties=tuple(entry.get("empties", ())),
        when=entry.get("when") or {},
    )
