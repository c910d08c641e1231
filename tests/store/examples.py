"""Records to keep."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tidegate.core.ids import RolloutId, StepId
from tidegate.store.records import Entry, EvidenceRecord, RolloutRecord

NOON = datetime(2026, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)
R1, R2, S1, S2 = RolloutId("r-1"), RolloutId("r-2"), StepId("cart"), StepId("pay")


def rollout(id_: RolloutId = R1, **changes: Any) -> RolloutRecord:
    record = RolloutRecord(
        id=id_,
        change="checkout-v2",
        environment="local",
        phase="running",
        created=NOON,
        requester="ada",
        plan={"steps": [{"id": "cart", "exposure": 0.05}], "text": "köln ☂"},
    )
    return replace(record, **changes)


def look(sequence: int, step: StepId = S1) -> EvidenceRecord:
    batch = {"cart@2.0.0": {"requests": 10, "bad": 1}}
    return EvidenceRecord(rollout=R1, step=step, sequence=sequence, at=NOON, stage=0, batch=batch)


def entry(key: str, **changes: Any) -> Entry:
    detail = {"evidence": [1, 2.5, None], "note": "köln"}
    record = Entry(
        at=NOON, actor="ada", kind="paused", subject="cart", summary="a", key=key, rollout=R1, detail=detail
    )
    return replace(record, **changes)


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.sqlite'}"
