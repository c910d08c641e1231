"""The newest level of each instance."""

from collections import defaultdict
from dataclasses import dataclass

from tidegate.core.gates.evidence import Levels, Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Height:
    """One data point of the levels in `signals`: a `value` at `time` (nanoseconds since 1970).

    It was `heard` at a second since 1970, of our clock.
    """

    signals: tuple[Signal, ...]
    instance: str
    time: int
    heard: float
    value: float


class Heights:
    """The newest data point of each series of each resource."""

    def __init__(self) -> None:
        self._newest: dict[tuple[bytes, bytes], Height] = {}

    def __len__(self) -> int:
        return len(self._newest)

    def __contains__(self, series: tuple[bytes, bytes]) -> bool:
        return series in self._newest

    def put(self, series: tuple[bytes, bytes], height: Height) -> bool:
        """Keep `height`, unless a newer one of its series is known; says whether it was not late."""
        known = self._newest.get(series)
        if known is not None and height.time < known.time:
            return False
        self._newest[series] = height
        return True

    def forget(self, before: float) -> None:
        """Forget series that were not heard since."""
        self._newest = {key: height for key, height in self._newest.items() if height.heard >= before}

    def levels(self, since: float) -> dict[Signal, Levels]:
        """What was heard `since`: of each instance the sum of its series."""
        values: dict[Signal, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        at: dict[Signal, float] = {}
        for height in self._newest.values():
            for signal in height.signals if height.heard >= since else ():
                values[signal][height.instance] += height.value
                at[signal] = max(at.get(signal, height.heard), height.heard)
        return {signal: Levels(at=at[signal], values=dict(each)) for signal, each in values.items()}
