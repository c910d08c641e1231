"""One flag, or all of them, for one context, with the statuses that flagd's providers read errors from."""

from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.json_format import MessageToDict
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2 as v1
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2_grpc as v1_grpc
from openfeature.schemas.protobuf.flagd.evaluation.v2 import evaluation_pb2 as v2
from openfeature.schemas.protobuf.flagd.evaluation.v2 import evaluation_pb2_grpc as v2_grpc
from tests.server.flags.served import Served, flag_set

from tidegate.core.flags.definitions import Flag, Json
from tidegate.core.ids import FlagKey
from tidegate.server.flags.grpc.structs import struct


def flag(
    key: str, *values: Json, targeting: dict[str, Json] | None = None, default: str | None = "v0"
) -> Flag:
    variants = {f"v{at}": value for at, value in enumerate(values)}
    return Flag(key=FlagKey(key), variants=variants, targeting=targeting or {}, default=default)


ADULT: dict[str, Json] = {"if": [{"===": [{"var": "age"}, 18]}, "v1", "v0"]}
NOWHERE: dict[str, Json] = {"if": [True, "nowhere"]}

FLAGS = flag_set(
    flag("boolean", False, True, targeting=ADULT),
    flag("text", "", "long"),
    flag("whole", 0, 7),
    flag("number", 0.5, 1.5),
    flag("object", {"a": [1, None, True]}),
    flag("list", [1, 2]),
    flag("huge", 1 << 70),
    flag("unset", True, default=None),
    flag("broken", True, targeting=NOWHERE),
    owner="shop",
)


@pytest.fixture
def served() -> Served:
    return Served(FLAGS)


Version = tuple[Any, Any]
V1: Version = (v1, v1_grpc)
V2: Version = (v2, v2_grpc)
VERSIONS = pytest.mark.parametrize("version", [pytest.param(V1, id="v1"), pytest.param(V2, id="v2")])


async def resolve(channel: grpc.aio.Channel, version: Version, kind: str, key: str, **context: Json) -> Any:
    messages, stubs = version
    request = getattr(messages, f"Resolve{kind}Request")(flag_key=key, context=struct(context))
    return await getattr(stubs.ServiceStub(channel), f"Resolve{kind}")(request)


@VERSIONS
@pytest.mark.parametrize(
    ("kind", "key", "context", "answer"),
    [
        ("Boolean", "boolean", {}, (False, "v0", "TARGETING_MATCH")),
        ("Boolean", "boolean", {"age": 18}, (True, "v1", "TARGETING_MATCH")),
        ("Boolean", "unset", {}, (False, "", "DEFAULT")),
        ("String", "text", {}, ("", "v0", "STATIC")),
        ("Int", "whole", {}, (0, "v0", "STATIC")),
        ("Float", "number", {}, (0.5, "v0", "STATIC")),
    ],
)
async def test_a_flag_is_resolved(
    channel: grpc.aio.Channel,
    version: Version,
    *,
    kind: str,
    key: str,
    context: dict[str, Json],
    answer: tuple[Json, str, str],
) -> None:
    found = await resolve(channel, version, kind, key, **context)
    assert (found.value, found.variant, found.reason) == answer
    assert dict(found.metadata) == {"owner": "shop"}


async def test_what_was_evaluated_is_noted(channel: grpc.aio.Channel, served: Served) -> None:
    await resolve(channel, V1, "Boolean", "boolean")
    await resolve(channel, V2, "Boolean", "unset")
    assert served.evaluations == [("boolean", "v0"), ("unset", None)]


@VERSIONS
async def test_an_object_is_resolved(channel: grpc.aio.Channel, version: Version) -> None:
    answer = await resolve(channel, version, "Object", "object")
    assert MessageToDict(answer.value) == {"a": [1, None, True]}


async def test_the_second_version_tells_false_from_nothing(channel: grpc.aio.Channel) -> None:
    found = await resolve(channel, V2, "Boolean", "boolean")
    unset = await resolve(channel, V2, "Boolean", "unset")
    assert [found.HasField("value"), unset.HasField("value"), unset.HasField("variant")] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("kind", "key", "code"),
    [
        ("Boolean", "nobody-knows", grpc.StatusCode.NOT_FOUND),
        ("Boolean", "text", grpc.StatusCode.INVALID_ARGUMENT),
        ("Int", "boolean", grpc.StatusCode.INVALID_ARGUMENT),
        ("Object", "list", grpc.StatusCode.INVALID_ARGUMENT),
        ("Int", "huge", grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
async def test_what_cannot_be_resolved_has_the_status_of_its_error(
    channel: grpc.aio.Channel, kind: str, key: str, code: grpc.StatusCode
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await resolve(channel, V1, kind, key)
    assert error.value.code() is code
    assert error.value.details()


async def test_all_that_have_a_value_are_resolved_together(channel: grpc.aio.Channel) -> None:
    request = v1.ResolveAllRequest(context=struct({"age": 18}))
    answer = await v1_grpc.ServiceStub(channel).ResolveAll(request)
    flags = {key: (one.WhichOneof("value"), one.variant) for key, one in answer.flags.items()}
    assert flags == {
        "boolean": ("bool_value", "v1"),
        "text": ("string_value", "v0"),
        "whole": ("double_value", "v0"),
        "number": ("double_value", "v0"),
        "object": ("object_value", "v0"),
        "huge": ("double_value", "v0"),
    }
    assert dict(answer.metadata) == {"owner": "shop"}
