"""A schema of OpenAPI, with everything that it refers to, as one document of JSON Schema 2020-12.

OpenAPI 3.1 is that already but for references into other files. OpenAPI 3.0 and Swagger 2 write `nullable` and
boolean exclusive limits, and words beside `$ref` count for nothing in them. In an answer a property that is only
ever written (`writeOnly`) is not required. Keywords that assert nothing are left out.

So are patterns. A schema without them allows more, and nothing may be held against an answer because of that: where
any is left out, `oneOf` is read as `anyOf`, and what turns more into less (`not`, `if`, `maxContains`) is dropped.

Everything is checked for its form on the way, so that no later reader stumbles: a keyword of another form is a
doubt. Each place is visited once, and at most `MOST_SCHEMAS` of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from tidegate.core.contracts.specification import Cursor, Unresolved, Value

MOST_SCHEMAS: Final = 20_000
DEFINITIONS: Final = "#/$defs/"

Schema = dict[str, Value]
Check = Callable[[Value], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A schema that stands by itself, the names of all properties in it, and what could not be read."""

    schema: Schema
    definitions: Schema
    declared: frozenset[str]
    doubts: tuple[str, ...]

    def target(self, reference: str) -> Value:
        """What a reference in it names."""
        return self.definitions[reference.removeprefix(DEFINITIONS)]


