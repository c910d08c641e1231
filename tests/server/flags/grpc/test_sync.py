"""The whole set goes to those who evaluate in process, at once and after each change."""

import json
from typing import Any

import grpc
import grpc.aio
import pytest
from openfeature.schemas.protobuf.flagd.sync.v1 import sync_pb2_grpc
from openfeature.schemas.protobuf.flagd.sync.v1.sync_pb2 import (
    FetchAllFlagsRequest,
    GetMetadataRequest,
    GetMetadataResponse,
    SyncFlagsRequest,
)
from tests.server.flags.served import Served, checkout, flag_set

from tidegate.server.flags.grpc import calls


def document(default: str) -> dict[str, Any]:
    flag = {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": default,
        "metadata": {"owner": "group:shop"},
    }
    return {"flags": {"checkout": flag}, "metadata": {"flagSetId": "shop"}}


@pytest.fixture
def stub(channel: grpc.aio.Channel) -> Any:
    return sync_pb2_grpc.FlagSyncServiceStub(channel)


async def test_the_set_comes_at_once_and_after_each_change(served: Served, stub: Any) -> None:
    stream = stub.SyncFlags(SyncFlagsRequest())
    first = await stream.read()
    assert (json.loads(first.flag_configuration), dict(first.sync_context)) == (document("on"), {})
    await served.replace(flag_set(checkout("off"), flagSetId="shop"))
    assert json.loads((await stream.read()).flag_configuration) == document("off")


async def test_the_set_is_fetched(stub: Any) -> None:
    answer = await stub.FetchAllFlags(FetchAllFlagsRequest())
    assert json.loads(answer.flag_configuration) == document("on")


async def test_nothing_is_added_to_contexts(stub: Any) -> None:
    answer: GetMetadataResponse = await stub.GetMetadata(GetMetadataRequest())
    assert (answer.HasField("metadata"), dict(answer.metadata)) == (True, {})


@pytest.mark.parametrize(
    ("in_message", "in_header", "told"),
    [
        ("", (), None),
        ("flagSetId=shop", (), None),
        ("", (("flagd-selector", "flagSetId=shop"),), None),
        ("flagSetId=bank", (("flagd-selector", "flagSetId=shop"),), None),
        ("flagSetId=bank", (), "selector 'flagSetId=bank' names another set than the one"),
        ("", (("flagd-selector", "flags.json"),), "selector 'flags.json' names another set"),
    ],
)
async def test_who_selects_another_set_is_told_that_one_is_served(
    stub: Any,
    in_message: str,
    in_header: tuple[tuple[str, str], ...],
    told: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "REFUSED_SECONDS", 0.0)
    fetched = stub.FetchAllFlags(FetchAllFlagsRequest(selector=in_message), metadata=in_header)
    synced = stub.SyncFlags(SyncFlagsRequest(selector=in_message), metadata=in_header).read()
    for call in (fetched, synced):
        if told is None:
            assert json.loads((await call).flag_configuration) == document("on")
        else:
            with pytest.raises(grpc.aio.AioRpcError, match=told) as refused:
                await call
            assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
