"""`tidegate flags off` and `on`, as a shell sees them: by a server where one answers, else in the store."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.flags.desks import BASE, REFUND
from tests.server.flags.switching import TOKEN, switches_of

from tidegate.cli import main
from tidegate.flags.desk import FlagDesk
from tidegate.server.running import listen, server_of
from tidegate.store.database import Store
from tidegate.temporal.state_dir import ApiAddress, StateDir


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[FlagDesk]:
    """Flags that are served from a state directory; afterwards its address stands there still, as after a crash."""
    state, listener = StateDir.open(folder), listen(0)
    store = Store.open(state.store_url)
    desk = await FlagDesk.open(store.flags, BASE, lambda: 0.0)
    serving = asyncio.create_task(server_of(switches_of(desk, store)).serve_until_cancelled(listener))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    state.publish_flags(ApiAddress(url=url, token=TOKEN, pid=os.getpid()))
    try:
        yield desk
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        listener.close()
        desk.close()
        store.close()


class Shell:
    """Runs `main` in this process."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._folder, self._monkeypatch, self._capsys = folder, monkeypatch, capsys
        monkeypatch.setenv("LOGNAME", "ada")

    async def run(self, *arguments: str) -> tuple[object, str, str]:
        """The exit code, and what was printed on standard output and on standard error."""
        argv = ["tidegate", "flags", *arguments, "--state-dir", str(self._folder)]
        self._monkeypatch.setattr(sys, "argv", argv)
        code = await asyncio.to_thread(self._code)
        return (code, *self._capsys.readouterr())

    def _code(self) -> object:
        try:
            main()
        except SystemExit as stopped:
            return stopped.code
        return 0


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path / "state", monkeypatch, capsys)


async def test_where_flags_are_served_the_server_switches(shell: Shell, tmp_path: Path) -> None:
    async with served(tmp_path / "state") as desk:
        assert await shell.run("off", "refund", "--reason", "twice") == (
            0,
            "refund is off for everyone\n",
            "",
        )
        assert desk.served().flags.flags[REFUND].metadata["switchedOff"] == "ada: twice"
        told = "refund is served again as defined and exposed\n"
        assert await shell.run("on", "refund", "--reason", "mended") == (0, told, "")
        assert desk.served().flags == BASE
        no_such = "flag 'refunds' is not defined here (did you mean 'refund'?)\n"
        assert await shell.run("off", "refunds", "--reason", "twice") == (2, "", no_such)


async def test_where_nobody_answers_it_is_kept_and_in_effect_once_flags_are_served(
    shell: Shell, tmp_path: Path
) -> None:
    state = StateDir(tmp_path / "state")
    async with served(state.path):
        url = state.flags().url
    kept = f"it is kept in {state.store_url}, and in effect where flags are served from it"
    silent = f"tidegate at {url} does not answer: ConnectError"
    told = f"refund is off for everyone\n{silent}; {kept}\n"
    assert await shell.run("off", "refund", "--reason", "twice") == (0, told, "")
    async with served(state.path) as desk:
        assert desk.served().flags.flags[REFUND].metadata["switchedOff"] == "ada: twice"


async def test_a_store_that_somebody_serves_from_elsewhere_is_named(shell: Shell, tmp_path: Path) -> None:
    state, store = StateDir.open(tmp_path / "state"), f"sqlite:///{tmp_path / 'other.sqlite'}"
    opened = Store.open(store)
    opened.flags.set_base(BASE)
    opened.close()
    found = await shell.run("off", "refund", "--reason", "twice", "--store", store)
    silent = f"no flags are served from {state.path}"
    kept = f"it is kept in {store}, and in effect where flags are served from it"
    assert found == (0, f"refund is off for everyone\n{silent}; {kept}\n", "")


@pytest.mark.parametrize("made", [False, True], ids=["no store", "a store without flags"])
async def test_where_no_flags_were_ever_served_nothing_is_kept(
    shell: Shell, tmp_path: Path, made: bool
) -> None:
    state = StateDir.open(tmp_path / "state")
    if made:
        Store.open(state.store_url).close()
    told = (
        f"no flags are served from {state.path}, and no flags were ever served from {state.store_url}"
        " (name the --state-dir, or the --store, of the tidegate that serves the flag)\n"
    )
    assert await shell.run("off", "refund", "--reason", "twice") == (2, "", told)
    assert state.store_file.exists() == made


async def test_a_flag_of_another_system_needs_the_server(shell: Shell, tmp_path: Path) -> None:
    StateDir.open(tmp_path / "state")
    code, out, _ = await shell.run("off", "refund", "--reason", "twice", "--system", "unleash")
    assert (code, out) == (3, "")


async def test_a_reason_is_needed(shell: Shell) -> None:
    code, out, told = await shell.run("off", "refund", "--reason", " ")
    assert (code, out) == (2, "")
    assert "say why, in at most 2000 characters" in told


def test_whoever_switches_does_not_wait_for_what_other_commands_import() -> None:
    wanted = "{'fastapi', 'sqlalchemy', 'temporalio', 'numpy'}"
    script = f"import sys, tidegate.cli.flags_switch; print({wanted} & sys.modules.keys() or 'none')"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "none\n"
