"""Journeys as they are stored: what they came to between two looks, and the failing ones that are kept."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.traces.journey import Journey, Origin
from tidegate.core.traces.reading import Cohort, EdgeFlow, Outcomes, Spread, TraceReading

_READING: TypeAdapter[TraceReading] = TypeAdapter(TraceReading)
_COHORTS: TypeAdapter[list[tuple[Cohort, Outcomes]]] = TypeAdapter(list[tuple[Cohort, Outcomes]])
_EDGES: TypeAdapter[list[tuple[CallEdge, EdgeFlow]]] = TypeAdapter(list[tuple[CallEdge, EdgeFlow]])
_OVER: TypeAdapter[list[tuple[CallEdge, int]]] = TypeAdapter(list[tuple[CallEdge, int]])
_ORIGIN: TypeAdapter[Origin] = TypeAdapter(Origin)
_SPREAD: TypeAdapter[Spread] = TypeAdapter(Spread)
_JOURNEY: TypeAdapter[Journey] = TypeAdapter(Journey)
_MET: TypeAdapter[list[VersionedService]] = TypeAdapter(list[VersionedService])

_KEYED = {"cohorts", "edges", "origins", "entries", "flags"}
"""Mappings by values; JSON's objects have only strings for names, so these are lists. Entries and flags are not stored:
cohorts tell of flags."""


def encoded_reading(reading: TraceReading) -> dict[str, Any]:
    """A reading as JSON."""
    plain = _READING.dump_python(reading, mode="json", exclude=_KEYED, exclude_defaults=True)
    return {
        **plain,
        "cohorts": _dumped(_COHORTS, list(reading.cohorts.items())),
        "edges": _dumped(_EDGES, list(reading.edges.items())),
        "origins": [_encoded_spread(*item) for item in reading.origins.items()],
    }


def decoded_reading(stored: Mapping[str, Any]) -> TraceReading:
    """The reading that was encoded."""
    keyed = {
        "cohorts": dict(_COHORTS.validate_python(stored["cohorts"], strict=False)),
        "edges": dict(_EDGES.validate_python(stored["edges"], strict=False)),
        "origins": dict(_decoded_spread(*item) for item in stored["origins"]),
    }
    return _READING.validate_python({**stored, **keyed})


def encoded_journey(journey: Journey) -> dict[str, Any]:
    """A journey as JSON; what was met is a list, since each version names its service."""
    plain: dict[str, Any] = _JOURNEY.dump_python(journey, mode="json", exclude={"met"}, exclude_defaults=True)
    return {**plain, "met": _dumped(_MET, list(journey.met.values()))}


def decoded_journey(stored: Mapping[str, Any]) -> Journey:
    """The journey that was encoded."""
    met = {version.service: version for version in _MET.validate_python(stored["met"])}
    return _JOURNEY.validate_python({**stored, "met": met}, strict=False)


def _encoded_spread(origin: Origin, spread: Spread) -> list[Any]:
    plain = _SPREAD.dump_python(spread, mode="json", exclude={"over"})
    over = _dumped(_OVER, list(spread.over.items()))
    return [_ORIGIN.dump_python(origin, mode="json"), plain, over]


def _decoded_spread(origin: Any, spread: Mapping[str, Any], over: Any) -> tuple[Origin, Spread]:
    decoded = _SPREAD.validate_python({**spread, "over": dict(_OVER.validate_python(over))})
    return _ORIGIN.validate_python(origin, strict=False), decoded


def _dumped(form: TypeAdapter[Any], value: Any) -> Any:
    return form.dump_python(value, mode="json", exclude_defaults=True)
