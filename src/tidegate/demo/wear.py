"""What a service's process is after many requests: how busy, and what its faults have cost for good."""

import os
from collections import deque

from tidegate.mesh.behaviour import GROWTH_LIMIT_MS, MEMORY_LIMIT_MB, Fault


class Arrivals:
    """When requests came, in seconds of a clock that the caller reads."""

    def __init__(self) -> None:
        self.first = 0.0
        self._recent: deque[float] = deque()

    def came(self, now: float) -> None:
        """One more has come."""
        self.first = self.first or now
        self._recent.append(now)

    def rate(self, now: float) -> int:
        """How many came in the last second."""
        while self._recent and self._recent[0] < now - 1:
            self._recent.popleft()
        return len(self._recent)


class Damage:
    """What faults have cost for good."""

    def __init__(self) -> None:
        self._lost: list[bytearray] = []
        self._lost_mb = 0.0
        self._slower_ms = 0.0

    def leak(self, megabytes: float) -> None:
        """Lose memory, up to a limit."""
        if megabytes and self._lost_mb < MEMORY_LIMIT_MB:
            self._lost.append(bytearray(os.urandom(64) * int(megabytes * 16384)))
            self._lost_mb += megabytes

    def slower(self, fault: Fault) -> float:
        """How many milliseconds longer this request takes, since so many came before it; up to a limit."""
        if not fault.latency_growth_ms:
            return 0.0
        self._slower_ms = min(self._slower_ms + fault.latency_growth_ms / 1000, GROWTH_LIMIT_MS)
        return self._slower_ms
