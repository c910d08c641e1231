"""A user's own commands behind the four verbs: whatever can be run can be a step.

What a command may rely on:

* It is run from an argument list, never through a shell, in the working directory and environment of
  `tidegate up`, with nothing to read on its standard input. Exit code 0 means done.
* `TIDEGATE_ROLLOUT`, `TIDEGATE_STEP` and `TIDEGATE_ATTEMPT` tell `apply` and `revert` for whom they run.
  `TIDEGATE_IDEMPOTENCY_KEY` stays the same over every attempt at one effect; going back, and going forth
  again after that, are other effects with other keys.
* Success is written down before it is reported, and what succeeded is not run again. A tidegate that is killed
  before that cannot know how far the command came: it is run again, with the same key (at least once). The
  first run is waited for until its time is over, and killed then; two never run side by side.
* After `timeout` seconds, or when it is cancelled, the command's whole process group gets SIGTERM and, two
  seconds later, SIGKILL. Processes that it moved to a group of their own stay.
* The last 4 KiB of each output are kept. A process that is to stay must write elsewhere: the pipes close.

What it cannot see: `verify` is asked without a rollout, so the newest receipt of the same task counts. A task
without a `verify` command is taken at its word, and its receipt says so; being undone is always taken from
the receipt of `revert`, because a verify command asks whether the effect is there.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

from tidegate.core.errors import EffectFailed, Problem, Superseded, Unavailable
from tidegate.core.plan.steps import Action, RunTask
from tidegate.ports import Receipt, Token

GRACE_SECONDS = 2.0
"""Between SIGTERM and SIGKILL."""

KEPT_BYTES = 4096
POLL_SECONDS = 0.05
KEY = "TIDEGATE_IDEMPOTENCY_KEY"
OURS = ("TIDEGATE_ROLLOUT", "TIDEGATE_STEP", "TIDEGATE_ATTEMPT", KEY)


class Direction(StrEnum):
    """The two verbs that change the world, by the name of their command."""

    APPLY = "apply"
    REVERT = "revert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of one task in one rollout: the newest token obeyed and how far its effect came.

    `round` counts how often it went forth; `started` is when it was last run, in seconds since 1970. Only a
    tidegate that is killed leaves `running` behind. `commands` is a digest of the task's.
    """

    attempt: int
    step: str
    direction: Direction
    round: int
    started: float
    commands: str
    running: bool = False
    done: bool = False
    summary: str = ""

    def key(self, rollout: str) -> str:
        """The idempotency key of the effect, the same for every attempt at it."""
        return f"{rollout}/{self.step}/{self.direction}/{self.round}"


class ExecActuator:
    """Runs the commands of `RunTask` steps; its receipts live in `state_dir`/commands."""

    def __init__(self, state_dir: Path) -> None:
        self._root = state_dir / "commands"

    async def validate(self, action: Action) -> tuple[Problem, ...]:
        """Every command must be there; then the task's own `validate` command has its say."""
        task = _task(action)
        if problems := tuple(_problems(task)):
            return problems
        if not task.commands.validate:
            return ()
        ended = await _run(task.commands.validate, task.commands.timeout, _environment({}))
        if ended.ok:
            return ()
        return (Problem(message=f"task {task.name!r}: its validate command says no: {ended}"),)

    async def apply(self, action: Action, exposure: float, token: Token) -> Receipt:  # noqa: ARG002 - no stages
        """Run the `apply` command, unless it was done already."""
        return await self._obey(Direction.APPLY, _task(action), token)

    async def revert(self, action: Action, token: Token) -> Receipt:
        """Run the `revert` command, unless there is nothing to undo."""
        return await self._obey(Direction.REVERT, _task(action), token)

    async def verify(self, action: Action, exposure: float) -> str | None:
        """What the `verify` command, or else the newest receipt, says is missing."""
        task = _task(action)
        if exposure > 0 and task.commands.verify:
            ended = await _run(task.commands.verify, task.commands.timeout, _environment({}))
            return None if ended.ok else f"task {task.name!r}: its verify command says no: {ended}"
        newest = _Receipts(self._root, task).newest()
        applied = newest is not None and newest.direction is Direction.APPLY
        if applied == (exposure > 0) and (newest is None or newest.done):
            return None
        return f"task {task.name!r} has not been {'applied' if exposure > 0 else 'reverted'} yet"

    async def _obey(self, direction: Direction, task: RunTask, token: Token) -> Receipt:
        receipts = _Receipts(self._root, task)
        async with receipts.locked(token.rollout):
            known = receipts.load(token.rollout)
            _check_fence(known, direction, task, token)
            record = _next(known, direction, task, token)
            if not record.done:
                # Before anything is noted: a tidegate killed while it waits must find them again.
                await _wait_for_leftovers(known, task, token)
                record = await self._carry_out(receipts, record, task, token)
            receipts.save(token.rollout, record)
        return Receipt(token=token, summary=record.summary)

    async def _carry_out(self, receipts: "_Receipts", record: Record, task: RunTask, token: Token) -> Record:
        """Run the command; the record says that it is running for as long as it may be."""
        command: tuple[str, ...] = getattr(task.commands, record.direction)
        if not command:
            raise EffectFailed(f"task {task.name!r} has no {record.direction} command")
        record = replace(record, started=time.time(), running=True)
        receipts.save(token.rollout, record)
        ours = (token.rollout, token.step, str(token.attempt), record.key(token.rollout))
        environment = _environment(dict(zip(OURS, ours, strict=True)))
        try:
            ended = await _run(command, task.commands.timeout, environment)
        except BaseException:
            receipts.save(token.rollout, replace(record, running=False))
            raise
        record = replace(record, running=False, done=ended.ok, summary=f"{ended}{_trust(record, task)}")
        if not ended.ok:
            receipts.save(token.rollout, record)
            raise EffectFailed(f"task {task.name!r}: {record.direction} failed: {ended}")
        return record


