"""What of services was pushed and could not be counted, so that counts are not taken for the whole."""

from dataclasses import dataclass

from tidegate.core.gates.evidence import Gap, Missing
from tidegate.core.ids import ServiceName
from tidegate.observers.otlp.points import Unused


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lack:
    why: str
    at: float


class Lacks:
    """The newest of each kind for each service; of more than `most` those are left out that come last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lacks: dict[tuple[ServiceName, Gap], _Lack] = {}

    def note(self, unused: Unused, *, now: float) -> None:
        """Remember `unused`, if it is of a known service."""
        if unused.service is None or not unused.points:
            return
        key = unused.service, unused.gap
        if key in self._lacks or len(self._lacks) < self._most:
            self._lacks[key] = _Lack(why=unused.why, at=now)

    def missing(self, since: float) -> list[Missing]:
        """What was lacking `since`; what is older is forgotten."""
        self._lacks = {key: lack for key, lack in self._lacks.items() if lack.at >= since}
        return [
            Missing(gap=gap, what=f"{service}: {lack.why}", service=service)
            for (service, gap), lack in sorted(self._lacks.items(), key=lambda item: item[0])
        ]
