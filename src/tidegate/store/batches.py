"""Readings and batches as they are stored with each look: for whoever judges, and for whoever judges again."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from tidegate.core.gates.evidence import Batch, CallEdge, Counts, Finding, Levels, Reading, Signal, Tally
from tidegate.core.gates.replay import Recorded
from tidegate.core.strategy import SloLimit
from tidegate.store.records import EvidenceRecord

_Kind = TypeVar("_Kind", Batch, Reading)
_KEYED: Mapping[str, TypeAdapter[list[tuple[Any, Any]]]] = {
    "edges": TypeAdapter(list[tuple[CallEdge, Counts]]),
    "ratios": TypeAdapter(list[tuple[Signal, Tally]]),
    "levels": TypeAdapter(list[tuple[Signal, Levels]]),
    "examples": TypeAdapter(list[tuple[Signal, str]]),
    "findings": TypeAdapter(list[tuple[SloLimit, tuple[Finding, ...]]]),
}


class _Form(Generic[_Kind]):
    """Values as JSON; mappings by edge or signal are lists, since JSON's objects have only strings for names."""

    def __init__(self, kind: type[_Kind]) -> None:
        self._adapter: TypeAdapter[_Kind] = TypeAdapter(kind)

    def encoded(self, value: _Kind) -> dict[str, Any]:
        keyed = {
            name: adapter.dump_python(list(getattr(value, name).items()), mode="json", exclude_defaults=True)
            for name, adapter in _KEYED.items()
            if getattr(value, name, None)
        }
        plain = self._adapter.dump_python(value, mode="json", exclude=set(_KEYED), exclude_defaults=True)
        return {**plain, **keyed}

    def decoded(self, stored: Mapping[str, Any]) -> _Kind:
        keyed = {
            name: dict(adapter.validate_python(stored[name]))
            for name, adapter in _KEYED.items()
            if name in stored
        }
        return self._adapter.validate_python({**stored, **keyed})


BATCHES = _Form(Batch)
READINGS = _Form(Reading)


def begun_at(record: EvidenceRecord) -> float:
    """When the case began that a look is of, in seconds since 1970; zero where nothing is held against that."""
    return float(record.batch.get("from", 0.0))


def recorded(record: EvidenceRecord) -> Recorded:
    """A stored look, as judging again takes it."""
    batch = BATCHES.decoded(record.batch["batch"])
    return Recorded(stage=record.stage, at=record.at.timestamp(), batch=batch)
