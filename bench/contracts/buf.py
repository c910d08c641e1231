"""`python -m bench.contracts.buf`: agreement with `buf` on its own folders, one or more for each of its rules.

Each folder under `buf/current` of `--data DIR` is compared with its namesake under `buf/previous`, by us and by
`buf breaking` with the folder's own configuration, which is FILE where there is none. We agree where the rules,
files and lines of what counts are those that buf prints, and old consumers break exactly where it prints any.
Folders whose configuration asks for plugins or policies are listed with what buf says of them: we run neither.
Exits with 1 if a folder disagrees.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from tidegate.comparers.buf import compare
from tidegate.comparers.buf_program import find_binary
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.protobuf.policy import Policy, policy_of
from tidegate.core.contracts.protobuf.rules import Category
from tidegate.core.contracts.specification import Kind, Value
from tidegate.sources.specifications import read_specification

Seen = Counter[tuple[str, str, int]]
"""How often a rule was found at a file and line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One folder: what buf finds and what we find, and why it was left out if it was."""

    name: str
    theirs: Seen
    ours: Seen
    seconds: float
    breaks: bool
    left_out: str = ""

    @property
    def agrees(self) -> bool:
        return self.ours == self.theirs and self.breaks == bool(self.theirs)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.contracts.buf")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="where the corpora are")
    parser.add_argument("--json", action="store_true", help="print values")
    asked = parser.parse_args()
    folder: Path = asked.data / "buf"
    if not folder.is_dir():
        print(f"{folder} is absent: nothing was measured")
        return
    rows = [measure(folder, path.name) for path in sorted((folder / "current").iterdir()) if path.is_dir()]
    print(json.dumps([_values(row) for row in rows], indent=2) if asked.json else "\n".join(_table(rows)))
    sys.exit(any(not row.agrees for row in rows if not row.left_out))


def measure(folder: Path, name: str) -> Row:
    """Compare one folder by both."""
    theirs, failure = printed(folder, name)
    config = _config(folder / "current" / name)
    category = None if config else Category.FILE
    old, new = (read_specification(folder / side / name, Kind.PROTOBUF) for side in ("previous", "current"))
    started = time.perf_counter()
    comparison = compare(old, new, category=category)
    seconds = time.perf_counter() - started
    asks = " ".join(f"asks for {word}." for word in ("plugins", "policies") if word in config)
    return Row(
        name=name,
        theirs=theirs,
        ours=counted(comparison, policy_of(config or None, category)),
        seconds=seconds,
        breaks=comparison.old_consumer_new_provider is Compatibility.BREAKING,
        left_out=f"{asks} {failure}".strip(),
    )


def counted(comparison: Comparison, policy: Policy) -> Seen:
    """What of our differences counts and has a line in the new version, or no file at all.

    The others were found by looking the other way round, which `buf breaking` is not asked to do.
    """
    found = (difference for difference in comparison.differences if difference.rule in policy.counted)
    places = ((difference.rule, difference.place) for difference in found)
    return Counter((rule, place.file, place.line) for rule, place in places if place.line or not place.file)


def printed(folder: Path, name: str) -> tuple[Seen, str]:
    """What buf itself prints, and of what it complains if it fails."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [find_binary(), "breaking", "--against", f"../../previous/{name}", "--error-format", "json"],
            cwd=folder / "current" / name,
            env={"PATH": "", "HOME": home},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode not in (0, 100):
        return Counter(), " ".join(done.stderr.split())
    return Counter(_seen(json.loads(line)) for line in done.stdout.splitlines()), ""


def _seen(line: dict[str, str | int]) -> tuple[str, str, int]:
    file = str(line.get("path", ""))
    return str(line["type"]), file, int(line["start_line"]) if file else 0


def _config(folder: Path) -> dict[str, Value]:
    """The folder's own `buf.yaml`; empty if there is none."""
    file = folder / "buf.yaml"
    read: dict[str, Value] = yaml.safe_load(file.read_text()) if file.exists() else {}
    return read


def _values(row: Row) -> dict[str, object]:
    return {
        "folder": row.name,
        "agrees": None if row.left_out else row.agrees,
        "buf": row.theirs.total(),
        "tidegate": row.ours.total(),
        "seconds": round(row.seconds, 3),
        "left_out": row.left_out,
    }


def _table(rows: list[Row]) -> list[str]:
    measured = [row for row in rows if not row.left_out]
    agreeing = sum(row.agrees for row in measured)
    found = sum(row.theirs.total() for row in measured)
    lines = [f"{'folder':54} {'buf':>5} {'ours':>5} {'s':>5}"]
    lines += [_line(row) for row in rows]
    lines += ["", f"{agreeing} of {len(measured)} folders agree, {found} findings by rule, file and line"]
    return lines


def _line(row: Row) -> str:
    answer = f"left out: {row.left_out}" if row.left_out else "agrees" if row.agrees else "DISAGREES"
    return f"{row.name:54} {row.theirs.total():5} {row.ours.total():5} {row.seconds:5.2f} {answer}{_why(row)}"


def _why(row: Row) -> str:
    if row.left_out or row.agrees:
        return ""
    only = [f"{sort} {seen}" for sort, found in _apart(row) for seen in sorted(found)]
    return "".join(f"\n    {line}" for line in [f"breaks: {row.breaks}", *only])


def _apart(row: Row) -> list[tuple[str, Seen]]:
    return [("only buf:", row.theirs - row.ours), ("only tidegate:", row.ours - row.theirs)]


if __name__ == "__main__":
    main()
