"""A user's commands: run once, run again with the same key after a crash, and never left behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tidegate.actuators import exec as exec_module
from tidegate.actuators.exec import ExecActuator
from tidegate.core.change import Commands
from tidegate.core.errors import EffectFailed, Superseded, Unavailable
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.plan.steps import RunTask
from tidegate.ports import Token

from .conformance import tokens, walk


def token(attempt: int, rollout: str = "r") -> Token:
    return Token(rollout=RolloutId(rollout), step=StepId("task:t"), attempt=attempt)


def sh(script: str) -> tuple[str, ...]:
    return ("sh", "-c", script)


def task(apply: str = "true", **commands: Any) -> RunTask:
    """Commands given as text are run by sh."""
    given: dict[str, Any] = {
        name: sh(value) if isinstance(value, str) else value for name, value in commands.items()
    }
    return RunTask(name="t", commands=replace(Commands(apply=sh(apply), timeout=20), **given))


@pytest.fixture
def actuator(tmp_path: Path) -> ExecActuator:
    return ExecActuator(tmp_path / "state")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def lines(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - other processes raise no event here
            await asyncio.sleep(0.01)


def alive(pid: str) -> bool:
    """Whether it runs; a process that ended and was not yet collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("verify", [(), sh("test -e here")])
async def test_conforms(
    actuator: ExecActuator,
    tmp_path: Path,
    log: Path,
    verify: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    action = task("touch here; echo apply >> log", revert="rm here; echo revert >> log", verify=verify)
    await walk(actuator, action, tokens("r", "t"), lambda: lines(log))
    assert lines(log) == ["apply", "revert"] * 2


async def test_the_environment_says_for_whom_and_the_key_is_that_of_the_effect(
    actuator: ExecActuator, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attempts differ and keys stay; going back and going forth again are effects of their own."""
    monkeypatch.setenv("TIDEGATE_STEP", "of a tidegate around this one")
    monkeypatch.setenv("OF_THE_USER", "kept")
    note = f"echo $TIDEGATE_ROLLOUT $TIDEGATE_STEP $TIDEGATE_ATTEMPT $TIDEGATE_IDEMPOTENCY_KEY $OF_THE_USER >> {log}"
    failing = f"{note}; test $TIDEGATE_ATTEMPT != 1"
    action = task(failing, revert=note, validate=note, verify=note)
    assert await actuator.validate(action) == ()
    with pytest.raises(EffectFailed):
        await actuator.apply(action, 1.0, token(1))
    await actuator.apply(action, 1.0, token(2))
    await actuator.revert(action, token(3))
    await actuator.apply(action, 1.0, token(4))
    assert await actuator.verify(action, 1.0) is None
    assert lines(log) == [
        "kept",
        "r task:t 1 r/task:t/apply/1 kept",
        "r task:t 2 r/task:t/apply/1 kept",
        "r task:t 3 r/task:t/revert/1 kept",
        "r task:t 4 r/task:t/apply/2 kept",
        "kept",
    ]


async def test_arguments_reach_the_command_as_they_are(actuator: ExecActuator, log: Path) -> None:
    code = f"import sys; open({str(log)!r}, 'w').write(repr(sys.argv[1:]) + repr(sys.stdin.read()))"
    words = ("a b", "$HOME", "; false", "*", "")
    await actuator.apply(
        RunTask(name="t", commands=Commands(apply=(sys.executable, "-c", code, *words))), 1.0, token(1)
    )
    assert lines(log) == [repr(list(words)) + "''"]


async def test_a_new_process_knows_what_was_done(actuator: ExecActuator, tmp_path: Path, log: Path) -> None:
    action = task(f"echo ran >> {log}")
    first = await actuator.apply(action, 1.0, token(2))
    again = ExecActuator(tmp_path / "state")
    assert await again.apply(action, 1.0, token(2)) == first
    assert await again.verify(action, 1.0) is None
    with pytest.raises(
        Superseded, match="r/task:t/1 comes too late for task 't': r/task:t/2 was obeyed since"
    ):
        await again.revert(action, token(1))
    with pytest.raises(EffectFailed, match="r/task:t/2 cannot stand for revert, it stood for apply"):
        await again.revert(action, token(2))
    assert lines(log) == ["ran"]


async def test_rollouts_have_their_own_fences(actuator: ExecActuator, log: Path) -> None:
    action = task(f"echo ran >> {log}")
    for rollout in ("r", "../r", "R"):
        await actuator.apply(action, 1.0, token(1, rollout))
    assert lines(log) == ["ran"] * 3


async def test_receipts_say_what_was_taken_on_trust(actuator: ExecActuator) -> None:
    trusted = await actuator.apply(task(), 1.0, token(1))
    assert trusted.summary.startswith("`sh -c true` ended with code 0 after ")
    assert trusted.summary.endswith("; nothing verifies it, its exit code is taken for it")
    verified = await actuator.apply(task(verify="true"), 1.0, token(1, "another"))
    assert verified.summary.endswith(" s")


async def test_what_was_never_applied_is_not_reverted(actuator: ExecActuator, log: Path) -> None:
    """The user's way back of one thing could be the way back of another when that thing never was."""
    action = task(f"echo apply >> {log}", revert=f"echo revert >> {log}")
    receipt = await actuator.revert(action, token(1))
    assert receipt.summary == "it was never applied, there is nothing to undo"
    assert lines(log) == []
    await actuator.apply(action, 1.0, token(2))
    assert lines(log) == ["apply"]


async def test_what_failed_half_way_is_reverted(actuator: ExecActuator, log: Path) -> None:
    action = task("false", revert=f"echo revert >> {log}")
    with pytest.raises(EffectFailed):
        await actuator.apply(action, 1.0, token(1))
    assert await actuator.verify(action, 0) == "task 't' has not been reverted yet"
    await actuator.revert(action, token(2))
    assert lines(log) == ["revert"]
    assert await actuator.verify(action, 0) is None


async def test_without_a_way_back_there_is_none(actuator: ExecActuator) -> None:
    await actuator.apply(task(), 1.0, token(1))
    with pytest.raises(EffectFailed, match="task 't' has no revert command"):
        await actuator.revert(task(), token(2))


# Findings


async def test_validate_reports_every_problem_at_once(actuator: ExecActuator, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.touch(mode=0o600)
    commands = Commands(apply=(), revert=("nosuch-program", "x"), verify=(str(script),), timeout=0)
    assert [str(each) for each in await actuator.validate(RunTask(name="t", commands=commands))] == [
        "task 't' has no apply command (give it one)",
        "task 't' has a timeout of 0 s (give it some time)",
        f"task 't': the program {str(script)!r} of verify may not be run (chmod +x {script})",
        "task 't': the program 'nosuch-program' of revert was not found "  # noqa: ISC004 - one message
        "(install it, or write its path; the PATH and folder of `tidegate up` count)",
    ]


async def test_validate_asks_the_users_command_too(actuator: ExecActuator) -> None:
    problems = await actuator.validate(task(validate="echo no room >&2; exit 3"))
    assert [each.message.partition(" after")[0] for each in problems] == [
        "task 't': its validate command says no: `sh -c 'echo no room >&2; exit 3'` ended with code 3"
    ]
    assert problems[0].message.endswith(": no room")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo out; echo one >&2; echo two >&2; exit 7", r"ended with code 7 after \d+\.\d s: one\ntwo$"),
        ("echo out; exit 1", "ended with code 1 .*: out$"),
        ("kill -9 $$", "was killed by signal 9$"),
    ],
)
async def test_failures_say_the_command_its_end_and_its_last_words(
    actuator: ExecActuator, script: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    with pytest.raises(EffectFailed, match=message) as failure:
        await actuator.apply(task(script), 1.0, token(1))
    assert str(failure.value).startswith("task 't': apply failed: `sh -c ")
    assert "hunter2" not in str(failure.value)
    assert await actuator.verify(task(script), 1.0) == "task 't' has not been applied yet"


async def test_a_program_that_went_away_fails(actuator: ExecActuator) -> None:
    gone = RunTask(name="t", commands=Commands(apply=("/none/program", "x y")))
    with pytest.raises(EffectFailed, match="`/none/program 'x y'` cannot be run: No such file or directory"):
        await actuator.apply(gone, 1.0, token(1))


async def test_verify_asks_the_users_command(actuator: ExecActuator, tmp_path: Path) -> None:
    action = task(verify=f"test -e {tmp_path / 'there'}")
    await actuator.apply(action, 1.0, token(1))
    missing = await actuator.verify(action, 1.0)
    assert missing is not None
    assert missing.startswith("task 't': its verify command says no: `sh -c 'test -e ")
    (tmp_path / "there").touch()
    assert await actuator.verify(action, 1.0) is None


async def test_only_the_last_words_of_a_talker_are_kept(actuator: ExecActuator) -> None:
    code = "import sys; [sys.stderr.write('x' * 1023 + chr(10)) for _ in range(50_000)]; sys.exit('the end')"
    talker = RunTask(name="t", commands=Commands(apply=(sys.executable, "-c", code)))
    with pytest.raises(EffectFailed) as failure:
        await actuator.apply(talker, 1.0, token(1))
    assert str(failure.value).endswith("the end")
    assert len(str(failure.value)) < 5000


# Ends


async def test_its_time_over_the_whole_group_is_gone(actuator: ExecActuator, log: Path) -> None:
    """One that ends when asked, and one that does not listen."""
    action = task(
        f"sleep 100 & echo $! >> {log}; trap '' TERM; echo $$ >> {log}; while :; do sleep 1; done",
        timeout=1.0,
    )
    began = time.monotonic()
    with pytest.raises(EffectFailed, match=r"did not end within 1 s and was killed"):
        await actuator.apply(action, 1.0, token(1))
    assert time.monotonic() - began < 20
    assert [alive(pid) for pid in lines(log)] == [False, False]


async def test_cancelled_the_whole_group_is_gone_and_the_next_does_not_wait(
    actuator: ExecActuator, log: Path
) -> None:
    action = task(f"test -e {log} && exit; sleep 100 & echo $! $$ >> {log}; wait")
    running = asyncio.create_task(actuator.apply(action, 1.0, token(1)))
    await until(lambda: lines(log))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert [alive(pid) for pid in lines(log)[0].split()] == [False, False]
    await asyncio.wait_for(actuator.apply(action, 1.0, token(1)), 5)


async def test_what_a_command_leaves_on_purpose_does_not_hold_it_up(
    actuator: ExecActuator, log: Path
) -> None:
    """The process stays, with the command's pipes in hand."""
    began = time.monotonic()
    await actuator.apply(task(f"sleep 100 & echo $! >> {log}"), 1.0, token(1))
    assert time.monotonic() - began < 20
    (pid,) = lines(log)
    assert alive(pid)
    os.kill(int(pid), signal.SIGKILL)


async def test_two_at_once_run_it_once(actuator: ExecActuator, tmp_path: Path, log: Path) -> None:
    """In one process and in another's place: the lock is the file's."""
    action = task(f"echo begun >> {log}; sleep 0.3; echo ended >> {log}")
    others = [actuator, ExecActuator(tmp_path / "state")]
    receipts = await asyncio.gather(*(each.apply(action, 1.0, token(1)) for each in others))
    assert receipts[0] == receipts[1]
    assert lines(log) == ["begun", "ended"]


# Crashes


PARENT = """
import asyncio, sys
from pathlib import Path
from tidegate.actuators.exec import ExecActuator
from tidegate.core.change import Commands
from tidegate.core.plan.steps import RunTask
from tidegate.ports import Token

commands = Commands(apply=("sh", "-c", sys.argv[2]), revert=("true",), timeout=float(sys.argv[3]))
token = Token(rollout="r", step="task:t", attempt=1)
asyncio.run(ExecActuator(Path(sys.argv[1])).apply(RunTask(name="t", commands=commands), 1.0, token))
"""


async def killed_in_the_middle(state: Path, action: RunTask, log: Path) -> None:
    """A tidegate that was killed while its command ran."""
    words = (str(state), action.commands.apply[2], str(action.commands.timeout))
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, *words)
    await until(lambda: lines(log))
    parent.kill()
    await parent.wait()


async def test_after_a_crash_it_runs_again_with_the_same_key_once_the_first_has_ended(
    actuator: ExecActuator, tmp_path: Path, log: Path
) -> None:
    script = f"echo begun $TIDEGATE_IDEMPOTENCY_KEY >> {log}; sleep 1; echo ended >> {log}"
    action = task(script, revert=("true",))
    await killed_in_the_middle(tmp_path / "state", action, log)
    await actuator.apply(action, 1.0, token(1))
    assert lines(log) == ["begun r/task:t/apply/1", "ended"] * 2


async def test_after_a_crash_the_first_run_is_killed_when_its_time_is_over(
    actuator: ExecActuator, tmp_path: Path, log: Path
) -> None:
    """Also when what comes next is the way back."""
    action = task(f"echo $$ >> {log}; sleep 100; echo never >> {log}", revert=("true",), timeout=1.5)
    await killed_in_the_middle(tmp_path / "state", action, log)
    (pid,) = lines(log)
    assert alive(pid)
    await actuator.revert(action, token(2))
    assert not alive(pid)
    assert lines(log) == [pid]


async def test_a_receipt_that_cannot_be_read_or_written_is_said(
    actuator: ExecActuator, tmp_path: Path
) -> None:
    await actuator.apply(task(), 1.0, token(1))
    (receipt,) = (tmp_path / "state").rglob("*.json")
    receipt.write_text(json.dumps({"attempt": 1}))
    with pytest.raises(Unavailable, match=r"the receipt .*json of task 't' cannot be read \(restore it"):
        await actuator.apply(task(), 1.0, token(1))
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="Not a directory"):
        await ExecActuator(tmp_path / "file").apply(task(), 1.0, token(1))


async def test_a_task_of_the_same_name_with_other_commands_is_another(actuator: ExecActuator) -> None:
    await actuator.apply(task(), 1.0, token(1))
    other = replace(task(), commands=Commands(apply=("true",)))
    assert await actuator.verify(other, 1.0) == "task 't' has not been applied yet"


async def test_it_is_the_same_task_however_its_plan_spells_a_number(
    actuator: ExecActuator, log: Path
) -> None:
    for timeout in (20, 20.0):
        await actuator.apply(task(f"echo ran >> {log}", timeout=timeout), 1.0, token(1))
    assert lines(log) == ["ran"]


def test_this_platform_shows_the_environment_of_processes() -> None:
    """What finding leftovers after a crash rests on."""
    process = subprocess.Popen(
        ["sleep", "100"], env={"TIDEGATE_IDEMPOTENCY_KEY": "k/1", "PATH": os.environ["PATH"]}
    )
    with process:
        deadline = time.monotonic() + 5
        while list(exec_module._carriers("k/1")) != [process.pid] and time.monotonic() < deadline:
            time.sleep(0.01)
        assert list(exec_module._carriers("k/1")) == [process.pid]
        assert list(exec_module._carriers("k")) == []
        process.kill()
