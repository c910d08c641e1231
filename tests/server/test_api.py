"""The API as a client meets it: what it asks for, what it answers, and in which words it refuses."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.service import RetryConfig
from tests.server.conftest import TOKEN
from tests.temporal.harness import GATED, Scene, chain

from tidegate.actuators.memory import Fault, Verb
from tidegate.core.errors import Problem, Unavailable
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Action
from tidegate.core.rollout.state import StepStatus
from tidegate.server.door import MOST_BYTES
from tidegate.server.service import RolloutService
from tidegate.temporal import client as temporal_client
from tidegate.temporal.client import Cluster, connect
from tidegate.temporal.embedded import EmbeddedTemporal
from tidegate.temporal.forms import PLAN_FORM
from tidegate.temporal.state_dir import StateDir

pytestmark = pytest.mark.real

BEGIN = {"plan": PLAN_FORM.dump_python(chain("web", "ledger"), mode="json"), "by": "ann"}
WHY = {"by": "ann", "reason": "because"}


def problem(answer: httpx.Response) -> tuple[int, list[str]]:
    """Every refusal has this one form; its status and its problems."""
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert document == {
        "type": "about:blank",
        "title": document["title"],
        "status": answer.status_code,
        "detail": "\n".join(document["problems"]),
        "problems": document["problems"],
    }
    return answer.status_code, document["problems"]


async def begun(http: httpx.AsyncClient, plan: Plan) -> str:
    body = {**BEGIN, "plan": PLAN_FORM.dump_python(plan, mode="json")}
    answer = await http.post("/v1/rollouts", json=body)
    assert answer.status_code == 201, answer.text
    id_: str = answer.json()["id"]
    return id_


# The door


async def test_health_is_open_to_all(http: httpx.AsyncClient) -> None:
    answer = await http.get("/health", headers={"Authorization": ""})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer \u00fc"])
async def test_the_token_is_needed(http: httpx.AsyncClient, given: str) -> None:
    answer = await http.get("/v1/rollouts", headers={b"Authorization": given.encode()})
    assert problem(answer) == (401, ["the token of the state directory is needed"])
    assert answer.headers["www-authenticate"] == "Bearer"


async def unread() -> AsyncIterator[bytes]:
    """A body that must not be read."""
    if TOKEN:
        raise AssertionError("the body was read")
    yield b""


async def test_strangers_learn_nothing_and_their_bodies_are_not_read(http: httpx.AsyncClient) -> None:
    """Not even what exists; nor may they fill the memory."""

    for path in ("/", "/v1/none", "/openapi.json"):
        assert (await http.get(path, headers={"Authorization": ""})).status_code == 401
    answer = await http.post("/v1/rollouts", headers={"Authorization": ""}, content=unread())
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "headers", [{"Content-Length": str(MOST_BYTES + 1)}, {"Content-Length": "many"}, {}], ids=str
)
async def test_a_body_of_unknown_or_excessive_length_is_not_read(
    http: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await http.post("/v1/rollouts", headers=headers, content=unread())
    status, (message,) = problem(answer)
    assert (status, "at most 33554432 bytes" in message) == (413, True)


async def test_what_does_not_exist_is_said_in_the_same_form(http: httpx.AsyncClient) -> None:
    assert problem(await http.get("/v1/none")) == (404, ["Not Found"])
    assert problem(await http.delete("/v1/rollouts")) == (405, ["Method Not Allowed"])


# Input


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in BEGIN.items() if name != key}


def with_step(**fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(json.dumps(BEGIN))
    body["plan"]["steps"][0] |= fields
    return body


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({**BEGIN, "hurry": True}, ["hurry: Extra inputs are not permitted"]),
        (without("by"), ["by: Field required"]),
        ({**BEGIN, "by": ""}, ["by: String should have at least 1 character"]),
        (with_step(colour="red"), ["plan.steps.0.colour: Unexpected keyword argument"]),
        ({}, ["plan: Field required", "by: Field required"]),
        ([], ["body: Input should be a valid dictionary or object to extract fields from"]),
    ],
)
async def test_a_body_that_is_not_as_it_should_be_gets_every_problem(
    http: httpx.AsyncClient, body: object, problems: list[str]
) -> None:
    assert problem(await http.post("/v1/rollouts", json=body)) == (422, problems)


async def test_a_body_that_is_no_json_is_said_to_be_none(http: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await http.post("/v1/rollouts", content=b"{", headers=headers)
    assert problem(answer) == (422, ["1: JSON decode error"])


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("", "reason: String should have at least 1 character"),
        ("  ", "reason: String should match pattern '\\S'"),
        ("x" * 2001, "reason: String should have at most 2000 characters"),
    ],
)
async def test_a_reason_is_needed_and_bounded(http: httpx.AsyncClient, reason: str, message: str) -> None:
    answer = await http.post("/v1/rollouts/r/pause", json={"by": "ann", "reason": reason})
    assert problem(answer) == (422, [message])


async def test_an_unknown_operation_names_the_known_ones(http: httpx.AsyncClient) -> None:
    status, (message,) = problem(await http.post("/v1/rollouts/r/explode", json=WHY))
    assert status == 422
    assert message == (
        "path.operation: Input should be 'pause', 'resume', 'promote', 'abort', 'rollback' or 'approve'"
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/rollouts/none"), ("GET", "/v1/rollouts/none/journal"), ("POST", "/v1/rollouts/none/abort")],
)
async def test_an_unknown_rollout(http: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await http.request(method, path, json=WHY if method == "POST" else None)
    assert problem(answer) == (404, ["there is no rollout 'none' (see `tidegate rollouts`)"])


# Rollouts


async def test_a_rollout_is_begun_shown_listed_and_journaled(scene: Scene, http: httpx.AsyncClient) -> None:
    async with scene.worker():
        id_ = await begun(http, chain("web", "ledger"))
        await scene.handle(scene.store.rollouts()[0].id).result()
        shown = (await http.get(f"/v1/rollouts/{id_}")).json()
        (line,) = (await http.get("/v1/rollouts")).json()
        journal = (await http.get(f"/v1/rollouts/{id_}/journal")).json()
    assert (shown["phase"], shown["waiting"]) == ("completed", [])
    assert [[step["id"] for step in wave] for wave in shown["waves"]][:2] == [
        ["deploy/ledger"],
        ["expose/ledger"],
    ]
    assert line == {
        "id": id_,
        "change": "the-change",
        "environment": "imagined",
        "phase": "completed",
        "requester": "ann",
        "started_at": shown["started_at"],
        "ended_at": shown["ended_at"],
        "headline": f"{id_} is completed, 7 of 7 steps done",
    }
    assert [(journal[0]["actor"], journal[0]["kind"]), journal[-1]["kind"]] == [("ann", "begun"), "ended"]


async def test_operations_answer_with_the_rollout_or_with_the_machines_reason(
    scene: Scene, http: httpx.AsyncClient
) -> None:
    scene.users.requests = 0
    async with scene.worker():
        id_ = await begun(http, chain("ledger", strategy=GATED))
        rollout = scene.store.rollouts()[0].id
        await scene.until_status(rollout, "expose/ledger", StepStatus.JUDGING)

        async def operate(operation: str, **more: str) -> httpx.Response:
            return await http.post(f"/v1/rollouts/{id_}/{operation}", json={**WHY, **more})

        assert (await operate("pause")).json()["phase"] == "paused"
        assert problem(await operate("promote")) == (
            409,
            ["cannot promote while the rollout is paused; possible now: resume, abort, rollback, approve"],
        )
        assert problem(await operate("resume", step="expose/ledger")) == (
            422,
            ["resume concerns the whole rollout, not one step"],
        )
        assert problem(await operate("resume", owner="shop")) == (422, ["resume is not done for an owner"])
        names = "an approval names its step and the owner that approves"
        assert problem(await operate("approve", step="expose/ledger")) == (422, [names])
        assert problem(await operate("approve", step="expose/ledger", owner="shop")) == (
            409,
            ["expose/ledger needs nobody's approval"],
        )
        assert (await operate("resume")).json()["phase"] == "running"
        assert problem(await operate("rollback", step="expose/none"))[0] == 409
        assert (await operate("promote", step="expose/ledger")).status_code == 200
        assert (await operate("rollback")).json()["phase"] == "undoing"
        await scene.handle(rollout).result()
        status, (message,) = problem(await operate("abort"))
        assert (status, message.startswith(f"rollout {id_} has ended (rolled_back)")) == (409, True)
    noted = [(entry.actor, entry.kind, entry.summary) for entry in scene.store.journal(rollout)]
    kinds = [kind for actor, kind, summary in noted if (actor, summary) == ("ann", "because")]
    assert kinds == ["pause", "resume", "promote", "rollback"]


async def test_a_gate_at_work_shows_its_newest_look(scene: Scene, http: httpx.AsyncClient) -> None:
    scene.users.requests = 0
    async with scene.worker():
        id_ = await begun(http, chain("ledger", strategy=GATED))
        rollout = scene.store.rollouts()[0].id
        await scene.until_status(rollout, "expose/ledger", StepStatus.JUDGING)
        await scene.until(rollout, lambda _: bool(scene.looks.of(rollout)))
        shown = (await http.get(f"/v1/rollouts/{id_}")).json()
        await http.post(f"/v1/rollouts/{id_}/abort", json=WHY)
        await scene.handle(rollout).result()
    (step,) = shown["waves"][1]
    assert (step["status"], step["evidence"]["outcome"]) == ("judging", "insufficient")
    waiting = {each["step"]: each for each in shown["waiting"]}
    assert waiting["expose/ledger"]["why"].startswith("no request has reached ledger 2.0.0")
    assert waiting["expose/ledger"]["possible"] == ["promote", "rollback"]


# What is away


async def test_a_temporal_that_is_away_is_said_with_what_next(
    scene: Scene,
    service: RolloutService,
    http: httpx.AsyncClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A rollout that was asked for meanwhile is kept, and begins once Temporal is back."""
    server = EmbeddedTemporal(StateDir.open(tmp_path / "own"))
    await server.start()
    try:
        with monkeypatch.context() as impatient:
            impatient.setattr(temporal_client, "RETRIES", RetryConfig(max_elapsed_time_millis=100))
            scene.client = await connect(Cluster(address=server.address))
        object.__setattr__(service, "rollouts", scene.rollouts)
        await server.stop()
        with monkeypatch.context() as impatient:
            impatient.setattr(temporal_client, "PATIENCE_SECONDS", 0.0)
            impatient.setattr(temporal_client, "RPC_SECONDS", timedelta(seconds=0.5))
            status, (message,) = problem(await http.post("/v1/rollouts", json=BEGIN))
            (record,) = scene.store.rollouts()
            assert status == 503
            assert message.startswith(f"rollout {record.id} is kept but not begun: Temporal did not answer")
            assert message.endswith(f"watch it with `tidegate watch {record.id}`, or abort it then)")
            status, (message,) = problem(await http.get("/v1/rollouts"))
            assert (status, "its log is temporal/server.log" in message) == (503, True)
        await server.start()
        async with scene.worker():
            (line,) = (await http.get("/v1/rollouts")).json()
            assert (line["id"], line["phase"]) == (record.id, "running")
            await scene.handle(record.id).result()
    finally:
        await server.stop()


