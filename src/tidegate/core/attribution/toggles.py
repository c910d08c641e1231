"""Who is at fault, found by switching suspects off in turn: for where watching alone cannot tell.

    toggles = opened(suspects, seen, allowed)    `seen` with every suspect on; `allowed` is the share that may be bad
    toggles.off                                  the suspects to switch off now
    toggles = observed(toggles, tally)           what was seen with just those off, as often as one likes
    toggles = given_up(toggles, why)             nothing can be seen, or nothing may be switched any more
    toggles.answer                               an `Attribution`, once there is one

Half of the candidates are switched off; where there are flags and releases, first the flags, since that costs least
and moves no traffic. If the symptom goes away, one of that part is needed for it, else one of the other: so about
log2 K rounds leave one of K candidates. A last round shows that switching off that one alone heals; it is left out
where the round before has shown just that. Of two versions that fail only where they meet, one is found, since
switching off either heals.

If switching off the last one does not heal, several are at fault or none is: a round with all of them off tells.

Each round is a test of one rate against the border between `allowed` and what was seen, at which both explain what
happens equally well. That it is above (the symptom stays) and that it is below (it is gone) are shown by the
e-processes of gates, valid however often one looks. `alpha`, the chance of any wrong round, is shared among all
rounds there can be. A round without requests shows neither.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil, log, log2

from tidegate.core.attribution.answer import Answer, Attribution, Basis
from tidegate.core.gates.eprocess import arm, beyond, within
from tidegate.core.gates.evidence import NOTHING, Tally, VersionedService
from tidegate.core.gates.words import failures
from tidegate.core.ids import flag_of

ALPHA = 0.02
"""The chance of a wrong turn anywhere in one search."""

_LEAST, _MOST = 1e-4, 1.0 - 1e-4


class Aim(StrEnum):
    """What a round is to show."""

    HALVE = "halve"  # in which part the culprit is
    VERIFY = "verify"  # that switching off one alone heals
    ALL = "all"  # that switching off all of them heals


class Turn(StrEnum):
    """What a round has shown."""

    GONE = "gone"
    STAYS = "stays"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What was switched off, what was seen then, and what that shows."""

    off: tuple[VersionedService, ...]
    tally: Tally
    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Toggles:
    """A search under way. One of `candidates`, at least, is needed for the symptom, if any suspect is.

    `off` is switched off now, also once there is an answer, and `tally` what was seen since. `border` is the rate
    between a symptom that stays and one that is gone; `design_effect` is how many times the variance of counts is
    that of independent failures.
    """

    suspects: tuple[VersionedService, ...]
    candidates: tuple[VersionedService, ...]
    border: float
    design_effect: float = 1.0
    alpha: float = ALPHA
    aim: Aim = Aim.HALVE
    off: tuple[VersionedService, ...] = ()
    tally: Tally = NOTHING
    rounds: tuple[Round, ...] = ()
    answer: Attribution | None = None

    @property
    def log_e_needed(self) -> float:
        """What either side of one round must reach."""
        return log(most_rounds(self.suspects) / self.alpha)

    @property
    def turn(self) -> Turn | None:
        """What this round has shown so far."""
        seen, temper = arm(self.tally.requests, self.tally.bad), self.design_effect
        if within(self.border).with_batch(seen, temper=temper).log_e[0] >= self.log_e_needed:
            return Turn.STAYS
        if beyond(self.border).with_batch(seen, temper=temper).log_e[0] >= self.log_e_needed:
            return Turn.GONE
        return None


def most_rounds(suspects: Sequence[VersionedService]) -> int:
    """How many rounds a search among these suspects takes at most."""
    flags = len(_flags(suspects))
    kinds = [number for number in (flags, len(suspects) - flags) if number]
    return ceil(log2(max(kinds, default=1))) + len(kinds) + 1


