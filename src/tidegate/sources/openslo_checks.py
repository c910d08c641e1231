"""What the schema of OpenSLO v1 cannot say: fields that need or exclude each other, names, dates.

Whether a name is known is asked only when every document could be read: names that a broken file declares would
otherwise be reported as unknown.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from tidegate.core.errors import Problem
from tidegate.core.slo.definitions import BudgetingMethod
from tidegate.sources.openslo_documents import Document, Documents
from tidegate.sources.openslo_indicators import (
    given,
    indicator_of,
    indicator_problems,
    indicators,
    metrics,
    not_one,
)
from tidegate.sources.quantities import known_zone, local_time, shorthand
from tidegate.sources.tree import Node
from tidegate.sources.words import did_you_mean, quoted

LONGEST: Final = 10 * 366 * 86400.0
"""The longest window, in seconds."""

MOST_GUESSES: Final = 200
"""How many unknown names a reading guesses at: each guess looks through all names that are known."""

SLICED: Final = {
    BudgetingMethod.OCCURRENCES: (),
    BudgetingMethod.TIMESLICES: ("timeSliceTarget", "timeSliceWindow"),
    BudgetingMethod.RATIO_TIMESLICES: ("timeSliceWindow",),
}
"""What an objective needs for a budgeting method; the other fields of slices have no meaning with it."""


def problems_of(documents: Documents, services: Collection[str]) -> Iterator[Problem]:
    """Everything that is wrong beyond the schema; `services` are known from elsewhere."""
    for indicator in indicators(documents):
        yield from indicator_problems(indicator, documents)
    for document in documents.of_kind("SLO"):
        if document.spec:
            yield from _slo(document, documents)
    if documents.complete:
        yield from _unknown_names(documents, services)


# -- objectives -----------------------------------------------------------------------------------------------


def _slo(document: Document, documents: Documents) -> Iterator[Problem]:
    spec = document.spec
    composite = [each for each in spec.at("objectives").elements if _composite(each)]
    ways = given(spec, ("indicator", "indicatorRef"))
    for each in composite:
        hint = "write one SLO for each indicator"
        yield each.problem("composite objectives, with indicators of their own, are not supported", hint)
    if len(ways) != 1 and not composite:
        yield document.name.problem(
            *not_one(f"{document} has either indicator or indicatorRef", both=bool(ways))
        )
    yield from _window(spec)
    yield from _objectives(document, "thresholdMetric" in indicator_of(document, documents).fields)


def _composite(objective: Node) -> bool:
    return bool(given(objective, ("indicator", "indicatorRef", "compositeWeight")))


def _window(spec: Node) -> Iterator[Problem]:
    windows = spec.at("timeWindow").elements
    if len(windows) != 1 and isinstance(spec.at("timeWindow").value, tuple):
        message = f"an SLO has one timeWindow, not {len(windows)}"
        hint = "write an SLO for each" if windows else "add it"
        yield Problem(message=message, location=spec.key("timeWindow"), hint=hint)
    for window in windows:
        rolling, calendar = window.at("isRolling").value is True, window.at("calendar")
        if rolling == bool(calendar):
            rule = "a window is either rolling (isRolling: true) or has a calendar"
            yield window.problem(*not_one(rule, both=rolling))
        yield from _too_long(window)
        yield from _calendar(calendar)


def _too_long(window: Node) -> Iterator[Problem]:
    duration = shorthand(window.at("duration").text)
    if duration and duration.seconds > LONGEST:
        yield window.at("duration").problem(f"a window of {duration} is too long", "10Y is the most")


def _calendar(calendar: Node) -> Iterator[Problem]:
    start, zone = calendar.at("startTime"), calendar.at("timeZone")
    if start.text and not local_time(start.text):
        yield start.problem(
            f"{quoted(start.text)} is not a date and time of day", "write one such as 2026-01-01 00:00:00"
        )
    if zone.text and not known_zone(zone.text):
        hint = "write an IANA name such as Europe/Berlin"
        yield zone.problem(f"unknown time zone {quoted(zone.text)}", hint)


def _objectives(document: Document, threshold: bool) -> Iterator[Problem]:
    spec = document.spec
    objectives = spec.at("objectives").elements
    if threshold and len(objectives) > 1:
        hint = "write an SLO for each"
        yield objectives[1].problem("an SLO with a thresholdMetric has one objective", hint)
    yield from _same_names(objectives)
    for number, objective in enumerate(objectives):
        where = f"spec.objectives[{number}]"
        yield from _target(objective, where)
        if threshold:
            yield from _comparison(objective, where)
        yield from _slices(objective, where, spec)


def _same_names(objectives: Collection[Node]) -> Iterator[Problem]:
    """Verdicts call an objective by its name, or else by its target."""
    first: dict[object, Node] = {}
    for objective in objectives:
        name = objective.at("displayName").text or (
            objective.at("target").value,
            objective.at("targetPercent").value,
        )
        if first.setdefault(name, objective) is not objective:
            message = f"this objective is called like another (at {first[name].location})"
            yield objective.problem(message, "give each a displayName of its own")


def _target(objective: Node, where: str) -> Iterator[Problem]:
    targets = given(objective, ("target", "targetPercent"))
    if len(targets) != 1:
        yield objective.problem(*not_one(f"{where} has either target or targetPercent", both=bool(targets)))


def _comparison(objective: Node, where: str) -> Iterator[Problem]:
    for name, hint in (
        ("op", "write op: lt, lte, gt or gte"),
        ("value", "write the threshold in the metric's unit"),
    ):
        if name not in objective.fields:
            yield objective.problem(f"{where} lacks {quoted(name)}, which a thresholdMetric needs", hint)


def _slices(objective: Node, where: str, spec: Node) -> Iterator[Problem]:
    method = spec.at("budgetingMethod").text
    if method not in set(BudgetingMethod):
        return
    needed = SLICED[BudgetingMethod(method)]
    for name in ("timeSliceTarget", "timeSliceWindow"):
        if name in needed and name not in objective.fields:
            yield objective.problem(f"{where} lacks {quoted(name)}, which {method} needs", f"add {name}")
        if name not in needed and name in objective.fields:
            message = f"{name} has no meaning with budgetingMethod {method}"
            yield Problem(
                message=message, location=objective.key(name), hint="remove it, or mend budgetingMethod"
            )
    yield from _long_slice(objective.at("timeSliceWindow"), spec)


def _long_slice(written: Node, spec: Node) -> Iterator[Problem]:
    length, window = slice_seconds(written), shorthand(spec.at("timeWindow", 0, "duration").text)
    if length and window and length >= window.seconds:
        yield written.problem(
            f"a slice of {written.written} is not shorter than the window of {window}", "shorten it"
        )


def slice_seconds(written: Node) -> float | None:
    """The length of a slice: a duration, or a number of minutes."""
    if isinstance(written.value, (int, float)) and not isinstance(written.value, bool):
        return 60.0 * written.value
    duration = shorthand(written.text)
    return duration.seconds if duration else None


# -- names ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mention:
    """A name where something refers to it."""

    kind: str
    target: Node


def _unknown_names(documents: Documents, services: Collection[str]) -> Iterator[Problem]:
    known = {
        kind: {found.name.text: None for found in documents.of_kind(kind)}
        for kind in ("DataSource", "SLI", "Service")
    }
    known["Service"] |= dict.fromkeys(services)
    guesses = MOST_GUESSES
    for mention in _mentions(documents, services=bool(known["Service"])):
        if mention.target.text not in known[mention.kind]:
            guesses -= 1
            near = did_you_mean(mention.target.text, known[mention.kind] if guesses >= 0 else ())
            message = f"unknown {mention.kind} {quoted(mention.target.text)}"
            yield mention.target.problem(message, near or f"declare the {mention.kind}, or mend the name")


def _mentions(documents: Documents, *, services: bool) -> Iterator[_Mention]:
    """Every reference; those to services only where any service is known."""
    for document in documents.of_kind("SLO"):
        if document.spec.at("indicatorRef").text:
            yield _Mention(kind="SLI", target=document.spec.at("indicatorRef"))
        if services and document.spec.at("service").text:
            yield _Mention(kind="Service", target=document.spec.at("service"))
    for spec in indicators(documents):
        for metric in metrics(spec):
            if metric.at("metricSource", "metricSourceRef").text:
                yield _Mention(kind="DataSource", target=metric.at("metricSource", "metricSourceRef"))
