"""What the comparison of one keyword answers with: differences, and schemas inside to compare next."""

from collections.abc import Iterator
from dataclasses import dataclass

from tidegate.core.contracts.schemas.shape import Schema
from tidegate.core.contracts.specification import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One difference. `about` names the property it is about, and `spares` those who use that one anyway."""

    rule: str
    at: Cursor
    reason: str
    about: str = ""
    spares: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Below:
    """Two schemas inside, and the step to them; `always` says that the value is required on both sides."""

    step: str
    old: Schema
    new: Schema
    always: bool = True


Next = Iterator[Found | Below]
