"""The flags of a `Change` file: what defines them, how they are exposed, which of them go.

What a file leaves out:

* `off` is the flag's variant of being off, `on` its only other one.
* What the flag's definition requires counts besides `requires`.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from tidegate.core.change import Audience, FlagExposure, FlagRemoval, Implementation
from tidegate.core.errors import Problem
from tidegate.core.flags.facts import required_flags
from tidegate.core.ids import FlagKey, ServiceName, Version
from tidegate.sources.change_source import Source
from tidegate.sources.change_variants import off_of, on_of
from tidegate.sources.flags import Reading, read
from tidegate.sources.strategies import audience_strategy_of, flag_strategy_of
from tidegate.sources.tree import Node
from tidegate.sources.words import quoted


def read_definitions(change: Path, tree: Node) -> Reading:
    """The flags in the files that a change names, relative to its own."""
    named = [name for name in tree.at("spec", "flagDefinitions").elements if name.text]
    if missing := tuple(_missing(change, named)):
        return Reading(problems=missing)
    return read(change.parent / name.text for name in named)


def _missing(change: Path, named: list[Node]) -> Iterator[Problem]:
    for name in named:
        where = change.parent / name.text
        if not where.is_file():
            yield name.problem(
                f"no flags at {quoted(str(where))}", "write the file's path relative to this file"
            )


def exposures(source: Source) -> Iterator[FlagExposure]:
    """The flags that are exposed; their source has no problems."""
    for node in source.exposures:
        yield FlagExposure(
            flag=FlagKey(node.at("flag").text),
            off=off_of(source, node),
            on=on_of(source, node),
            strategy=flag_strategy_of(source, node),
            audiences=tuple(_audience(source, node, each) for each in node.at("audiences").elements),
            implemented_by=tuple(
                Implementation(service=ServiceName(name), version=Version(version.text))
                for name, version in node.at("services").fields.items()
            ),
            requires=tuple(_required(source, node)),
            system=node.at("system").text,
            location=node.at("flag").location,
        )


def _audience(source: Source, flag: Node, audience: Node) -> Audience:
    return Audience(
        name=audience.at("name").text,
        rule=json.dumps(audience.at("rule").plain()),
        strategy=audience_strategy_of(source, flag, audience),
    )


def _required(source: Source, flag: Node) -> dict[FlagKey, None]:
    defined = source.flag(flag.at("flag"))
    written = [FlagKey(key.text) for key in flag.at("requires").elements]
    return dict.fromkeys((*written, *(required_flags(defined) if defined else ())))


def removals(source: Source) -> Iterator[FlagRemoval]:
    """The flags that go."""
    for node in source.removals:
        key = node.at("flag")
        yield FlagRemoval(flag=FlagKey(key.text), system=node.at("system").text, location=key.location)
