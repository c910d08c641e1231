"""What sort of specification a file is, by its name and by what it says of itself."""

from collections.abc import Callable, Mapping
from typing import Final

from tidegate.core.contracts.specification import Kind, Value

TEXT_SUFFIXES: Final[Mapping[str, Kind]] = {
    ".graphql": Kind.GRAPHQL,
    ".graphqls": Kind.GRAPHQL,
    ".gql": Kind.GRAPHQL,
    ".proto": Kind.PROTOBUF,
}
DOCUMENT_SUFFIXES: Final = (".json", ".yaml", ".yml", ".avsc")
TEXT_KINDS: Final = frozenset(TEXT_SUFFIXES.values())

COMPANIONS: Final[Mapping[Kind, frozenset[Kind]]] = {
    Kind.OPENAPI: frozenset({Kind.JSON_SCHEMA}),
    Kind.ASYNCAPI: frozenset({Kind.JSON_SCHEMA, Kind.AVRO}),
}
"""Kinds with one root document, and what may stand beside it because it is referred to."""

SCHEMA_WORDS: Final = frozenset(
    {
        *("$schema", "$id", "$defs", "$ref", "definitions", "properties", "items"),
        *("allOf", "anyOf", "oneOf", "enum", "const"),
    }
)
SCHEMA_TYPES: Final = ("object", "array", "string", "number", "integer", "boolean", "null")
AVRO_TYPES: Final = ("record", "enum", "fixed", "error")

Fields = Mapping[str, Value]

MARKS: Final[Mapping[Kind, tuple[str, Callable[[Fields], bool]]]] = {
    Kind.OPENAPI: ("openapi: or swagger:", lambda it: "openapi" in it or "swagger" in it),
    Kind.ASYNCAPI: ("asyncapi:", lambda it: "asyncapi" in it),
    Kind.PACT: (
        "consumer:, provider: and interactions: or messages:",
        lambda it: {"consumer", "provider"} <= it.keys() and bool({"interactions", "messages"} & it.keys()),
    ),
    Kind.AVRO: ("type: record with a name", lambda it: "name" in it and it.get("type") in AVRO_TYPES),
    Kind.JSON_SCHEMA: (
        "the keywords of JSON Schema",
        lambda it: bool(SCHEMA_WORDS & it.keys()) or it.get("type") in SCHEMA_TYPES,
    ),
}
"""What a document of each kind says of itself, the surest first."""

LOOKED_FOR: Final = "; ".join(
    [
        *(f"{kind} says {words}" for kind, (words, _) in MARKS.items()),
        "the names of Protobuf and GraphQL files end in .proto, .graphql, .graphqls or .gql",
    ]
)


def text_kind(name: str) -> Kind | None:
    """The kind of a file that is no YAML or JSON, by its name."""
    return next((kind for suffix, kind in TEXT_SUFFIXES.items() if name.lower().endswith(suffix)), None)


def document_kind(name: str, value: Value) -> Kind | None:
    """The kind of a document, or nothing where it says none: a part of another one, or something else."""
    if name.lower().endswith(".avsc"):
        return Kind.AVRO
    if not isinstance(value, dict):
        return None
    return next((kind for kind, (_, says) in MARKS.items() if says(value)), None)
