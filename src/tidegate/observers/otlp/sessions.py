"""Which sessions were counted, so that however often one pushes or fails it is one observation.

Users decide how many requests they make, and a user who is unlucky once tries again: requests of one session are
not independent, sessions are. The memory is bounded: of more than `most` observations those are forgotten that were
seen least recently, and such a session counts anew when it returns. Ids are kept as digests, which have a fixed
size and tell nothing of a user. Nothing keeps a stranger from making sessions up.
"""

from hashlib import blake2b


class Sessions:
    """The observations that were counted."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: dict[bytes, None] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def first(self, *observation: str) -> bool:
        """Whether `observation` is seen for the first time, as far as is remembered."""
        digest = blake2b(repr(observation).encode(), digest_size=16).digest()
        new = digest not in self._seen
        self._seen.pop(digest, None)
        self._seen[digest] = None
        if len(self._seen) > self._most:
            del self._seen[next(iter(self._seen))]
        return new
