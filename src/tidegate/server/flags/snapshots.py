"""What is served at this moment, compiled once a generation."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from tidegate.core.flags.definitions import Metadata
from tidegate.core.flags.document import document
from tidegate.core.flags.evaluator import Evaluator
from tidegate.ports import Flags, ServedFlags
from tidegate.server.flags.answers import Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One generation. `document` is its flagd file, `tag` names what is in it, `since` (in seconds since 1970) is when
    it was first seen here; `timed` says that answers depend on the time of asking.
    """

    generation: int
    metadata: Metadata
    answers: Answers
    document: bytes
    tag: str
    since: float
    timed: bool

    @classmethod
    def of(cls, served: ServedFlags, now: float) -> "Snapshot":
        """What is served, compiled."""
        written = json.dumps(document(served.flags), separators=(",", ":"), ensure_ascii=False).encode()
        return cls(
            generation=served.generation,
            metadata=served.flags.metadata,
            answers=Answers(Evaluator(served.flags)),
            document=written,
            tag=hashlib.sha256(written).hexdigest()[:32],
            since=now,
            timed=b"timestamp" in written,  # `$flagd.timestamp`, in whichever way a rule comes by it
        )


class Snapshots:
    """The newest generation of `flags`; `clock` gives seconds since 1970."""

    def __init__(self, flags: Flags, clock: Callable[[], float]) -> None:
        self._flags = flags
        self._clock = clock
        self._newest = Snapshot.of(flags.served(), clock())

    def newest(self) -> Snapshot:
        """What is served now."""
        served = self._flags.served()
        if served.generation != self._newest.generation:
            self._newest = Snapshot.of(served, self._clock())
        return self._newest
