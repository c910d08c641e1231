"""A version answers, calls and fails as its file says; here front calls back without anything between them."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from tidegate.demo.attached import Flags, NoFlags
from tidegate.demo.service import Service, application

Answer = tuple[int, dict[str, str]]


def service(
    name: str,
    endpoint: Mapping[str, Any],
    faults: list[dict[str, Any]],
    egress: int = 0,
    flags: Flags | None = None,
) -> Service:
    behaviour = {"endpoints": {"/do": endpoint}, "faults": faults}
    about = {"service": name, "version": "1.0.0", "digest": "", "egress": egress}
    return Service({**about, "behaviour": behaviour}, flags)


def calling(**more: Any) -> dict[str, Any]:
    return {
        "answers": ["page", "price"],
        "calls": [{"service": "back", "path": "/do", "sends": ["amount"], **more}],
    }


@asynccontextmanager
async def pair(
    call: Mapping[str, Any],
    back: Mapping[str, Any],
    *,
    front_faults: list[dict[str, Any]],
    back_faults: list[dict[str, Any]],
) -> AsyncIterator[tuple[TestClient[Request, Application], Service]]:
    behind = service("back", back, back_faults)
    async with TestServer(application(behind)) as server:
        front = service("front", call, front_faults, egress=server.port or 0)
        async with TestClient(TestServer(application(front))) as client:
            yield client, behind


EMPTIES_AMOUNT = [{"empties": ["amount"]}]
EMPTIES_PRICE = [{"empties": ["price"]}]
FAILS = [{"errorRate": 1.0}]
CHECKS = {"requires": ["amount"], "checks": ["amount"], "answers": ["price"]}
LAX = {"requires": ["amount"], "answers": ["price"]}


@pytest.mark.parametrize(
    ("call", "back", "faults", "expected"),
    [
        (calling(), LAX, ([], []), (200, {"page": "page", "price": "price"})),
        (
            calling(),
            CHECKS,
            (EMPTIES_AMOUNT, []),
            (
                502,
                {
                    "error": "front@1.0.0: back@1.0.0 answered 400: back@1.0.0: the request has no value in amount"
                },
            ),
        ),
        (calling(), LAX, (EMPTIES_AMOUNT, []), (200, {"page": "page", "price": "price"})),
        (calling(), LAX, ([], EMPTIES_PRICE), (200, {"page": "page", "price": None})),
        (
            calling(checks=["price"]),
            LAX,
            ([], EMPTIES_PRICE),
            (502, {"error": "front@1.0.0: back@1.0.0 answered with no value in price"}),
        ),
        (
            calling(),
            LAX,
            ([], FAILS),
            (502, {"error": "front@1.0.0: back@1.0.0 answered 500: back@1.0.0: failed"}),
        ),
        (calling(optional=True), LAX, ([], FAILS), (200, {"page": "page", "price": "price"})),
    ],
)
async def test_what_comes_of_a_request(
    call: Mapping[str, Any],
    back: Mapping[str, Any],
    faults: tuple[list[dict[str, Any]], list[dict[str, Any]]],
    expected: Answer,
) -> None:
    async with pair(call, back, front_faults=faults[0], back_faults=faults[1]) as (client, _):
        response = await client.get("/do")
        assert (response.status, await response.json()) == expected


@pytest.mark.parametrize(("retries", "asked"), [(0, 1), (3, 4)])
async def test_a_call_is_made_again_as_often_as_is_written(retries: int, asked: int) -> None:
    async with pair(calling(retries=retries), LAX, front_faults=[], back_faults=FAILS) as (client, behind):
        assert (await client.get("/do")).status == 502
        assert behind.requests == asked


async def test_requests_are_counted_as_they_come_for_who_is_busy() -> None:
    """Three requests within a second are one more than it can bear."""
    busy = [{"errorRate": 1.0, "when": {"rate": 2}}]
    async with pair(calling(), LAX, front_faults=[], back_faults=busy) as (client, _):
        assert [(await client.get("/do")).status for _ in range(3)] == [200, 200, 502]


class ForAnn(NoFlags):
    """A flag that is on for one user."""

    def on(self, user: str, _traceparent: str) -> Collection[str]:
        return ["new-page"] if user == "ann" else []


async def test_a_fault_strikes_the_users_of_a_flag() -> None:
    fails = [{"errorRate": 1.0, "when": {"flag": "new-page"}}]
    answering = service("front", {"answers": ["page"]}, fails, flags=ForAnn())
    async with TestClient(TestServer(application(answering))) as client:
        answers = [await client.post("/do", headers={"x-user": user}) for user in ("ann", "bob", "")]
        assert [answer.status for answer in answers] == [500, 200, 200]
