"""Rows of one client → one observation, so that a burst of one client is one piece of news.

A user who is unlucky once tries again, and one program without a break can fail a thousand times: requests of one
client are not independent, clients are. So each client is watched until it first fails:

* All rows of one client, arm and time are one observation: one request, which was bad if any of them was.
* A client that was bad has told its news. What follows of it in that arm counts nothing, good or bad; were its
  good rows to count, failures would seem rarer than they are.

The memory is bounded: of more than `most` clients that were bad, those are forgotten that had rows least recently,
and such a client counts anew. Ids are kept as digests, which have a fixed size and tell nothing of a client.
"""

from hashlib import blake2b
from typing import Final

from tidegate.core.gates.evidence import NOTHING, Tally

CLIENTS: Final = 100_000


class Clients:
    """Which clients were counted: how many rows were `folded`, how many clients `forgotten`."""

    def __init__(self, most: int = CLIENTS) -> None:
        self.most = most
        self.folded = 0
        self.forgotten = 0
        self._bad: dict[bytes, None] = {}
        self._now: dict[bytes, bool] = {}
        """The clients of this look, and whether each was bad in it."""

    @property
    def crowded(self) -> bool:
        """Whether a look has more clients than can be told apart."""
        return len(self._now) > self.most

    def end_look(self) -> None:
        """The next rows are of another time."""
        self._now.clear()

    def observed(self, arm: str, client: str, tally: Tally) -> Tally:
        """What a row adds to its look."""
        if not tally.requests:
            return NOTHING
        key = blake2b(repr((arm, client)).encode(), digest_size=16).digest()
        bad = tally.bad > 0
        if key in self._now:
            return self._again(key, bad=bad)
        if key in self._bad:
            self._remember(key)
            self.folded += 1
            return NOTHING
        self._now[key] = bad
        if bad:
            self._remember(key)
        return Tally(requests=1, bad=int(bad))

    def _again(self, key: bytes, *, bad: bool) -> Tally:
        """One more row of a client in this look."""
        self.folded += 1
        if not bad or self._now[key]:
            return NOTHING
        self._now[key] = True
        self._remember(key)
        return Tally(bad=1)

    def _remember(self, key: bytes) -> None:
        self._bad.pop(key, None)
        self._bad[key] = None
        if len(self._bad) > self.most:
            del self._bad[next(iter(self._bad))]
            self.forgotten += 1
