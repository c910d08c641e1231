"""What a specification announces to go away, and when."""

from dataclasses import dataclass
from datetime import date

from tidegate.core.contracts.differences import Part
from tidegate.core.contracts.specification import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """A part of an interface that is deprecated, or has a date (`sunset`) until which it stays, or both."""

    part: Part
    path: str
    deprecated: bool
    sunset: date | None
    place: Place
