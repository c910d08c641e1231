"""What tidegate writes down in Unleash, so that whoever comes after it, on whichever machine, knows.

    title of a strategy   tidegate ROLLOUT: AUDIENCE     whose exposure it is; everyone's has no audience
    tags of a flag        tidegate/ROLLOUT/ATTEMPT       the newest token that was obeyed: the fence
                          tidegate-off/ENVIRONMENT       switched off
                          tidegate-was-on/ENVIRONMENT    to be on again, once it is switched on
                          tidegate-back/ENVIRONMENT      to be on again, once it is out of the archive

The fence is a tag because it must outlive the strategy: a late command may come when all is undone. Unleash allows 50
characters for a tag; longer names are cut, and told apart by a digest.
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from tidegate.core.ids import RolloutId
from tidegate.ports import Token

LONGEST_NAME: Final = 30
_TITLE: Final = re.compile(r"tidegate (?P<rollout>[^\s:]+)(: (?P<audience>.+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose exposure a strategy is: a rollout's, of an audience; everyone has no name."""

    rollout: RolloutId
    audience: str = ""

    @property
    def title(self) -> str:
        """The title that says so."""
        return f"tidegate {self.rollout}{f': {self.audience}' if self.audience else ''}"


def owner(title: str) -> Owner | None:
    """Whose a strategy is by its title; None where it is a team's own."""
    found = _TITLE.fullmatch(title)
    return Owner(rollout=RolloutId(found["rollout"]), audience=found["audience"] or "") if found else None


def fence(token: Token) -> str:
    """The tag that says that a token was obeyed."""
    return f"{_fences(token.rollout)}{token.attempt}"


def newest(tags: Collection[str], rollout: RolloutId) -> int:
    """The newest attempt of a rollout that was obeyed; 0 when none was."""
    return max((int(tag.rpartition("/")[2]) for tag in fences(tags, rollout)), default=0)


def fences(tags: Collection[str], rollout: RolloutId) -> frozenset[str]:
    """The tags that fence off a rollout's late commands."""
    prefix = _fences(rollout)
    return frozenset(tag for tag in tags if tag.startswith(prefix) and tag.removeprefix(prefix).isdecimal())


def switched_off(environment: str) -> str:
    """The tag of a flag that was switched off in an environment."""
    return f"tidegate-off/{_short(environment)}"


def was_on(environment: str) -> str:
    """The tag of a flag that was on in an environment when it was switched off."""
    return f"tidegate-was-on/{_short(environment)}"


def back(environment: str) -> str:
    """The tag of a flag that was on in an environment when it was archived."""
    return f"tidegate-back/{_short(environment)}"


def _fences(rollout: RolloutId) -> str:
    return f"tidegate/{_short(rollout)}/"


def _short(name: str) -> str:
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - 9]}~{digest}"
