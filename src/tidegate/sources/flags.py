"""Flags in flagd's format, JSON or YAML: several files make one set.

flags.yaml ─► Flag      rules with the evaluators that they refer to written out
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from tidegate.core.errors import Location, Problem, Refused
from tidegate.core.flags import checks
from tidegate.core.flags.definitions import Flag, FlagSet, Metadata
from tidegate.core.flags.finding import Finding
from tidegate.core.ids import FlagKey
from tidegate.sources import tree
from tidegate.sources.documents import Schema, check, in_order, load_schema, place
from tidegate.sources.flag_references import References
from tidegate.sources.tree import Limits, Node
from tidegate.sources.words import quoted

SCHEMA: Final = "flagd/flags.json"
LIMITS: Final = Limits(bytes=8 * 1024 * 1024, values=500_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The flags of some files as far as they can be understood, and everything that is wrong with them."""

    flags: FlagSet = field(default_factory=FlagSet)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Defined:
    """A flag, where it is written, and what its file says of all flags."""

    flag: Flag
    node: Node
    shared: Metadata

    def problem(self, finding: Finding) -> Problem:
        """A finding about the flag, at its place in the file."""
        message = f"{self.flag.key}: {finding.message}"
        return Problem(message=message, location=place(self.node, finding.path), hint=finding.hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """What one file defines."""

    defined: tuple[_Defined, ...] = ()
    shared: Metadata = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def read_flags(paths: Iterable[Path]) -> FlagSet:
    """The flags of some files; raises `Refused` with everything that is wrong with them."""
    reading = read(paths)
    if reading.problems:
        raise Refused(reading.problems)
    return reading.flags


def read(paths: Iterable[Path]) -> Reading:
    """The flags of some files as far as they can be read, and every problem in them."""
    files = [_file(path) for path in paths]
    defined: dict[FlagKey, _Defined] = {}
    problems = [problem for file in files for problem in file.problems]
    for found in (found for file in files for found in file.defined):
        first = defined.setdefault(found.flag.key, found)
        if first is not found:
            problems.append(_twice(found.flag, first.flag))
    flags = _set(tuple(defined.values()), files)
    problems += [defined[key].problem(finding) for key, finding in checks.requirement_findings(flags)]
    return Reading(flags=flags, problems=in_order(problems))


def _twice(flag: Flag, first: Flag) -> Problem:
    message = f"the flag {quoted(flag.key)} is defined twice (first at {first.location})"
    return Problem(message=message, location=flag.location, hint="remove or rename one of them")


def _set(defined: Iterable[_Defined], files: Sequence[_File]) -> FlagSet:
    """One set; what a file says of all its flags is said of each where there are others beside it."""
    if len(files) == 1:
        return FlagSet(flags={each.flag.key: each.flag for each in defined}, metadata=files[0].shared)
    return FlagSet(flags={each.flag.key: _with(each.shared, each.flag) for each in defined})


def _with(shared: Metadata, flag: Flag) -> Flag:
    return replace(flag, metadata={**shared, **flag.metadata})


# -- one file ----------------------------------------------------------------------------------------------


def _file(path: Path) -> _File:
    parsed = tree.read(path, LIMITS)
    root, *more = parsed.documents or (tree.NOTHING,)
    if not parsed.complete:
        return _File(problems=parsed.problems)
    if not root and not parsed.problems:
        return _File(problems=(_empty(path),))
    extra = [
        node.problem("flags are one document a file", "move this one to a file of its own") for node in more
    ]
    return _defining(root, [*parsed.problems, *extra, *check(root, load_schema(SCHEMA))])


def _empty(path: Path) -> Problem:
    return Problem(
        message="nothing in this file", location=Location(file=str(path), line=1), hint="write flags: {}"
    )


def _defining(root: Node, problems: list[Problem]) -> _File:
    references = References(root.at("$evaluators"))
    shared = _metadata(root)
    defined = tuple(
        _Defined(flag=_flag(root.at("flags"), key, node), node=node, shared=shared)
        for key, node in (
            (key, _written_out(node, references)) for key, node in root.at("flags").fields.items()
        )
    )
    found = [
        each.problem(finding)
        for each in defined
        if _sound(each, problems)
        for finding in checks.findings(each.flag)
    ]
    dates = [
        Problem(message=each.message, location=place(root, ("metadata", *each.path)), hint=each.hint)
        for each in checks.date_findings(shared)
    ]
    return _File(defined=defined, shared=shared, problems=(*problems, *references.problems, *found, *dates))


def _sound(each: _Defined, problems: list[Problem]) -> bool:
    """Whether the flag is of the right form: what is not has been told, and need not be told in other words."""
    return not problems or not check(each.node, _flag_schema())


@cache
def _flag_schema() -> Schema:
    schema = load_schema(SCHEMA)
    return {"$defs": schema["$defs"], **schema["$defs"]["flag"]}


def _written_out(node: Node, references: References) -> Node:
    if not node.at("targeting").fields:
        return node
    fields = {**node.fields, "targeting": references.followed(node.at("targeting"))}
    return replace(node, value=MappingProxyType(fields))


def _flag(flags: Node, key: str, node: Node) -> Flag:
    return Flag(
        key=FlagKey(key),
        variants=_plain(node.at("variants")),
        default=node.at("defaultVariant").text or None,
        targeting=_plain(node.at("targeting")),
        enabled=node.at("state").text != "DISABLED",
        metadata=_metadata(node),
        location=flags.key(key),
    )


def _plain(node: Node) -> dict[str, Any]:
    return {name: part.plain() for name, part in node.fields.items()}


def _metadata(node: Node) -> Metadata:
    """Scalars; what else is written there is a problem of its own."""
    written = _plain(node.at("metadata"))
    return {name: value for name, value in written.items() if isinstance(value, (str, int, float))}
