"""Who of all is in which share: flagd's `fractional`, evenly and always the same for the same text.

The text is hashed by MurmurHash3 to 32 bits, and those are stretched to the sum of the weights; so whoever is in a
share stays in while it grows, if what comes before it does not shrink.
Source: https://flagd.dev/reference/custom-operations/fractional-operation, and the second of the generations
that flagd-testbed knows; a third one, which hashes the text's CBOR, shares alike and draws others.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

import mmh3

MOST_WEIGHT: Final = 2**31 - 1


def bucket(key: str, total: int) -> int:
    """Where a text falls of `total` places."""
    encoded = key.encode()  # text that has no UTF-8 fails here; mmh3 itself would end the process
    return (mmh3.hash(encoded, signed=False) * total) >> 32


@dataclass(frozen=True, slots=True)
class Division:
    """Shares in a row: where each ends, and what is served in it."""

    total: int
    ends: tuple[int, ...]
    variants: tuple[Any, ...]

    def drawn(self, key: str) -> Any:
        """What a text falls to."""
        return self.variants[bisect_right(self.ends, bucket(key, self.total))]


def divided(shares: Sequence[Any]) -> Division | None:
    """The shares, or nothing where they are not as they should be."""
    weights = [_weight(share) for share in shares]
    ends = tuple(accumulate(weight for weight in weights if weight is not None))
    if None in weights or not ends or not 0 < ends[-1] <= MOST_WEIGHT:
        return None
    return Division(ends[-1], ends, tuple(share[0] for share in shares))


def _weight(share: Any) -> int | None:
    """What a share weighs: one unless it says so, nothing if it would be less."""
    if not isinstance(share, list) or not 1 <= len(share) <= 2:
        return None
    weight = share[1] if len(share) == 2 else 1
    return max(0, weight) if type(weight) is int else None