def form_of(cursor: Cursor, *, old: bool) -> Form:
    """The schema at a place; `old` for OpenAPI 3.0 and Swagger 2."""
    work = _Work(old=old)
    root = work.reference(cursor)
    while work.waiting:
        target = work.waiting.pop()
        work.definitions[work.names[target.file, target.pointer]] = work.converted(target)
    definitions: Schema = dict(work.definitions)
    if work.left_out:
        definitions = {name: _softened(schema) for name, schema in definitions.items()}
    return Form(
        schema={"$ref": root, "$defs": definitions},
        definitions=definitions,
        declared=frozenset(work.declared),
        doubts=tuple(work.doubts),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A conversion under way."""

    old: bool
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    waiting: list[Cursor] = field(default_factory=list)
    definitions: dict[str, Value] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)
    left_out: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def reference(self, cursor: Cursor) -> str:
        """The name of a place in the new document; it is converted later, once."""
        place = cursor.file, cursor.pointer
        if place not in self.names:
            self.names[place] = str(len(self.names))
            self.waiting.append(cursor)
        return f"{DEFINITIONS}{self.names[place]}"

    def schema(self, cursor: Cursor) -> Value:
        """A schema below another."""
        return {"$ref": self.reference(cursor)}

    def converted(self, cursor: Cursor) -> Value:
        """A schema with those below it as references."""
        if isinstance(cursor.value, bool):
            return cursor.value
        if not isinstance(cursor.value, dict):
            return self._doubt(cursor, "is no schema")
        if len(self.names) > MOST_SCHEMAS:
            return self._doubt(cursor, f"is one of more than {MOST_SCHEMAS:,} schemas")
        if "$ref" in cursor.value:
            return self._referring(cursor)
        return self._words(cursor)

    def _referring(self, cursor: Cursor) -> Value:
        target = cursor.resolved()
        if isinstance(target, Unresolved):
            return self._doubt(cursor, f"the $ref '{target.ref}' {target.reason}")
        beside = {} if self.old else {word: value for word, value in cursor.mapping.items() if word != "$ref"}
        written = self._words(replace(cursor, value=beside))
        return {**written, "$ref": self.reference(target)}

    def _words(self, cursor: Cursor) -> Schema:
        found: Schema = {}
        for word, value in cursor.fields():
            if word in BELOW:
                found[word] = BELOW[word](self, value)
            elif word in ASSERTED and self._well_formed(word, value):
                found[word] = value.value
            elif word in LEFT_OUT:
                self.left_out.append(word)
            elif word in UNREADABLE:
                self._doubt(value, f"`{word}` is not followed")
        return self._answered(cursor, self._modern(cursor, found))

    def _well_formed(self, word: str, value: Cursor) -> bool:
        boolean = self.old and word in EXCLUSIVE and isinstance(value.value, bool)
        if not boolean and not ASSERTED[word](value.value):
            self._doubt(value, f"`{word}` has another form than it must")
            return False
        return True

    def _modern(self, cursor: Cursor, found: Schema) -> Schema:
        """What OpenAPI 3.0 and Swagger 2 write in other words."""
        for exclusive, limit in EXCLUSIVE.items():
            if isinstance(found.get(exclusive), bool):
                strict = found.pop(exclusive) is True and limit in found
                found |= {exclusive: found.pop(limit)} if strict else {}
        nullable = self.old and any(cursor.mapping.get(word) is True for word in NULLABLE)
        if nullable and isinstance(found.get("type"), str):
            found["type"] = [found["type"], "null"]
        return found

    def _answered(self, cursor: Cursor, found: Schema) -> Schema:
        """What holds of answers, and of names that no pattern was tried on."""
        required = found.get("required")
        if isinstance(required, list):
            found["required"] = [name for name in required if not _write_only(cursor, str(name))]
        if "patternProperties" in cursor.mapping:
            found.pop("additionalProperties", None)
            found.pop("unevaluatedProperties", None)
        return found

    def _doubt(self, cursor: Cursor, message: str) -> bool:
        self.doubts.append(f"{cursor.file}#{cursor.pointer}: {message}")
        return True


def _softened(schema: Value) -> Value:
    """A schema that means no more than it says although schemas below it say less than was written."""
    if not isinstance(schema, dict):
        return schema
    soft = {word: value for word, value in schema.items() if word not in TURNING}
    some, every = soft.pop("oneOf", None), soft.get("allOf")
    if some is not None:
        soft["allOf"] = [*(every if isinstance(every, list) else ()), {"anyOf": some}]
    return soft


def _write_only(cursor: Cursor, name: str) -> bool:
    declared = cursor.at("properties", name).resolved()
    return isinstance(declared, Cursor) and declared.mapping.get("writeOnly") is True


# -- what stands below a keyword -----------------------------------------------------------------------------


def _one(work: _Work, cursor: Cursor) -> Value:
    return work.schema(cursor)


def _rest(work: _Work, cursor: Cursor) -> Value:
    """What is left over: mostly all or nothing, of which errors speak as a whole."""
    return cursor.value if isinstance(cursor.value, bool) else work.schema(cursor)


def _some(work: _Work, cursor: Cursor) -> Value:
    return [work.schema(each) for each in cursor.elements()] or [True]


def _named(work: _Work, cursor: Cursor) -> Value:
    work.declared.update(cursor.mapping)
    return {name: work.schema(each) for name, each in cursor.fields()}


BELOW: Final[Mapping[str, Callable[[_Work, Cursor], Value]]] = {
    **dict.fromkeys(("items", "not", "if", "then", "else", "contains"), _one),
    **dict.fromkeys(("propertyNames", "unevaluatedItems"), _one),
    **dict.fromkeys(("additionalProperties", "unevaluatedProperties"), _rest),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _some),
    **dict.fromkeys(("properties", "dependentSchemas"), _named),
}


# -- what a keyword may hold ---------------------------------------------------------------------------------


def _number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _count(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _names(value: Value) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _types(value: Value) -> bool:
    listed = value if isinstance(value, list) else [value]
    return all(isinstance(each, str) and each in TYPES for each in listed)


TYPES: Final = frozenset({"null", "boolean", "object", "array", "number", "integer", "string"})
NULLABLE: Final = ("nullable", "x-nullable")
EXCLUSIVE: Final = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
LEFT_OUT: Final = frozenset({"pattern", "patternProperties"})
TURNING: Final = frozenset({"not", "if", "then", "else", "maxContains"})
UNREADABLE: Final = frozenset({"$dynamicRef", "$recursiveRef"})

ASSERTED: Final[Mapping[str, Check]] = {
    "type": _types,
    "enum": lambda value: isinstance(value, list),
    "const": lambda _: True,
    "required": _names,
    "multipleOf": lambda value: isinstance(value, (int, float)) and value > 0,
    "uniqueItems": lambda value: isinstance(value, bool),
    "dependentRequired": lambda value: isinstance(value, dict) and all(map(_names, value.values())),
    **dict.fromkeys(("minimum", "maximum", *EXCLUSIVE), _number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _count),
    **dict.fromkeys(("minProperties", "maxProperties", "minContains", "maxContains"), _count),
}
