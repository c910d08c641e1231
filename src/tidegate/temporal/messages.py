"""What crosses Temporal beside the rollout itself: the orders for its activities.

Everything is JSON by Temporal's own converter, compressed, so that the plan of a thousand services stays far
below the size at which the server refuses a payload.
"""

import dataclasses
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter, PayloadCodec

from tidegate.core.gates.evidence import Batch, Tally
from tidegate.core.ids import RolloutId, ServiceName, StepId
from tidegate.core.plan.steps import Exposing, Step
from tidegate.core.rollout.isolation import Isolation

TASK_QUEUE = "tidegate"


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectOrder:
    """Bring a step to a stage, or back; `attempt` names the effect, however often it is repeated."""

    rollout: RolloutId
    step: Step
    stage: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeOrder:
    """Judge a stage of a step that began at `began_at`, in seconds since 1970, in a rollout begun at `started_at`.

    Only evidence from `evidence_from` on counts. `live` are the services whose releases are live beside it, by whose
    versions journeys are told apart.
    """

    rollout: RolloutId
    step: Step
    stage: int
    attempt: int
    began_at: float
    started_at: float = 0.0
    evidence_from: float = 0.0
    live: tuple[ServiceName, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """A release that is, or was, live while evidence was gathered, at its last exposure, a share of one.

    `design_effect` is how much its gates were told that failures come together.
    """

    step: StepId
    action: Exposing
    exposure: float
    since: float
    design_effect: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeOrder:
    """Say which of the `suspects` is at fault that the gate of a step failed at `failed_at`.

    Times are in seconds since 1970; only evidence from `evidence_from` on counts. After `patience` seconds the answer
    is what is known then.
    """

    rollout: RolloutId
    step: StepId
    suspects: tuple[Exposed, ...]
    evidence_from: float
    failed_at: float
    patience: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOrder:
    """See whether the symptom of a search is still there, as releases are switched now."""

    rollout: RolloutId
    search: Isolation
    began_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was counted of a symptom; `given_up` says why no more is waited for."""

    tally: Tally
    given_up: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What edges counted until `at`, in seconds since 1970, since the look before."""

    at: float
    batch: Batch


COMPRESSED_FROM = 4096
"""Bytes from which a payload is compressed; small ones stay readable in Temporal's own tools."""


class Compression(PayloadCodec):
    """Compresses large payloads with zlib."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each payload, smaller where that helps."""
        return [_compressed(p) if p.ByteSize() >= COMPRESSED_FROM else p for p in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """The payloads as they were."""
        return [_decompressed(p) if p.metadata.get("encoding") == _ENCODING else p for p in payloads]


_ENCODING = b"binary/zlib"


def _compressed(payload: Payload) -> Payload:
    return Payload(metadata={"encoding": _ENCODING}, data=zlib.compress(payload.SerializeToString()))


def _decompressed(payload: Payload) -> Payload:
    return Payload.FromString(zlib.decompress(payload.data))


CONVERTER = dataclasses.replace(DataConverter.default, payload_codec=Compression())
