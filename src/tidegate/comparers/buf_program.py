"""The program `buf`: where it is, one run of `buf breaking` within bounds, and what it printed."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from tidegate.core.errors import Unavailable

SECONDS: Final = 60.0
MOST_OUTPUT: Final = 16 * 1024 * 1024
"""In bytes."""

_EXITS: Final = (0, 100)
"""How buf exits when it found nothing, and when it found something."""
_INSTALL: Final = "install it with `pip install buf-bin`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One line of `--error-format json`; `rule` is COMPILE where sources cannot be read."""

    rule: str
    message: str
    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What a run printed; `failure` says why it is not to be relied on."""

    violations: tuple[Violation, ...] = ()
    failure: str = ""


def breaking(work: Path, checked: str, against: str) -> Printed:
    """Check one folder under `work` against another; `Unavailable` where there is no `buf`."""
    command = [str(find_binary()), "breaking", checked, "--against", against, "--error-format", "json"]
    output, errors = work / "output", work / "errors"
    try:
        code = _run(command, work, output, errors)
    except subprocess.TimeoutExpired:
        return Printed(failure=f"buf did not finish in {SECONDS:.0f} s")
    except OSError as error:
        raise Unavailable(f"`buf` cannot be run: {error.strerror}", _INSTALL) from error
    if code not in _EXITS:
        return Printed(failure=f"buf failed: {_beginning(errors)}")
    if output.stat().st_size > MOST_OUTPUT:
        return Printed(failure=f"buf prints more than {MOST_OUTPUT // 2**20} MiB")
    return Printed(violations=tuple(_violations(output.read_text(encoding="utf-8").splitlines())))


def _run(command: list[str], work: Path, output: Path, errors: Path) -> int:
    with output.open("wb") as out, errors.open("wb") as err:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=work,
            env=_environment(work),
            timeout=SECONDS,
            check=False,
        ).returncode


def _environment(work: Path) -> Mapping[str, str]:
    """Nothing of the user's: no registry's token, no cache, no plugins on a PATH."""
    return {"PATH": "", "HOME": str(work), "XDG_CACHE_HOME": str(work / "cache"), "NO_COLOR": "1"}


def _beginning(file: Path) -> str:
    with file.open(encoding="utf-8", errors="replace") as stream:
        return " ".join(stream.read(500).split())


def _violations(lines: Iterable[str]) -> Iterator[Violation]:
    for line in lines:
        printed: dict[str, Any] = json.loads(line)
        yield Violation(
            rule=printed["type"],
            message=printed["message"],
            path=printed.get("path", ""),
            line=printed.get("start_line", 0),
            column=printed.get("start_column", 0),
        )


def find_binary() -> Path:
    """The `buf` program of the wheel, else the one on PATH; `Unavailable` when there is none."""
    for found in _candidates():
        if os.access(found, os.X_OK):
            return found
    raise Unavailable("the program `buf` was not found", _INSTALL)


def _candidates() -> Iterator[Path]:
    """Where the wheel puts it; PATH comes last, as it has it only while the environment is activated."""
    yield Path(sys.executable).parent / "buf"
    yield Path(sysconfig.get_path("scripts")) / "buf"
    with suppress(metadata.PackageNotFoundError):
        for file in metadata.files("buf-bin") or ():
            if file.name == "buf":
                yield Path(str(file.locate())).resolve()
    if on_path := shutil.which("buf"):
        yield Path(on_path)
