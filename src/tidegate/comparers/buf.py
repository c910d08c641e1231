"""Protobuf, through the program `buf`.

Both versions are written into a temporary folder and checked against each other in both directions. A given
`buf.yaml` is read for what it counts as breaking and never handed on: the one written beside the sources names
all rules, and no dependency, plugin or policy, so buf has no reason to look at the network. Its caches stay in
the temporary folder, its time and its output are bounded, and whatever it cannot compile is a doubt.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from tidegate.comparers.buf_program import Printed, Violation, breaking
from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.protobuf import UNSEEN
from tidegate.core.contracts.protobuf.findings import Look, differences
from tidegate.core.contracts.protobuf.parts import Finding
from tidegate.core.contracts.protobuf.policy import FILE, Policy, policy_of
from tidegate.core.contracts.protobuf.rules import RULES, Category
from tidegate.core.contracts.specification import Kind, Specification, Value
from tidegate.core.errors import Location, Problem
from tidegate.sources import tree

MOST_SOURCE: Final = 16 * 1024 * 1024
"""In characters, over all files of a version."""

_INSIDE: Final = "imports are looked for inside the folder; dependencies are not fetched"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """One of the two: what was given, what it counts, and its name in the temporary folder."""

    given: Specification
    policy: Policy
    folder: str

    @property
    def sources(self) -> dict[str, str]:
        return {path: text for path, text in self.given.texts.items() if path.endswith(".proto")}

    def obstacles(self) -> Iterator[Problem]:
        """Why buf is not to see this version."""
        if not self.sources:
            yield self.problem("no .proto file", hint="give a folder that holds some")
        if sum(map(len, self.sources.values())) > MOST_SOURCE:
            yield self.problem(f"more than {MOST_SOURCE // 2**20} MiB of sources", hint="compare by module")
        for path in self.sources:
            if "\0" in path or PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
                yield self.problem(f"{path!r} lies outside the folder", hint="move it inside")

    def problem(self, message: str, *, location: Location | None = None, hint: str = "") -> Problem:
        """A problem of this version, by the name that the user gave it."""
        return Problem(message=f"{self.given.name}: {message}", location=location, hint=hint)


def compare(old: Specification, new: Specification, *, category: Category | None = None) -> Comparison:
    """Compare two versions; `category` overrides which rules their `buf.yaml` use.

    Raises `Unavailable` where there is no `buf`.
    """
    read = _policies(old, new, category)
    was = _Version(given=old, policy=read[0], folder="old")
    now = _Version(given=new, policy=read[1], folder="new")
    doubts = [version.problem(str(doubt)) for version in (was, now) for doubt in version.policy.doubts]
    obstacles = [*was.obstacles(), *now.obstacles()]
    forward, backward = (Printed(), Printed()) if obstacles else _both_ways(was, now)
    doubts += [*obstacles, *_doubts(forward, was, now), *_doubts(backward, was, now)]
    return Comparison(
        kind=Kind.PROTOBUF,
        differences=differences(_look(forward, now, was), _look(backward, was, now)),
        doubts=tuple(dict.fromkeys(doubts)),
        unseen=UNSEEN,
    )


def _policies(old: Specification, new: Specification, category: Category | None) -> tuple[Policy, Policy]:
    """Each version's own policy; one that has none takes that of the other."""
    (was, wrong), (now, wrong_too) = _config_of(old), _config_of(new)
    first = policy_of(now if was is None else was, category)
    second = policy_of(was if now is None else now, category)
    return (
        replace(first, doubts=(*first.doubts, *wrong)),
        replace(second, doubts=(*second.doubts, *wrong_too)),
    )


def _config_of(given: Specification) -> tuple[Value, tuple[Problem, ...]]:
    """The `buf.yaml` of a version, None if there is none, and what is wrong with it."""
    if FILE in given.documents or FILE not in given.texts:
        return given.documents.get(FILE), ()
    parsed = tree.parse(given.texts[FILE].encode(errors="replace"), FILE)
    return next((document.plain() for document in parsed.documents), None), parsed.problems


# -- into the temporary folder -------------------------------------------------------------------------------


def _both_ways(old: _Version, new: _Version) -> tuple[Printed, Printed]:
    with TemporaryDirectory(prefix="tidegate-buf-") as folder:
        work = Path(folder)
        _write(old, work)
        _write(new, work)
        return breaking(work, new.folder, old.folder), breaking(work, old.folder, new.folder)


def _write(version: _Version, work: Path) -> None:
    for path, text in version.sources.items():
        file = work / version.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
    config = json.dumps(_config(version.policy))
    (work / version.folder / FILE).write_text(config, encoding="utf-8")


def _config(policy: Policy) -> dict[str, Value]:
    """Every rule, so that what does not count is listed too. JSON is YAML."""
    checked: dict[str, Value] = {
        "use": [*RULES],
        "ignore": [*policy.ignored],
        "ignore_only": {rule: [*paths] for rule, paths in policy.ignored_only.items()},
        "ignore_unstable_packages": policy.ignores_unstable,
    }
    return {"version": "v2", "modules": [{"path": root} for root in policy.roots], "breaking": checked}


# -- and out of it -------------------------------------------------------------------------------------------


def _look(printed: Printed, checked: _Version, against: _Version) -> Look:
    found = (violation for violation in printed.violations if violation.rule in RULES)
    return Look(
        found=tuple(_finding(violation, checked) for violation in found),
        policy=checked.policy,
        texts=checked.sources,
        against=against.sources,
    )


def _finding(violation: Violation, checked: _Version) -> Finding:
    file = violation.path.removeprefix(f"{checked.folder}/")
    return Finding(
        rule=violation.rule,
        message=violation.message,
        file=file,
        line=violation.line if file else 0,
        column=violation.column,
    )


def _doubts(printed: Printed, old: _Version, new: _Version) -> Iterator[Problem]:
    """Whatever keeps buf from comparing: each error by the version in which it stands."""
    if printed.failure:
        yield Problem(message=f"{old.given.name}, {new.given.name}: {printed.failure}", hint=_INSIDE)
    for violation in printed.violations:
        if violation.rule not in RULES:
            folder, _, file = violation.path.partition("/")
            version = old if folder == old.folder else new
            place = Location(file=file, line=violation.line) if file else None
            yield version.problem(violation.message, location=place, hint=_INSIDE)
