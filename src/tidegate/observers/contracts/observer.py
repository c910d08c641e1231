"""Looks at a share of the answers while somebody wants it, and holds each against the contract of its version.

Looking begins with the first wish and ends a while after the last one: at other times it costs nothing. A reading
is complete until the end of the newest look; no answer is in two. Counts are in memory and begin at zero, in a new
epoch, with every start.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tidegate.core.contracts.conformance.check import Checked
from tidegate.core.errors import Problem, Unavailable
from tidegate.core.gates.evidence import CallEdge, Gap, Missing, Reading, Remark
from tidegate.core.gates.measures import Subject
from tidegate.core.ids import ServiceName
from tidegate.mesh.tap import Tapped
from tidegate.observers.contracts.library import Library
from tidegate.observers.contracts.tallies import Tallies

Look = Callable[[Collection[ServiceName], float], Iterable[Tapped]]
"""A share of the calls to and from services, for a moment; raises `Unavailable`. It runs in a thread of its own."""

PAUSE_SECONDS: Final = 1.0
"""From one look's beginning to the next one's."""
CHECK_SECONDS: Final = 1.0
"""So long the answers of one look are checked; the rest of them is left out of the sample."""
FORGET_SECONDS: Final = 30.0
MOST_REMARKS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Somebody wants a share of the answers of both versions; said last at `at`, in seconds since 1970."""

    subject: Subject
    sample: float
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One call, checked, and how it differs from what its caller declared."""

    edge: CallEdge
    checked: Checked
    said: str


class ContractObserver:
    """An `Observer` of how contracts are kept, and the `Contracts` that gates ask for it."""

    def __init__(self, look: Look, library: Library, clock: Callable[[], float] = time.time) -> None:
        self._look = look
        self._library = library
        self._clock = clock
        self._epoch = f"contracts-{clock()}"
        self._at = clock()
        self._down = ""
        self._wishes: dict[Subject, Wish] = {}
        self._tallies = Tallies()
        self._remarks: dict[Remark, None] = {}
        self._looking: asyncio.Task[None] | None = None

    # What is wanted

    def validate(self, subjects: Iterable[Subject]) -> tuple[Problem, ...]:
        """What is not on record of these releases."""
        hint = "put it on record with `tidegate contracts record`, or leave conformance out of the change"
        return tuple(
            Problem(message=f"conformance: {gap}", hint=hint)
            for subject in subjects
            for version in (subject.control, subject.canary)
            for gap in self._library.offer(version).gaps
        )

    def want(self, subject: Subject, sample: float) -> None:
        """Look from now on, until it was not said again for a while."""
        self._wishes[subject] = Wish(subject=subject, sample=sample, at=self._clock())
        if self._looking is None:
            self._looking = asyncio.create_task(self._keep_looking())

    async def aclose(self) -> None:
        """Stop looking."""
        self._wishes.clear()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    # What is seen

    async def read(self) -> Reading:
        """What was checked until the end of the newest look."""
        if self._looking is not None and self._looking.done():
            looked, self._looking = self._looking, None
            looked.result()  # a defect of ours shows where somebody waits for it
        return Reading(
            at=self._at,
            epoch=self._epoch,
            ratios=self._tallies.ratios(),
            examples=self._tallies.examples(),
            missing=tuple(self._missing()),
            remarks=tuple(self._remarks),
        )

    def _missing(self) -> Iterator[Missing]:
        for subject in self._wishes:
            if self._down:
                yield Missing(gap=Gap.DOWN, what=f"answers: {self._down}", service=subject.service)
            yield from self._tallies.missing(subject.canary)

    # Looking

    async def _keep_looking(self) -> None:
        while wishes := self._wanted():
            began = time.monotonic()
            await self._once({wish.subject.service for wish in wishes}, max(wish.sample for wish in wishes))
            await asyncio.sleep(max(began + PAUSE_SECONDS - time.monotonic(), 0.0))
        self._looking = None

    def _wanted(self) -> list[Wish]:
        since = self._clock() - FORGET_SECONDS
        self._wishes = {subject: wish for subject, wish in self._wishes.items() if wish.at >= since}
        return list(self._wishes.values())

    async def _once(self, services: Collection[ServiceName], sample: float) -> None:
        try:
            found = await asyncio.to_thread(self._checked, services, sample)
        except Unavailable as error:
            self._down = str(error)
            return
        for each in found:
            self._tallies.add(each.edge.callee, each.checked)
            if each.said and len(self._remarks) < MOST_REMARKS:
                self._remarks[Remark(edge=each.edge, said=each.said)] = None
        self._down, self._at = "", self._clock()

    def _checked(self, services: Collection[ServiceName], sample: float) -> list[Found]:
        calls, found = self._look(services, sample), list[Found]()
        until = time.monotonic() + CHECK_SECONDS
        for call in calls:
            if time.monotonic() < until:
                found.append(self._found(call))
        return found

    def _found(self, call: Tapped) -> Found:
        return Found(
            edge=call.edge,
            checked=self._library.checked(call.edge.callee, call.exchange),
            said=self._library.mismatch(call.edge, call.exchange),
        )