async def test_a_world_that_does_not_answer_is_said_and_nothing_is_kept(
    scene: Scene, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unavailable(action: Action) -> tuple[Problem, ...]:
        raise Unavailable(f"no mesh is up for {action.kind}", "start it with `tidegate mesh up`")

    monkeypatch.setattr(scene.actuator, "validate", unavailable)
    answer = await http.post("/v1/rollouts", json=BEGIN)
    assert problem(answer) == (503, ["no mesh is up for deploy (start it with `tidegate mesh up`)"])
    assert scene.store.rollouts() == ()


async def test_steps_that_are_not_possible_are_all_told_and_nothing_is_kept(
    scene: Scene, http: httpx.AsyncClient
) -> None:
    scene.actuator.fail(
        Fault(verb=Verb.VALIDATE, kind="deploy", times=2, message="no such artifact"),
        Fault(verb=Verb.VALIDATE, subject="web", kind="retire", message="it is pinned"),
    )
    assert problem(await http.post("/v1/rollouts", json=BEGIN)) == (
        422,
        ["deploy/web: no such artifact", "retire/web: it is pinned", "deploy/ledger: no such artifact"],
    )
    assert (scene.store.rollouts(), scene.store.journal(), scene.deeds()) == ((), (), [])


async def test_a_defect_of_ours_is_said_to_be_one(
    service: RolloutService, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(service.store, "rollouts", broken)
    assert problem(await http.get("/v1/rollouts")) == (
        500,
        ["ZeroDivisionError: what tidegate up printed tells where"],
    )
