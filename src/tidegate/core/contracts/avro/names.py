"""What Avro types are called, and when the name of a writer's type is one that the reader knows."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from tidegate.core.contracts.avro.finding import Finding, Sort
from tidegate.core.contracts.compatibility import Compatibility

AvroType = Any
"""A type of the library, which leaves the attributes of its classes untyped."""

UNIONS: Final = ("union", "error_union")
RECORDS: Final = ("record", "error")
NAMED: Final = (*RECORDS, "enum", "fixed")


def alternatives(schema: AvroType) -> Sequence[AvroType]:
    """The branches of a union; of everything else itself."""
    return tuple(schema.schemas) if schema.type in UNIONS else (schema,)


def called(schema: AvroType) -> str:
    """What people call a type."""
    return str(schema.fullname) if schema.type in NAMED else str(schema.type)


def aliases(schema: AvroType) -> list[str]:
    """The aliases of a type or a field, as they are written."""
    given = schema.props.get("aliases")
    return [alias for alias in given if isinstance(alias, str)] if isinstance(given, list) else []


def same_name(reader: AvroType, writer: AvroType) -> bool:
    """Names match without their namespaces, aliases with them: one without has that of its type."""
    space = f"{reader.namespace}." if reader.namespace else ""
    known = [alias if "." in alias else f"{space}{alias}" for alias in aliases(reader)]
    return reader.name == writer.name or writer.fullname in known


def renamed(reader: AvroType, writer: AvroType) -> Iterator[Finding]:
    """A finding if the reader does not know the name that is written."""
    if not same_name(reader, writer):
        why = f"{writer.fullname} is written, {reader.fullname} is expected and has no such alias"
        yield Finding(sort=Sort.NAME, answer=Compatibility.BREAKING, why=why)
