"""The tutorial, run as its reader would: every shell block in order, each held against what it is said to print."""

import doctest
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
LONGEST_SECONDS = 240.0
"""Quiet cores need less than a third of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One shell block and what the page says that it prints, if it does."""

    number: int
    script: str
    expected: str


def blocks() -> list[Block]:
    fences = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    followed = [*fences[1:], ("", "")]
    return [
        Block(number=number, script=text, expected=said if then == "text" else "")
        for number, ((kind, text), (then, said)) in enumerate(zip(fences, followed, strict=True))
        if kind == "sh"
    ]


def as_said(block: Block, printed: str) -> bool:
    """Does the output fit, with `...` for anything and without regard to where lines are broken?"""
    said, seen = ("".join(text.split()) for text in (block.expected, printed))
    return doctest.OutputChecker().check_output(said, seen, doctest.ELLIPSIS)


def of(folder: Path) -> list[int]:
    """Processes whose command line or working directory lies in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().decode(errors="replace")
            if str(folder) in words or (process / "cwd").resolve().is_relative_to(folder):
                found.append(int(process.name))
    return found


@contextmanager
def clean(folder: Path) -> Iterator[None]:
    """Whatever happens inside: no process of `folder` is left."""
    try:
        yield
    finally:
        deadline = time.monotonic() + 20
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in of(folder):
                with suppress(OSError):
                    os.kill(process, number)
            while of(folder) and time.monotonic() < deadline:
                time.sleep(0.1)
            deadline += 10


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A shell in a copy of the example, which takes the blocks one by one as files."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    turns = "\n".join(f'. ./{b.number}.sh > {b.number}.out 2>&1; echo "$?" > {b.number}.rc' for b in blocks())
    for block in blocks():
        (tmp_path / f"{block.number}.sh").write_text(block.script, encoding="utf-8")
    (tmp_path / "all.sh").write_text(turns + "\n", encoding="utf-8")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with clean(tmp_path.resolve()):
        yield subprocess.Popen(
            ["/bin/bash", "all.sh"],
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "COLUMNS": "80"},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    assert of(tmp_path.resolve()) == []


def test_every_block_does_what_the_tutorial_says(reader: subprocess.Popen[bytes], tmp_path: Path) -> None:
    with suppress(subprocess.TimeoutExpired):
        reader.wait(LONGEST_SECONDS)
    reader.kill()
    reader.wait()
    told = ""
    for block in blocks():
        out, code = (tmp_path / f"{block.number}{end}" for end in (".out", ".rc"))
        printed = out.read_text(encoding="utf-8") if out.exists() else "(never begun)"
        told += f"$ {block.script}{printed}"
        assert code.exists(), f"after {LONGEST_SECONDS:g} s it was not through:\n{told}"
        assert code.read_text().strip() == "0", f"block failed:\n{told}"
        if block.expected:
            assert as_said(block, printed), f"said:\n{block.expected}\nprinted:\n{printed}\nso far:\n{told}"
    assert of(tmp_path.resolve()) == [], "the tutorial leaves something running"
