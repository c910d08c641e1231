"""What the cases of the oasdiff corpus are about: by their names, and by the levels that oasdiff documents.

A case is two files: `checker/a` is `checker/a_base.yaml` and `checker/a_revision.yaml`, `a > b` names both. Behind it
stand the checks that it is named for; where a name leaves open which way something changes ("updated"), or on which
side, the files say it. A case without checks is named for the one that it is called like.

A check's level follows from the rule that oasdiff documents: what narrows a request or widens a response is an error,
so is what does both; what cannot be decided is a warning, everything else is information.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final


class Level(StrEnum):
    """How grave oasdiff calls a finding."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


GRAVEST_FIRST: Final = (Level.ERROR, Level.WARNING, Level.INFO)


class Effect(StrEnum):
    """What a change does to what may be written."""

    NARROWS = "narrows"
    WIDENS = "widens"
    REPLACES = "replaces"
    UNDECIDED = "undecided"
    KEEPS = "keeps"


EFFECTS: Final = (
    (Effect.REPLACES, r"(type|const|format|encoding)-changed"),
    (Effect.UNDECIDED, r"(pattern|not|sub-schema|contains|dependent-required)-changed|prefix-items-added"),
    (Effect.UNDECIDED, r"request-(parameter|property)-removed"),
    (Effect.NARROWS, r"became-(required|enum|const|not-nullable)|new-required|(enum-value|branch)-removed"),
    (
        Effect.NARROWS,
        r"(any|one)-of-removed|all-of-added|types-narrowed|media-type-removed|success-status-removed",
    ),
    (
        Effect.NARROWS,
        r"-set$|(max|max-length|max-items)-decreased|(min|min-length|min-items)-increased|pattern-added",
    ),
    (Effect.NARROWS, r"(contains|if|dependent-required|dependent-schemas|property-names)-added"),
    (Effect.NARROWS, r"(pattern-properties|unevaluated-properties|content-schema|schema)-added"),
    (
        Effect.NARROWS,
        r"security-removed|scope-added|removed-(without-deprecation|before-sunset)|body-removed",
    ),
    (Effect.WIDENS, r"became-(optional|nullable)|(any|one)-of-added|types-widened|required-property-removed"),
    (
        Effect.WIDENS,
        r"(max|max-length|max-items)-increased|(min|min-length|min-items)-decreased|pattern-removed",
    ),
    (Effect.WIDENS, r"enum-value-added|all-of-removed|wrapped-in-one-of|became-list|type-generalized"),
)
"""The first that is found in the name of a check decides; what is in none keeps all as it is."""

_LEVELS: Final = {
    Effect.REPLACES: (Level.ERROR, Level.ERROR),
    Effect.UNDECIDED: (Level.WARNING, Level.WARNING),
    Effect.NARROWS: (Level.ERROR, Level.INFO),
    Effect.WIDENS: (Level.INFO, Level.ERROR),
    Effect.KEEPS: (Level.INFO, Level.INFO),
}
"""Of a request and of a response."""

NEGOTIATED: Final = re.compile(r"media-type|status|header-removed")
"""What the client of a response chooses is judged like a request."""


def level(check: str) -> Level:
    """The level of a check, by its name."""
    effect = next((effect for effect, pattern in EFFECTS if re.search(pattern, check)), Effect.KEEPS)
    return _LEVELS[effect][check.startswith("response") and not NEGOTIATED.search(check)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Two files of the corpus, and the checks that they are about."""

    name: str
    old: str
    new: str
    checks: tuple[str, ...]

    @property
    def level(self) -> Level:
        """The gravest of its checks."""
        return min(map(level, self.checks), key=GRAVEST_FIRST.index)


def cases() -> Iterator[Case]:
    """Every case whose intent its name tells."""
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, checks = line.partition(" : ")
            called = name.rpartition("/")[2].replace("_", "-")
            old, new = _files(name)
            yield Case(name=name, old=old, new=new, checks=tuple(checks.split()) or (called,))


def _files(name: str) -> tuple[str, str]:
    old, _, new = name.partition(" > ")
    if new:
        return old, f"{old[: old.rfind('/') + 1]}{new}"
    pattern = name if "*" in name else f"{name}_*.yaml"
    return pattern.replace("*", "base"), pattern.replace("*", "revision")
