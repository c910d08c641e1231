"""Where the failures of a journey began, and how far each came.

A call that failed may be a victim. What made it fail is, the first that holds:

* Calls within it that failed and were not made up for by another try: its victims come from there.
* It timed out, and most of that time went into one call within it: that one was slow, however it ended, and again
  one within that may be why.
* It ended in an error right after the last call within it was rejected: its callee had asked for what cannot be
  asked. That failure begins on the edge of the rejected call, and its caller is at fault.
* Else it failed by itself.

What is rejected otherwise is normal: nobody failed because of it. Whether an answer that looks good was wrong, or a
deadline too short, no trace tells; that is left to attribution.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tidegate.core.traces.journey import Call, Origin
from tidegate.core.traces.span import FAILED, Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failure: the index of the call on whose edge it began, and of those that failed because of it, nearest first.

    It failed the journey if the entry is among them, or was where it began.
    """

    origin: Origin
    at: int
    path: tuple[int, ...] = ()

    @property
    def reached_entry(self) -> bool:
        """Whether the journey failed because of it."""
        return 0 in {self.at, *self.path}


def origins(calls: Sequence[Call]) -> tuple[Origin, ...]:
    """Where failures began, each place once."""
    return tuple(dict.fromkeys(failure.origin for failure in failures(calls)))


def failures(calls: Sequence[Call]) -> tuple[Failure, ...]:
    """All failures of a whole journey, also those that were made up for."""
    if not any(call.ending in FAILED for call in calls):
        return ()
    began, spread = _began(_Tree.of(calls))
    return tuple(
        Failure(origin=origin, at=number, path=_path(calls, number, spread))
        for number, origin in sorted(began.items())
    )


def _path(calls: Sequence[Call], number: int, spread: Collection[int]) -> tuple[int, ...]:
    path: list[int] = []
    while number in spread and (parent := calls[number].parent) is not None:
        path.append(parent)
        number = parent
    return tuple(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tree:
    """Calls by index, with those within each that it waited for, and those that another try made up for."""

    calls: Sequence[Call]
    within: Mapping[int, Sequence[int]]
    made_up: Collection[int]

    @classmethod
    def of(cls, calls: Sequence[Call]) -> "_Tree":
        within: dict[int, list[int]] = {number: [] for number in range(len(calls))}
        made_up: set[int] = set()
        for number, call in enumerate(calls):
            if call.parent is not None and not call.asynchronous:
                within[call.parent].append(number)
        for number, call in reversed(list(enumerate(calls))):
            if call.retry_of is not None and (call.ending not in FAILED or number in made_up):
                made_up.add(call.retry_of)
        return cls(calls=calls, within=within, made_up=made_up)

    def failed(self, number: int) -> Sequence[int]:
        """The calls within a failed one that made it fail."""
        if self.calls[number].ending not in FAILED:
            return ()
        failing = (within for within in self.within[number] if self.calls[within].ending in FAILED)
        return [within for within in failing if within not in self.made_up]

    def slowest(self, number: int) -> int | None:
        """The call within one that took too long on which most of the time went."""
        call = self.calls[number]
        if call.ending in FAILED - {Ending.TIMED_OUT}:
            return None
        longest = max(self.within[number], key=lambda within: self.calls[within].seconds, default=None)
        return longest if longest is not None and 2 * self.calls[longest].seconds > call.seconds else None

    def rejected(self, number: int) -> int | None:
        """The last call within one that ended in an error, if it was rejected."""
        last = max(self.within[number], default=None)
        if last is None or self.calls[number].ending is not Ending.ERROR:
            return None
        return last if self.calls[last].ending is Ending.REJECTED else None


def _began(tree: _Tree) -> tuple[Mapping[int, Origin], Collection[int]]:
    """Where failures began, and the calls that made the one around them fail."""
    began: dict[int, Origin] = {}
    spread: set[int] = set()
    slow: set[int] = set()
    for number, call in enumerate(tree.calls):
        if call.ending not in FAILED and number not in slow:
            continue
        if failed := tree.failed(number):
            spread.update(failed)
        elif (slowest := tree.slowest(number)) is not None:
            spread.add(slowest)
            slow.add(slowest)
        elif (rejected := tree.rejected(number)) is not None:
            spread.add(rejected)
            edge = tree.calls[rejected].edge
            began[rejected] = Origin(at_fault=call.edge.callee, edge=edge, ending=Ending.REJECTED)
        else:
            ending = call.ending if call.ending in FAILED else Ending.TIMED_OUT
            began[number] = Origin(at_fault=call.edge.callee, edge=call.edge, ending=ending)
    return began, spread
