"""Two Avro types that hold no others, and defaults: what the reader makes of what the writer writes.

The library's checker decides promotions, symbols of enums and sizes. Beyond its rules, a logical type that the
writer does not share is `unknown`: the bytes are read, and may be taken for something else; of decimals the
specification says that they do not match. A default that does not fit its type is `unknown` too, where it is
used: libraries differ.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from avro.compatibility import PRIMITIVE_TYPES, ReaderWriterCompatibilityChecker, SchemaIncompatibilityType

from tidegate.core.contracts.avro.finding import Finding, Sort
from tidegate.core.contracts.avro.names import NAMED, AvroType, alternatives, called, renamed
from tidegate.core.contracts.compatibility import Compatibility

BREAKING, UNKNOWN, COMPATIBLE = Compatibility.BREAKING, Compatibility.UNKNOWN, Compatibility.COMPATIBLE

_checker: Any = ReaderWriterCompatibilityChecker
_LEAF_TYPES: Final = {*map(str, PRIMITIVE_TYPES), "enum", "fixed"}
_SORTS: Final = {
    SchemaIncompatibilityType.type_mismatch: Sort.TYPE,
    SchemaIncompatibilityType.missing_enum_symbols: Sort.SYMBOL,
    SchemaIncompatibilityType.fixed_size_mismatch: Sort.SIZE,
}
"""What the checker is asked about; names are compared by us, because of aliases."""


def leaf(reader: AvroType, writer: AvroType) -> Iterator[Finding]:
    """What a reader makes of a type that holds no others, or of one of another sort."""
    wrong = checked(reader, writer)
    if not wrong and reader.type != writer.type:
        why = f"{writer.type} is promoted to {reader.type}"
        yield Finding(sort=Sort.TYPE, answer=COMPATIBLE, why=why)
    for sort in wrong:
        yield Finding(sort=sort, answer=BREAKING, why=_why(sort, reader, writer))
    if reader.type == writer.type and reader.type in NAMED:
        yield from renamed(reader, writer)
    if Sort.TYPE not in wrong:
        yield from _defaulted(reader, writer)
        yield from _logical(reader, writer)


def checked(reader: AvroType, writer: AvroType) -> list[Sort]:
    """What the library finds wrong between two types, but for their names."""
    if not {reader.type, writer.type} <= _LEAF_TYPES:
        return [Sort.TYPE]
    found = _checker().get_compatibility(reader, writer).incompatibilities
    return [_SORTS[kind] for kind in found if kind in _SORTS]


def _unknown_symbols(reader: AvroType, writer: AvroType) -> list[str]:
    known = set(reader.symbols)
    return [symbol for symbol in writer.symbols if symbol not in known]


def _why(sort: Sort, reader: AvroType, writer: AvroType) -> str:
    if sort is Sort.SIZE:
        return f"{writer.size} bytes are written, {reader.size} are expected"
    if sort is Sort.SYMBOL:
        return f"the reader does not know {_listed(_unknown_symbols(reader, writer))}"
    return f"{called(writer)} is written, {called(reader)} is expected"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _defaulted(reader: AvroType, writer: AvroType) -> Iterator[Finding]:
    if reader.type == writer.type == "enum" and reader.props.get("default") in reader.symbols:
        unknown = _unknown_symbols(reader, writer)
        if unknown:
            why = f"the reader takes {_listed(unknown)} for {reader.props['default']}, its default"
            yield Finding(sort=Sort.SYMBOL, answer=COMPATIBLE, why=why)


def _logical(reader: AvroType, writer: AvroType) -> Iterator[Finding]:
    """A reader without a logical type reads the type beneath it, as the specification asks."""
    wanted, written = _meaning(reader), _meaning(writer)
    if wanted and wanted != written:
        both = "decimal" in wanted and "decimal" in written
        why = f"the writer means {written or 'no logical type'}, the reader {wanted}"
        yield Finding(sort=Sort.LOGICAL, answer=BREAKING if both else UNKNOWN, why=why)


def _meaning(schema: AvroType) -> str:
    logical = schema.props.get("logicalType")
    if logical == "decimal":
        return f"decimal({schema.props.get('precision')}, {schema.props.get('scale', 0)})"
    return logical if isinstance(logical, str) else ""


# -- defaults ------------------------------------------------------------------------------------------------

_JSON: Final[Mapping[str, tuple[type, ...]]] = {
    "null": (type(None),),
    "boolean": (bool,),
    "int": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "array": (list,),
    "map": (dict,),
    "record": (dict,),
    "error": (dict,),
}
"""How defaults are written in JSON; all other types as text."""


def unwritten(wanted: AvroType) -> Finding:
    """What a reader makes of a field that the writer does not write."""
    part = (wanted.name,)
    if not wanted.has_default:
        why = "the reader needs it and has no default, the writer does not write it"
        return Finding(sort=Sort.UNWRITTEN, part=part, answer=BREAKING, why=why)
    if not any(_fits(wanted.default, branch) for branch in alternatives(wanted.type)):
        why = f"the reader's default is no {wanted.type.type}, which not every library takes"
        return Finding(sort=Sort.UNWRITTEN, part=part, answer=UNKNOWN, why=why)
    why = "the reader takes its default, the writer does not write it"
    return Finding(sort=Sort.UNWRITTEN, part=part, answer=COMPATIBLE, why=why)


def _fits(default: object, schema: AvroType) -> bool:
    if isinstance(default, bool):
        return bool(schema.type == "boolean")
    return isinstance(default, _JSON.get(schema.type, (str,)))