def opened(
    suspects: Iterable[VersionedService], seen: Tally, allowed: float, *, design_effect: float = 1.0
) -> Toggles:
    """A search among `suspects` for whoever causes the bad ones of `seen`, of which a share is `allowed`."""
    everyone = tuple(sorted(set(suspects)))
    start = Toggles(
        suspects=everyone,
        candidates=everyone,
        border=_border(allowed, seen.rate or 0.0),
        design_effect=design_effect,
    )
    if not everyone:
        return _answered(start, Answer.NONE, "there is nobody to switch off")
    if (seen.rate or 0.0) <= allowed:
        return _answered(start, Answer.UNDECIDED, f"{_told(seen)}, no more than is allowed")
    return _begun(start)


def observed(toggles: Toggles, tally: Tally) -> Toggles:
    """The search after `tally` more, seen with just `toggles.off` switched off."""
    if toggles.answer is not None:
        return toggles
    grown = replace(toggles, tally=toggles.tally + tally)
    turn = grown.turn
    if turn is None:
        return grown
    done = Round(off=grown.off, tally=grown.tally, turn=turn)
    noted = replace(grown, tally=NOTHING, rounds=(*grown.rounds, done))
    return _TURNS[noted.aim](noted, turn)


def given_up(toggles: Toggles, why: str) -> Toggles:
    """The search at an end without having found anybody: all who are left stay switched off."""
    left = ", ".join(map(str, toggles.candidates))
    ended = _answered(toggles, Answer.UNDECIDED, f"{why}; suspects left are {left}")
    return replace(ended, off=toggles.candidates)


def _halved(toggles: Toggles, turn: Turn) -> Toggles:
    rest = tuple(each for each in toggles.candidates if each not in toggles.off)
    return _begun(replace(toggles, candidates=toggles.off if turn is Turn.GONE else rest))


def _verified(toggles: Toggles, turn: Turn) -> Toggles:
    if turn is Turn.GONE:
        return _found(toggles)
    if len(toggles.suspects) == 1:
        return _nobody(toggles)
    return replace(toggles, aim=Aim.ALL, candidates=toggles.suspects, off=toggles.suspects)


def _all_off(toggles: Toggles, turn: Turn) -> Toggles:
    if turn is Turn.STAYS:
        return _nobody(toggles)
    return given_up(toggles, "it goes away only with several of them switched off")


_TURNS = {Aim.HALVE: _halved, Aim.VERIFY: _verified, Aim.ALL: _all_off}


def _begun(toggles: Toggles) -> Toggles:
    """The next round: flags among the candidates off, or half of them, or the last one."""
    candidates = toggles.candidates
    if len(candidates) > 1:
        flags = _flags(candidates)
        mixed = 0 < len(flags) < len(candidates)
        return replace(toggles, off=flags if mixed else candidates[: len(candidates) // 2])
    last = toggles.rounds[-1] if toggles.rounds else None
    if last is not None and (last.off, last.turn) == (candidates, Turn.GONE):
        return _found(toggles)
    return replace(toggles, aim=Aim.VERIFY, off=candidates)


def _flags(versions: Iterable[VersionedService]) -> tuple[VersionedService, ...]:
    return tuple(version for version in versions if flag_of(version.service) is not None)


def _found(toggles: Toggles) -> Toggles:
    (culprit,), last = toggles.candidates, toggles.rounds[-1].tally
    said = f"with {culprit} switched off, and only that, it went away: {_told(last)}"
    return replace(_answered(toggles, Answer.ONE, said), off=(culprit,))


def _nobody(toggles: Toggles) -> Toggles:
    said = f"it stays with all of them switched off: {_told(toggles.rounds[-1].tally)}"
    return replace(_answered(toggles, Answer.NONE, said), off=())


def _told(tally: Tally) -> str:
    return f"{failures((tally.requests, tally.bad), 'requests')} were bad"


def _answered(toggles: Toggles, answer: Answer, reason: str) -> Toggles:
    culprits = toggles.candidates if answer is Answer.ONE else ()
    found = Attribution(answer=answer, basis=Basis.TOGGLES, reason=reason, culprits=culprits)
    return replace(toggles, answer=found)


def _border(allowed: float, seen: float) -> float:
    """The rate at which `allowed` and `seen` explain what happens equally well."""
    low = min(max(allowed, _LEAST), _MOST)
    high = min(max(seen, low), _MOST)
    if high == low:
        return low
    lost = log((1.0 - low) / (1.0 - high))
    return lost / (lost + log(high / low))
