"""Files of tidegate's own kinds: found by kind, checked against their published schema, with file and line.

    tree, problems = read_kind(Path("change.yaml"), "Change")
    tree.at("spec", "releases", 0, "service").text        # "ledger"
    tree.at("spec", "releases", 0).key("service")          # Location(file="change.yaml", line=9)

A kind is published by dropping its JSON Schema (draft 2020-12) into `schemas/`; its name is the schema's
`properties.kind.const`. What the messages below need from a schema:

* `title` on a subschema with a `pattern` names the form that is asked for ("a share of traffic such as 5%");
* `description` on a property is what an editor shows, and the hint where the field is missing;
* alternatives are best written as optional properties with `minProperties` and `maxProperties` of one, and
  values of several shapes as a list of `type`s: their messages are better than those of `oneOf`.

A reader checks what a schema cannot say on the same tree: asking a `Node` for what is missing or of another
shape answers with nothing, so its checks can run on a broken file too and all problems are told at once.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import jsonschema
from jsonschema.exceptions import ValidationError, relevance
from jsonschema.protocols import Validator

from tidegate.core.errors import Location, Problem
from tidegate.sources import tree
from tidegate.sources.tree import LIMITS, Limits, Node
from tidegate.sources.words import did_you_mean, listed, quoted

API_VERSION: Final = "tidegate.dev/v1alpha1"
Schema = Mapping[str, Any]
_FOLDER: Final = resources.files("tidegate.sources") / "schemas"


@cache
def schemas() -> Mapping[str, Schema]:
    """The published schemas by kind."""
    names = (file.name for file in _FOLDER.iterdir() if file.name.endswith(".json"))
    loaded = map(load_schema, names)
    by_kind = {schema["properties"]["kind"]["const"]: schema for schema in loaded}
    return dict(sorted(by_kind.items()))


@cache
def load_schema(name: str) -> Schema:
    """A schema by the name of its file under `schemas/`."""
    schema: Schema = json.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return schema


def read_kind(path: Path, kind: str, limits: Limits = LIMITS) -> tuple[Node, tuple[Problem, ...]]:
    """The one document of a file of `kind`, and everything that its schema finds wrong with it.

    The tree is usable even where there are problems, `NOTHING` if need be. Messages name `path` as given.
    """
    parsed = tree.read(path, limits)
    root, *more = parsed.documents or (tree.NOTHING,)
    if not parsed.complete:
        return root, parsed.problems
    if not root and not parsed.problems:
        place = Location(file=str(path), line=1)
        return root, (Problem(message="nothing in this file", location=place, hint=f"write a {kind}"),)
    extra = [
        node.problem(f"a {kind} is one document a file", "move this one to a file of its own")
        for node in more
    ]
    return root, in_order([*parsed.problems, *extra, *_check_kind(root, kind)])


def _check_kind(root: Node, kind: str) -> Iterable[Problem]:
    found = root.at("kind").text
    if found != kind and found in schemas():
        return [root.at("kind").problem(f"this is a {found}, not a {kind}", f"give a file with kind: {kind}")]
    return check(root, schemas()[kind])


def check(root: Node, schema: Schema) -> list[Problem]:
    """Everything in the tree that a schema does not allow, in the words of whoever wrote the file."""
    validator = _validator(schema)
    found: list[Problem] = []
    for error in validator.iter_errors(root.plain()):
        found.extend(_problems(root, error))
    return found


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once, by file and line."""
    start = Location(file="", line=0)
    return tuple(sorted(dict.fromkeys(problems), key=lambda found: (found.location or start, found.message)))


# -- the validator -------------------------------------------------------------------------------------------


def _pattern(_: Validator, pattern: str, instance: object, __: Schema) -> Iterator[ValidationError]:
    """As in ECMAScript, where `$` is the end of the text and never a line break before it."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_extend: Callable[..., Any] = jsonschema.validators.extend
_Validator: Any = _extend(jsonschema.Draft202012Validator, {"pattern": _pattern})
_built: dict[int, tuple[Schema, Any]] = {}


def _validator(schema: Schema) -> Any:
    """A validator for each schema, made once: the check of a large catalog asks for it thousands of times."""
    _, validator = _built.setdefault(id(schema), (schema, _Validator(schema)))
    return validator


# -- from a validation error to a message --------------------------------------------------------------------


class _Finding:
    """One validation error, with the part of the tree that it is about."""

    def __init__(self, root: Node, error: ValidationError) -> None:
        path = tuple(error.absolute_path)
        self.error = error
        self.schema: Schema = error.schema if isinstance(error.schema, Mapping) else {}
        self.node = root.at(*path)
        self.name = spelled(path)
        self.place = place(root, path)

    @property
    def rule(self) -> Any:
        return self.error.validator_value

    @property
    def words(self) -> str:
        """The value as written, or what sort of thing it is."""
        return quoted(self.node.written) if self.node.written else SORTS[type(self.error.instance)]

    def problem(self, message: str, hint: str = "") -> Problem:
        return Problem(message=message, location=self.place, hint=hint)


SORTS: Final[Mapping[type, str]] = {
    dict: "a mapping",
    list: "a list",
    str: "an empty text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "nothing",
}

TYPES: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing",
}


def spelled(path: Iterable[str | int]) -> str:
    """A path as people write it: `spec.releases[0].provides['a.b']`."""
    spelling = ""
    for part in path:
        if isinstance(part, int):
            spelling += f"[{part}]"
        elif re.fullmatch(r"[\w-]+", part):
            spelling += f".{part}"
        else:
            spelling += f"[{quoted(part)}]"
    return spelling.removeprefix(".") or "the file"


def place(root: Node, path: tuple[str | int, ...]) -> Location:
    """A scalar's own line; for everything else the line of the name it was given under."""
    node = root.at(*path)
    scalar = node and not isinstance(node.value, (tuple, MappingProxyType))
    if path and isinstance(name := path[-1], str) and not scalar:
        return root.at(*path[:-1]).key(name)
    return node.location


