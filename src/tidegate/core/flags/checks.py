"""What is wrong with flags, as far as it can be told before anybody is evaluated."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from tidegate.core.errors import Problem
from tidegate.core.flags.definitions import Flag, FlagSet, Json, Metadata
from tidegate.core.flags.facts import required_flags
from tidegate.core.flags.finding import Finding, below
from tidegate.core.flags.logic import checks as rule_checks
from tidegate.core.flags.logic.rules import answers
from tidegate.core.graph import cyclic_components, shortest_cycle
from tidegate.core.ids import FlagKey

DATES: Final = ("since", "expires")


def problems_of(flag: Flag) -> tuple[Problem, ...]:
    """What is wrong with a flag, each at the flag's own place."""
    return tuple(
        Problem(message=f"{flag.key}: {found.message}", location=flag.location, hint=found.hint)
        for found in findings(flag)
    )


def findings(flag: Flag) -> Iterator[Finding]:
    """What is wrong with a flag, whatever others there are."""
    yield from _types(flag.variants)
    if flag.default is not None:
        yield from _variant(flag, flag.default, ("defaultVariant",))
    if flag.targeting:
        yield from below(("targeting",), rule_checks.findings(flag.targeting))
        for answer, path in answers(flag.targeting, ("targeting",)):
            yield from _variant(flag, answer, path)
    yield from _metadata(flag)


def _types(variants: Mapping[str, Json]) -> Iterator[Finding]:
    """A flag's variants are of one type, as whoever asks for it expects."""
    types = dict.fromkeys(_type(value) for value in variants.values())
    if len(types) > 1:
        yield Finding(message=f"variants of different types: {', '.join(types)}", path=("variants",))


def _type(value: Json) -> str:
    return "number" if type(value) in (int, float) else TYPES.get(type(value), "object")


TYPES: Final[Mapping[type, str]] = {bool: "boolean", str: "string", type(None): "null"}


def _variant(flag: Flag, answer: Json, path: tuple[str | int, ...]) -> Iterator[Finding]:
    """Null chooses nothing, and true and false name variants too."""
    name = str(answer).lower() if isinstance(answer, bool) else answer
    if name is not None and name not in tuple(flag.variants):
        yield Finding(message=f"no variant {name!r}", path=path, hint=f"variants: {', '.join(flag.variants)}")


# -- metadata ----------------------------------------------------------------------------------------------


def _metadata(flag: Flag) -> Iterator[Finding]:
    if "off" in flag.metadata:
        yield from _variant(flag, flag.metadata["off"], ("metadata", "off"))
    yield from below(("metadata",), date_findings(flag.metadata))


def date_findings(metadata: Metadata) -> Iterator[Finding]:
    """Dates that are none."""
    for name in DATES:
        if name in metadata and not _is_date(metadata[name]):
            message = f"{name} is {metadata[name]!r}, which is not a date"
            yield Finding(message=message, path=(name,), hint="such as 2027-01-31")


def _is_date(value: Json) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


# -- flags that require flags ------------------------------------------------------------------------------


def requirement_findings(flag_set: FlagSet) -> Iterator[tuple[FlagKey, Finding]]:
    """Required flags that there are not, and flags that require each other in a circle, each with the flag's key."""
    known = flag_set.flags
    path = ("metadata", "requires")
    required = {key: list(required_flags(flag)) for key, flag in known.items()}
    for key, needs in required.items():
        for need in needs:
            if need not in known:
                yield (
                    key,
                    Finding(message=f"requires the unknown flag {need!r}", path=path, hint="define it too"),
                )
    graph = {key: [need for need in needs if need in known] for key, needs in required.items()}
    for group in cyclic_components(graph):
        cycle = shortest_cycle(graph, group)
        message = f"flags require each other: {' → '.join((*cycle, cycle[0]))}"
        yield cycle[0], Finding(message=message, path=path, hint="let one of them go")