def _task(action: Action) -> RunTask:
    assert isinstance(action, RunTask), f"{action.kind} is not for this actuator"
    return action


def _trust(record: Record, task: RunTask) -> str:
    if record.direction is Direction.APPLY and task.commands.verify:
        return ""
    return "; nothing verifies it, its exit code is taken for it"


def _check_fence(known: Record | None, direction: Direction, task: RunTask, token: Token) -> None:
    if known is None or token.attempt > known.attempt:
        return
    newest = f"{token.rollout}/{known.step}/{known.attempt}"
    if token.attempt < known.attempt:
        raise Superseded(f"{token} comes too late for task {task.name!r}: {newest} was obeyed since")
    if direction is not known.direction:
        raise EffectFailed(f"{token} cannot stand for {direction}, it stood for {known.direction}")


def _next(known: Record | None, direction: Direction, task: RunTask, token: Token) -> Record:
    """The record as it is to be once `token` is obeyed; `done` if there is nothing left to do."""
    if known is not None and known.direction is direction:
        return replace(known, attempt=token.attempt)
    begun = Record(
        attempt=token.attempt,
        step=token.step,
        direction=direction,
        round=1,
        started=0.0,
        commands=_digest(task),
    )
    if known is not None:
        return replace(begun, round=known.round + (direction is Direction.APPLY))
    if direction is Direction.REVERT:
        return replace(begun, round=0, done=True, summary="it was never applied, there is nothing to undo")
    return begun


# What can be wrong before anything is run


def _problems(task: RunTask) -> Iterator[Problem]:
    commands = task.commands
    if not commands.apply:
        yield Problem(message=f"task {task.name!r} has no apply command", hint="give it one")
    if commands.timeout <= 0:
        yield Problem(
            message=f"task {task.name!r} has a timeout of {commands.timeout:g} s", hint="give it some time"
        )
    for verb in ("validate", "apply", "verify", "revert"):
        command: tuple[str, ...] = getattr(commands, verb)
        if command and shutil.which(command[0]) is None:
            yield _not_found(task, verb, command[0])


def _not_found(task: RunTask, verb: str, program: str) -> Problem:
    if "/" in program and Path(program).exists():
        what, hint = "may not be run", f"chmod +x {shlex.quote(program)}"
    else:
        what = "was not found"
        hint = "install it, or write its path; the PATH and folder of `tidegate up` count"
    return Problem(message=f"task {task.name!r}: the program {program!r} of {verb} {what}", hint=hint)


# Receipts on disk


class _Receipts:
    """The records of one task, one file a rollout, each replaced in one move."""

    def __init__(self, root: Path, task: RunTask) -> None:
        self._task = task
        # The name alone: an identity that hung on how a plan spells its numbers would run a command twice.
        self._folder = root / _file_name(task.name)

    def _path(self, rollout: str) -> Path:
        return self._folder / f"{_file_name(rollout)}.json"

    @asynccontextmanager
    async def locked(self, rollout: str) -> AsyncIterator[None]:
        """One at a time for this task and rollout, in whichever process; waits for the one before."""
        with self._told():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self._path(rollout).with_suffix(".lock")
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while not _try_lock(descriptor):  # noqa: ASYNC110 - another process gives no sign
                await asyncio.sleep(POLL_SECONDS)
            yield
        finally:
            os.close(descriptor)

    def load(self, rollout: str) -> Record | None:
        """What is known of that rollout's task."""
        return self._read(self._path(rollout))

    def newest(self) -> Record | None:
        """What was last noted of this task with these commands, by whichever rollout."""
        with self._told():
            paths = sorted(self._folder.glob("*.json"), key=lambda path: -path.stat().st_mtime_ns)
        records = filter(None, map(self._read, paths))
        return next((each for each in records if each.commands == _digest(self._task)), None)

    def save(self, rollout: str, record: Record) -> None:
        """Note it so that neither a crash nor a power failure takes it back."""
        with self._told():
            _replace(self._path(rollout), json.dumps(asdict(record)))

    def _read(self, path: Path) -> Record | None:
        with self._told():
            try:
                fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
                return Record(**{**fields, "direction": Direction(fields["direction"])})
            except FileNotFoundError:
                return None
            except (ValueError, TypeError, KeyError) as error:
                raise Unavailable(
                    f"the receipt {path} of task {self._task.name!r} cannot be read",
                    "restore it; if you remove it, the task will count as never applied",
                ) from error

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Unavailable(
                f"the receipts of task {self._task.name!r} in {self._folder}: {error.strerror}",
                "make room, or let this user write there",
            ) from error


