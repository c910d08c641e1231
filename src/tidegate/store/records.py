"""The values that go into the store and come out of it. Times are aware; they come out in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidegate.core.ids import RolloutId, StepId

Json = Mapping[str, Any]
"""An object as JSON has it: no NaN, no infinity, names are strings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutRecord:
    """One rollout as people ask for it; `state` is there once it has `ended`."""

    id: RolloutId
    change: str
    environment: str
    phase: str
    created: datetime
    requester: str
    plan: Json
    ended: datetime | None = None
    state: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRecord:
    """The evidence of one look at a stage; looks of a step are numbered by whoever takes them."""

    rollout: RolloutId
    step: StepId
    sequence: int
    at: datetime
    stage: int
    batch: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneysRecord:
    """What the journeys between two looks came to; looks of a rollout are numbered by whoever takes them."""

    rollout: RolloutId
    sequence: int
    at: datetime
    batch: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingRecord:
    """One failing journey that is kept, by the id of its trace; `at` is when it began."""

    rollout: RolloutId
    trace: str
    at: datetime
    journey: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something to be noted for good: who (`actor`) did what (`kind`) to what (`subject`), and why.

    `key` makes noting it safe to repeat: what was noted under it first is what stays.
    """

    at: datetime
    actor: str
    kind: str
    subject: str
    summary: str
    key: str
    rollout: RolloutId | None = None
    detail: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry(Entry):
    """An entry with its place in the chain. `sequence` counts from one without gaps."""

    sequence: int
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first place where the journal is not what was written: the entry's number and what is wrong."""

    sequence: int
    reason: str
