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

from tidegate.core.ids import RolloutId
from tidegate.core.plan.steps import Step

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
    """Judge a stage of a step that began at `began_at`, in seconds since 1970, in a rollout begun at `started_at`."""

    rollout: RolloutId
    step: Step
    stage: int
    attempt: int
    began_at: float
    started_at: float = 0.0


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