def _unknown_fields(found: _Finding) -> Iterator[Problem]:
    known = list(found.schema.get("properties", {}))
    for name in found.node.fields:
        if name not in known:
            hint = did_you_mean(name, known) or f"known here: {listed(known)}"
            message = f"unknown field {quoted(name)} in {found.name}"
            yield Problem(message=message, location=found.node.key(name), hint=hint)


def _missing_field(found: _Finding) -> Iterator[Problem]:
    missing = next(name for name in found.rule if f"{name!r} is" in found.error.message)
    described = found.schema.get("properties", {}).get(missing, {}).get("description", "")
    yield found.problem(f"{found.name} lacks {quoted(missing)}", described.rstrip("."))


def _wrong_type(found: _Finding) -> Iterator[Problem]:
    wanted = [found.rule] if isinstance(found.rule, str) else found.rule
    names = " or ".join(TYPES[name] for name in wanted)
    yield found.problem(f"{found.name} must be {names}, not {found.words}", _remedy(found, wanted))


def _remedy(found: _Finding, wanted: list[str]) -> str:
    """What to write where YAML took a text for something else, or where something else was meant."""
    title: str = found.schema.get("title", "") if found.error.absolute_path else ""
    written = found.node.written
    if "string" not in wanted or not written:
        return title
    fits = re.search(found.schema.get("pattern", ""), written)
    return f'put it in quotes: "{written}"' if fits else f"write {title}"


def _not_a_word(found: _Finding) -> Iterator[Problem]:
    allowed = [str(word) for word in found.rule] if isinstance(found.rule, list) else [str(found.rule)]
    guess = did_you_mean(found.node.written, allowed)
    hint = f"{guess} allowed: {listed(allowed)}".strip()
    yield found.problem(f"{found.words} is not allowed for {found.name}", hint)


def _wrong_form(found: _Finding) -> Iterator[Problem]:
    wanted = found.schema.get("title", f"of the form {found.rule}")
    yield found.problem(f"{found.name} is {found.words}, which is not {wanted}")


def _empty(found: _Finding) -> Iterator[Problem]:
    yield found.problem(f"{found.name} is empty", found.schema.get("description", "").rstrip("."))


def _one_of_fields(found: _Finding) -> Iterator[Problem]:
    known = listed(found.schema.get("properties", {}))
    given = listed(found.node.fields)
    yield found.problem(f"{found.name} must have exactly one of {known}, not {given or 'none'}")


def _bound(words: str) -> Callable[[_Finding], Iterator[Problem]]:
    def problem(found: _Finding) -> Iterator[Problem]:
        yield found.problem(f"{found.name} must be {words} {found.rule}, not {found.words}")

    return problem


def _wrong_name(found: _Finding) -> Iterator[Problem]:
    """`propertyNames`: the name of a field is not of the form asked for."""
    name = str(found.error.instance)
    wanted = found.schema.get("title", "a name that is allowed here")
    yield Problem(message=f"{quoted(name)} in {found.name} is not {wanted}", location=found.node.key(name))


def _otherwise(found: _Finding) -> Iterator[Problem]:
    yield found.problem(f"{found.name}: {found.error.message}")


MESSAGES: Final[Mapping[str, Callable[[_Finding], Iterator[Problem]]]] = {
    "additionalProperties": _unknown_fields,
    "unevaluatedProperties": _unknown_fields,
    "required": _missing_field,
    "type": _wrong_type,
    "enum": _not_a_word,
    "const": _not_a_word,
    "pattern": _wrong_form,
    "minItems": _empty,
    "minLength": _empty,
    "minProperties": _empty,
    "maxProperties": _one_of_fields,
    "minimum": _bound("at least"),
    "maximum": _bound("at most"),
    "exclusiveMinimum": _bound("more than"),
    "exclusiveMaximum": _bound("less than"),
    "maxLength": _bound("not longer than"),
    "maxItems": _bound("not longer than"),
}


def _problems(root: Node, error: ValidationError) -> Iterator[Problem]:
    while error.context:  # of alternatives, the one that came nearest
        error = min(error.context, key=relevance)
    found = _Finding(root, error)
    if "propertyNames" in error.absolute_schema_path:
        return _wrong_name(found)
    if error.validator == "minProperties" and "maxProperties" in found.schema:
        return _one_of_fields(found)
    return MESSAGES.get(str(error.validator), _otherwise)(found)
