"""Files of SDL as one schema: parsed and validated within limits, and where its parts stand.

Validation stops at the first few errors: for each of them graphql-core looks for names that are nearly right,
which costs as much as there are names.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from graphql import (
    DefinitionNode,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    InputValueDefinitionNode,
    NameNode,
    Node,
    Source,
    TypeSystemDefinitionNode,
    TypeSystemExtensionNode,
    build_ast_schema,
    parse,
    validate_schema,
)
from graphql.language import ParallelVisitor, visit
from graphql.validation import KnownDirectivesRule, SDLValidationContext
from graphql.validation.specified_rules import specified_sdl_rules

from tidegate.core.contracts.differences import Part
from tidegate.core.contracts.specification import Place, Specification
from tidegate.core.errors import Location, Problem

MOST_TEXT: Final = 4 * 1024 * 1024
"""In characters, over all files."""
MOST_TOKENS: Final = 500_000
MOST_ERRORS: Final = 20
MOST_GUESSES: Final = 5_000_000
"""How many names all defaults together may be compared with, should each be wrong."""

RULES: Final = tuple(rule for rule in specified_sdl_rules if rule is not KnownDirectivesRule)

_HELD: Final = ("fields", "values", "arguments")
_MEND: Final = "mend the schema; until then nothing is known of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """A schema, or why there is none (`doubts`); `nodes` are its definitions by part."""

    types: GraphQLSchema = field(default_factory=GraphQLSchema)
    nodes: Mapping[Part, Node] = field(default_factory=dict)
    doubts: tuple[Problem, ...] = ()

    def place(self, subject: Part) -> Place:
        """Where a part stands, or else what held it; a name alone if that is gone too."""
        path, around = ".".join(subject), subject
        while around and around not in self.nodes:
            around = around[:-1]
        location = _location(self.nodes[around]) if around else None
        return Place(path=path, file=location.file, line=location.line) if location else Place(path=path)


class _Invalid(Exception):  # noqa: N818 - it carries what is a value outside of this file
    """The files are no schema."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems


def read(specification: Specification) -> Schema:
    """The schema of all files together; operations among them are not looked at."""
    try:
        document = _document(specification.texts)
        return Schema(types=_types(document), nodes=dict(_parts(document.definitions)))
    except _Invalid as invalid:
        name = specification.name
        return Schema(
            doubts=tuple(
                Problem(message=f"{name}: {found.message}", location=found.location, hint=_MEND)
                for found in invalid.problems
            )
        )


def _document(texts: Mapping[str, str]) -> DocumentNode:
    if sum(map(len, texts.values())) > MOST_TEXT:
        raise _Invalid(Problem(message=f"more than {MOST_TEXT // 2**20} MiB of GraphQL"))
    left = MOST_TOKENS
    definitions: list[DefinitionNode] = []
    for name, text in sorted(texts.items()):
        if _says_something(text):
            document = _parsed(Source(text, name), left)
            definitions += document.definitions
            left -= sum(1 for _ in _tokens(document))
    of_schemas = (TypeSystemDefinitionNode, TypeSystemExtensionNode)
    return DocumentNode(definitions=tuple(found for found in definitions if isinstance(found, of_schemas)))


def _says_something(text: str) -> bool:
    """Whether there is more than comments, which the parser does not take for a document."""
    return any(line and not line.startswith("#") for line in map(str.strip, text.splitlines()))


def _parsed(source: Source, most_tokens: int) -> DocumentNode:
    try:
        return parse(source, max_tokens=max(most_tokens, 0))
    except GraphQLError as error:
        raise _Invalid(_problem(error)) from error


def _tokens(document: DocumentNode) -> Iterator[object]:
    token = document.loc.start_token if document.loc else None
    while token is not None:
        yield token
        token = token.next


def _types(document: DocumentNode) -> GraphQLSchema:
    errors: list[GraphQLError] = []

    def note(error: GraphQLError) -> None:
        errors.append(error)
        if len(errors) == MOST_ERRORS:
            raise _Invalid(*map(_problem, errors))

    context = SDLValidationContext(document, None, note)
    visit(document, ParallelVisitor([rule(context) for rule in RULES]))
    if _guesses(document) > MOST_GUESSES:
        raise _Invalid(Problem(message="too many defaults of too large types"))
    types = GraphQLSchema() if errors else _built(document)
    errors += [] if errors else validate_schema(types)[:MOST_ERRORS]
    if errors:
        raise _Invalid(*map(_problem, errors))
    return types


def _guesses(document: DocumentNode) -> int:
    """The cost of defaults that are all wrong: their values times the most names that one type has."""
    nodes = [node for _, node in _parts(document.definitions)]
    widest = max((len(getattr(node, held, None) or ()) for node in nodes for held in _HELD), default=0)
    defaults = (node.default_value for node in nodes if isinstance(node, InputValueDefinitionNode))
    places = (default.loc for default in defaults if default and default.loc)
    return widest * sum((place.end - place.start) // 2 + 1 for place in places)


def _built(document: DocumentNode) -> GraphQLSchema:
    try:
        return build_ast_schema(document, assume_valid_sdl=True)
    except (GraphQLError, TypeError, ValueError, RecursionError) as error:
        raise _Invalid(Problem(message=f"no schema can be made of it: {str(error)[:200]}")) from error


def _problem(error: GraphQLError) -> Problem:
    place = error.locations[0] if error.source and error.locations else None
    if error.nodes:
        location = _location(error.nodes[0])
    else:
        location = Location(file=error.source.name, line=place.line) if error.source and place else None
    return Problem(message=error.message, location=location)


def _location(node: Node) -> Location | None:
    """Where the name of a definition stands; its description may begin earlier."""
    name = getattr(node, "name", None)
    loc = name.loc if isinstance(name, NameNode) else node.loc
    return Location(file=loc.source.name, line=loc.start_token.line) if loc else None


def _parts(definitions: Iterable[Node], outer: Part = ()) -> Iterator[tuple[Part, Node]]:
    """Every named definition, with what it holds; of several the first, as extensions come later."""
    for definition in reversed([*definitions]):
        name = getattr(definition, "name", None)
        if isinstance(name, NameNode):
            directive = "@" if definition.kind.startswith("directive") else ""
            part = (*outer, directive + name.value)
            yield part, definition
            for held in _HELD:
                yield from _parts(getattr(definition, held, None) or (), part)
