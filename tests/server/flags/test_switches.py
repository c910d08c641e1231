"""Flags are switched and shown over the API by whoever has its token."""

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.flags.desks import BASE, BASKET, NOW, REFUND, boolean, desk_in, store_url, token

from tidegate.core.flags.definitions import FlagSet
from tidegate.core.flags.serving import Exposure
from tidegate.core.ids import FlagKey
from tidegate.flags.desk import FlagDesk
from tidegate.flags.switching import Request
from tidegate.store.database import Store

from .switching import TOKEN, switches_of

SLASHED = FlagKey("shop/new cart?")
WHY = {"by": "ada", "reason": "twice"}
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class Scene:
    """A desk, what asks its switches, and what was contained."""

    def __init__(self, desk: FlagDesk, store: Store) -> None:
        self.desk = desk
        self.contained: list[Request] = []
        transport = httpx.ASGITransport(switches_of(desk, store, self._contain))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://here", headers=HEADERS)

    async def _contain(self, request: Request) -> None:
        self.contained.append(request)

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        answer = await self.http.post(path, json=body)
        return answer.status_code, answer.json()

    async def get(self, path: str) -> tuple[int, Any]:
        answer = await self.http.get(path)
        return answer.status_code, answer.json()


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    base = FlagSet(flags={**BASE.flags, SLASHED: boolean(SLASHED)})
    with closing(Store.open(store_url(tmp_path))) as store:
        async with desk_in(tmp_path, base) as desk:
            made = Scene(desk, store)
            yield made
            await made.http.aclose()


async def test_off_is_in_effect_when_it_is_answered_and_contained_after(scene: Scene) -> None:
    found = await scene.post("/v1/flags/refund/off", WHY)
    assert found == (200, {"flag": "refund", "summary": "refund is off for everyone"})
    assert scene.desk.served().flags.flags[REFUND].metadata["switchedOff"] == "ada: twice"
    (contained,) = scene.contained
    assert (contained.flag, contained.by, contained.reason) == ("refund", "ada", "twice")


async def test_on_lifts_it_and_contains_nothing(scene: Scene) -> None:
    await scene.post("/v1/flags/refund/off", WHY)
    found = await scene.post("/v1/flags/refund/on", WHY)
    told = "refund is served again as defined and exposed"
    assert found == (200, {"flag": "refund", "summary": told})
    assert "switchedOff" not in scene.desk.served().flags.flags[REFUND].metadata
    assert len(scene.contained) == 1


async def test_any_key_can_be_named(scene: Scene) -> None:
    path = "/v1/flags/shop%2Fnew%20cart%3F"
    assert (await scene.post(f"{path}/off", WHY))[0] == 200
    assert (await scene.get(path))[1]["switch"]["reason"] == "twice"


@pytest.mark.parametrize(
    ("path", "body", "status", "problem"),
    [
        ("refunds/off", WHY, 404, "flag 'refunds' is not defined here (did you mean 'refund'?)"),
        ("refund/on", WHY, 422, "flag 'refund' is not switched off"),
        ("refund/off", {"by": "ada", "reason": " "}, 422, r"reason: String should match pattern '\S'"),
        ("refund/off", {"by": "ada"}, 422, "reason: Field required"),
        ("refund/off", {**WHY, "step": "x"}, 422, "step: Extra inputs are not permitted"),
        (
            "refund/off",
            {**WHY, "system": "unleash"},
            422,
            "no flag system 'unleash' is known here (name none for a flag that tidegate serves)",
        ),
    ],
)
async def test_what_cannot_be_is_said_and_switches_nothing(
    scene: Scene, path: str, body: Any, status: int, problem: str
) -> None:
    before = scene.desk.served()
    found, answer = await scene.post(f"/v1/flags/{path}", body)
    assert (found, answer["problems"]) == (status, [problem])
    assert (scene.desk.served(), scene.contained) == (before, [])


async def test_without_the_token_nothing_is_switched(scene: Scene) -> None:
    answer = await scene.http.post("/v1/flags/refund/off", json=WHY, headers={"Authorization": "Bearer x"})
    assert answer.status_code == 401
    assert "switchedOff" not in scene.desk.served().flags.flags[REFUND].metadata


async def test_flags_are_shown_as_they_stand_and_removed_ones_are_not(scene: Scene) -> None:
    exposure = Exposure(
        rollout=token().rollout, step=token().step, flag=REFUND, variant="on", share=0.25, salt="r-1"
    )
    await scene.desk.change(lambda store: store.expose(exposure, token(), "on"))
    await scene.desk.change(lambda store: store.remove(SLASHED, token(step="removal"), None))
    scene.desk.evaluated(BASKET, "off")
    _, everything = await scene.get("/v1/flags")
    shown = {flag["key"]: (flag["exposure"], flag["evaluated"]) for flag in everything["flags"]}
    assert shown == {"basket": (0.0, NOW), "refund": (0.25, None)}
    assert await scene.get("/v1/flags/refund") == (200, everything["flags"][1])
    status, answer = await scene.get("/v1/flags/refunds")
    assert (status, answer["problems"]) == (
        404,
        ["flag 'refunds' is not defined here (did you mean 'refund'?)"],
    )
