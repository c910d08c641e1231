"""From Avro schema files to types: names across files in whatever order, within limits.

The library parses a type only after the types that it names, so files wait for one another; what still waits
when nothing moves any more is a doubt. Its messages quote what they complain of once for every level around it,
which is why a schema is weighed: each character counts once for every level that holds it.
"""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from avro.errors import AvroException
from avro.name import Names
from avro.schema import make_avsc_object

from tidegate.core.contracts.avro.names import RECORDS, UNIONS, AvroType
from tidegate.core.contracts.specification import Value
from tidegate.core.errors import Location, Problem

MOST_WEIGHT: Final = 16_000_000
MOST_FILES: Final = 1_000

_MEND: Final = "mend the schema; until then nothing is known of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Types:
    """What files define: a type for each file, every named type, and the files whose types others hold."""

    of_file: Mapping[str, AvroType] = field(default_factory=dict)
    named: Mapping[str, AvroType] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    doubts: tuple[Problem, ...] = ()


def read(documents: Mapping[str, Value]) -> Types:
    """The types of parsed schema files, by path."""
    if not 1 <= len(documents) <= MOST_FILES:
        hint = f"give 1 to {MOST_FILES} of them"
        return Types(doubts=(Problem(message=f"{len(documents)} schema files", hint=hint),))
    heavy = [file for file, document in documents.items() if weight(document) > MOST_WEIGHT]
    if heavy:
        return Types(doubts=tuple(_problem(file, "too large or too deeply nested") for file in heavy))
    return _in_turn(documents)


def weight(document: Value) -> int:
    """The characters of a document, each counted once for every level around it."""
    total, waiting = 0, [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict):
            waiting += [(held, depth + 1) for held in value.values()]
            total += depth * sum(map(len, value))
        elif isinstance(value, list):
            waiting += [(held, depth + 1) for held in value]
        total += depth * (len(value) if isinstance(value, str) else 1)
    return total


def _in_turn(documents: Mapping[str, Value]) -> Types:
    """Parse files until none can be parsed any more."""
    of_file: dict[str, AvroType] = {}
    named: dict[str, AvroType] = {}
    files: dict[str, str] = {}
    held: set[str] = set()
    waiting, complaints = dict(documents), dict[str, str]()
    moved = True
    while waiting and moved:
        moved = False
        for file, document in list(waiting.items()):
            parsed, names, complaint = _parse(document, named)
            complaints[file] = complaint
            if parsed is not None:
                of_file[file] = parsed
                held |= {files[name] for name in _used(parsed, named)}
                files |= dict.fromkeys(names.keys() - named.keys(), file)
                named = names
                del waiting[file]
                moved = True
    doubts = tuple(_problem(file, complaints[file]) for file in waiting)
    return Types(of_file=of_file, named=named, held=frozenset(held), doubts=doubts)


def _parse(
    document: Value, named: Mapping[str, AvroType]
) -> tuple[AvroType | None, dict[str, AvroType], str]:
    """A type and all names known then, or the end of the library's complaint, which is its cause."""
    names = Names()
    names.names = dict(named)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about logical types that it does not know
            if isinstance(document, str) and names.has_name(document):
                return names.get_name(document), dict(named), ""
            return make_avsc_object(document, names), names.names, ""
    except (AvroException, TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
        return None, {}, str(error)[-200:]


def _used(schema: AvroType, named: Mapping[str, AvroType]) -> Iterator[str]:
    """The names of earlier types that a type holds."""
    known = {id(earlier): name for name, earlier in named.items()}
    waiting, seen = [schema], set[int]()
    while waiting:
        found = waiting.pop()
        if id(found) in known:
            yield known[id(found)]
        elif id(found) not in seen:
            seen.add(id(found))
            waiting += _held_by(found)


def _held_by(schema: AvroType) -> list[AvroType]:
    if schema.type in RECORDS:
        return [field.type for field in schema.fields]
    if schema.type == "array":
        return [schema.items]
    if schema.type == "map":
        return [schema.values]
    return list(schema.schemas) if schema.type in UNIONS else []


def _problem(file: str, message: str) -> Problem:
    return Problem(message=message, location=Location(file=file, line=1), hint=_MEND)
