"""What a change asks of its schedule."""

from dataclasses import dataclass, field

from tidegate.core.schedule.calendar import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMost:
    """How much may be under change at once; None is no limit.

    `blast_radius` is the greatest share of the whole catalog's weight (see `jobs`), as a fraction of one.
    """

    releases: int | None = None
    per_owner: int | None = None
    per_system: int | None = None
    blast_radius: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePolicy:
    """When releases may run, and how many at once."""

    calendar: Calendar = field(default_factory=Calendar)
    at_most: AtMost = field(default_factory=AtMost)