def _file_name(words: str) -> str:
    """A name that a person recognises and no other words share."""
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", words)[:40].strip(".")
    return f"{readable}-{_hash(words)}"


def _digest(task: RunTask) -> str:
    """Tells tasks of one name, but of different changes, apart."""
    commands = task.commands
    return _hash(json.dumps([commands.apply, commands.revert, commands.validate, commands.verify]))


def _hash(words: str) -> str:
    return hashlib.sha256(words.encode(errors="backslashreplace")).hexdigest()[:16]


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _replace(path: Path, content: str) -> None:
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=".", encoding="utf-8", delete=False
    ) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)  # the new name, too, must outlive a power failure
    finally:
        os.close(folder)


# Running a command


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run ended, in words when printed; `code` is None when its time was over."""

    command: tuple[str, ...]
    code: int | None
    seconds: float
    said: str

    @property
    def ok(self) -> bool:
        """Whether it did what it was to do."""
        return self.code == 0

    def __str__(self) -> str:
        if self.code is None:
            how = f"did not end within {self.seconds:.3g} s and was killed"
        elif self.code < 0:
            how = f"was killed by signal {-self.code}"
        else:
            how = f"ended with code {self.code} after {self.seconds:.1f} s"
        words = f"`{shlex.join(self.command)}` {how}"
        return words if self.ok or not self.said else f"{words}: {self.said}"


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """That of tidegate, less what a tidegate around this one may have set."""
    return {name: value for name, value in os.environ.items() if name not in OURS} | dict(ours)


async def _run(command: tuple[str, ...], timeout: float, environment: Mapping[str, str]) -> Ended:  # noqa: ASYNC109 - the time is the command's own, and its end is part of the answer
    """Run a command to its end, or to that of its time."""
    clock = asyncio.get_running_loop().time
    since = clock()
    with _Tail() as output, _Tail() as errors:
        process = await _start(command, environment, output, errors)
        try:
            async with asyncio.timeout(timeout):
                code: int | None = await process.wait()
        except TimeoutError:
            code = None
        finally:
            if process.returncode is None:  # its time is over, or we are cancelled
                await _end(process)
        said = errors.text() or output.text()
    return Ended(command=command, code=code, seconds=timeout if code is None else clock() - since, said=said)


async def _start(
    command: tuple[str, ...], environment: Mapping[str, str], output: "_Tail", errors: "_Tail"
) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.DEVNULL,
            stdout=output.end,
            stderr=errors.end,
            env=environment,
            start_new_session=True,  # a group of its own, so that all of it can be ended
        )
    except OSError as error:
        raise EffectFailed(f"`{shlex.join(command)}` cannot be run: {error.strerror}") from error
    finally:
        output.started()
        errors.started()


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the whole group, politely at first."""
    try:
        _signal(process.pid, signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)
    finally:  # also when this wait is cancelled
        _signal(process.pid, signal.SIGKILL)
    await process.wait()


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


class _Tail:
    """The last bytes that came through a pipe, read as they come so that the writer never waits.

    asyncio's own pipes would keep everything, and would wait for whatever the command left behind.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._kept = b""

    def __enter__(self) -> Self:
        self._source, self.end = os.pipe()
        self._open = {self._source, self.end}
        os.set_blocking(self._source, False)
        self._loop.add_reader(self._source, self._take)
        return self

    def __exit__(self, *_: object) -> Literal[False]:
        self._loop.remove_reader(self._source)
        for descriptor in self._open:
            os.close(descriptor)
        return False

    def started(self) -> None:
        """Let go of the writer's end, which the command has by now."""
        self._open.remove(self.end)
        os.close(self.end)

    def text(self) -> str:
        """The last lines, with what is in the pipe by now; more than it holds is not waited for."""
        for _ in range(16):
            if not self._take():
                break
        return self._kept.decode(errors="replace").strip()

    def _take(self) -> bool:
        try:
            chunk = os.read(self._source, 1 << 16)
        except BlockingIOError:
            return False
        if not chunk:
            self._loop.remove_reader(self._source)
        self._kept = (self._kept + chunk)[-KEPT_BYTES:]
        return bool(chunk)


# What a killed tidegate left running


async def _wait_for_leftovers(known: Record | None, task: RunTask, token: Token) -> None:
    """Wait until what a killed tidegate had running has ended; once its time is over, kill it."""
    if known is None or not known.running:
        return
    over = known.started + task.commands.timeout
    while running := list(_carriers(known.key(token.rollout))):
        if time.time() >= over:
            for pid in running:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(POLL_SECONDS)


def _carriers(key: str) -> Iterator[int]:
    """Processes of ours that were given this key. They show it themselves: no file could be as sure."""
    mark = os.fsencode(f"{KEY}={key}")
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # ended, or another user's
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)
