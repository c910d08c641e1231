"""What happened by the logs of others: Envoy's record of every call, the load generator's of every user request."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change
from tidegate.core.plan.live import pairs
from tidegate.demo.load import NOT_SENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The logs of one mesh."""

    logs: Path

    def calls(self) -> Iterator[dict[str, Any]]:
        """Every call through the data plane, in the order in which it was written."""
        return _lines(self.logs / "access.jsonl")

    def user_requests(self) -> Iterator[dict[str, Any]]:
        """Every user request, as the user saw it."""
        return _lines(self.logs / "load.jsonl")

    def failed_user_requests(self) -> list[dict[str, Any]]:
        """User requests that did not get a good answer; what the generator could not send is not one."""
        return [each for each in self.user_requests() if not 200 <= each["status"] < 400 and _was_sent(each)]

    def served(self) -> Counter[tuple[str, str]]:
        """How often each caller version was served by each callee version, as `payments@2.0.0`."""
        return Counter((call["caller"], call["cluster"]) for call in self.calls())

    def first_and_last(self, version: str) -> tuple[float, float] | None:
        """When a version, as `payments@2.0.0`, served its first and its last call, in seconds since 1970."""
        times = [_seconds(call["time"]) for call in self.calls() if call["cluster"] == version]
        return (min(times), max(times)) if times else None

    def answered(self, version: str) -> int:
        """How many calls a version answered well."""
        return sum(call["cluster"] == version and call["code"] == 200 for call in self.calls())

    def first_failure(self, version: str) -> float | None:
        """When a version first failed a call."""
        return min(self.failures(version), default=None)

    def failures(self, version: str) -> list[float]:
        """When a version failed calls."""
        return [_seconds(c["time"]) for c in self.calls() if c["cluster"] == version and c["code"] >= 500]

    def incompatible(self, catalog: Catalog, change: Change) -> dict[tuple[str, str], int]:
        """Pairs that may not be live together and were served nonetheless, with how often."""
        served = self.served()
        unsafe = {
            (_name(pair.consumer), _name(pair.provider))
            for pair in pairs(catalog, change)
            if not pair.judgement.safe
        }
        return {pair: count for pair, count in served.items() if pair in unsafe}


def _was_sent(request: dict[str, Any]) -> bool:
    return not request["error"].startswith(NOT_SENT)


def _name(live: Any) -> str:
    return f"{live.service}@{live.version}"


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Whole lines only: the last one may be in the middle of being written."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)
