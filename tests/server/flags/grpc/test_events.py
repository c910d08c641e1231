"""Which flags have changed: all of them at first, and then those that have."""

from typing import Any

import grpc.aio
import pytest
from google.protobuf.json_format import MessageToDict
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2 as v1
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2_grpc as v1_grpc
from openfeature.schemas.protobuf.flagd.evaluation.v2 import evaluation_pb2 as v2
from openfeature.schemas.protobuf.flagd.evaluation.v2 import evaluation_pb2_grpc as v2_grpc
from tests.server.flags.served import Served, checkout, flag_set

from tidegate.server.flags.grpc import events


async def told(stream: Any) -> tuple[str, Any]:
    event = MessageToDict(await stream.read())
    return event["type"], event["data"]


@pytest.mark.parametrize(("messages", "stubs"), [(v1, v1_grpc), (v2, v2_grpc)])
async def test_changes_are_told(channel: grpc.aio.Channel, served: Served, messages: Any, stubs: Any) -> None:
    stream = stubs.ServiceStub(channel).EventStream(messages.EventStreamRequest())
    assert await told(stream) == ("provider_ready", {})
    assert await told(stream) == ("configuration_change", {"flags": {"checkout": {"type": "write"}}})
    await served.replace(flag_set(checkout("off"), flagSetId="shop"))
    assert await told(stream) == ("configuration_change", {"flags": {"checkout": {"type": "update"}}})
    await served.replace(flag_set(flagSetId="shop"))
    assert await told(stream) == ("configuration_change", {"flags": {"checkout": {"type": "delete"}}})


async def test_many_are_told_the_same(channel: grpc.aio.Channel, served: Served) -> None:
    streams = [v2_grpc.ServiceStub(channel).EventStream(v2.EventStreamRequest()) for _ in range(3)]
    for stream in streams:
        await told(stream), await told(stream)
    await served.replace(flag_set(checkout("off"), flagSetId="shop"))
    update = ("configuration_change", {"flags": {"checkout": {"type": "update"}}})
    assert [await told(stream) for stream in streams] == [update] * 3


async def test_a_stream_without_news_is_kept_alive(
    channel: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "KEEP_ALIVE_SECONDS", 0.01)
    stream = v2_grpc.ServiceStub(channel).EventStream(v2.EventStreamRequest())
    told_first = [await told(stream) for _ in range(4)]
    assert [kind for kind, _ in told_first] == [
        "provider_ready",
        "configuration_change",
        "keep_alive",
        "keep_alive",
    ]
