"""A JSON body against a schema, in bounded time: `jsonschema`, with every step counted.

A schema can name itself twice in two places and so on, which takes for ever although it is short. So each keyword
that is tried costs as many steps as it has parts; after `MOST_STEPS` there is no answer, and that is said.
Nothing is fetched: a form refers to itself only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from json import dumps
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry

from tidegate.core.contracts.conformance.forms import Form
from tidegate.core.contracts.conformance.redaction import kind, pointer
from tidegate.core.contracts.specification import Value

MOST_STEPS: Final = 50_000
MOST_FINDINGS: Final = 5

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


class Exhausted(Exception):  # noqa: N818 - no defect: the schema takes too long
    """More steps were needed than are taken."""


@dataclass(slots=True)
class _Steps:
    left: int = MOST_STEPS

    def spend(self, number: int) -> None:
        self.left -= number
        if self.left < 0:
            raise Exhausted


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """A schema that bodies are held against, one after the other and not side by side: they share a counter."""

    form: Form
    validator: Validator
    steps: _Steps

    @classmethod
    def of(cls, form: Form) -> "Checker":
        """Ready for bodies."""
        steps = _Steps()
        keywords = {**KEYWORDS, "$ref": _referring(form)}
        counted = {word: _counted(keyword, steps) for word, keyword in keywords.items()}
        checked = extend(Draft202012Validator, counted)  # type: ignore[no-untyped-call]  # its stub has no types
        return cls(form=form, validator=checked(form.schema, registry=Registry()), steps=steps)

    def findings(self, body: Value) -> tuple[str, ...]:
        """What is wrong with a body, the first few of it, without its values.

        Raises `Exhausted` or `RecursionError` where that takes too long to tell.
        """
        self.steps.left = MOST_STEPS
        errors = islice(self.validator.iter_errors(body), MOST_FINDINGS)
        return tuple(dict.fromkeys(_finding(error, self.form) for error in errors))


def _counted(keyword: Keyword, steps: _Steps) -> Keyword:
    def spending(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        steps.spend(len(value) if isinstance(value, (list, dict)) else 1)
        return iter(keyword(validator, value, instance, schema) or ())

    return spending


def _referring(form: Form) -> Keyword:
    """The library resolves addresses in general; these are names."""

    def descending(validator: Any, value: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
        return iter(validator.descend(instance, form.target(value)))

    return descending


def _unique(_: Any, value: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    """In linear time: the library compares each with each where elements cannot be sorted."""
    if value and isinstance(instance, list):
        written = {dumps(_canonical(each), sort_keys=True) for each in instance}
        if len(written) < len(instance):
            yield ValidationError("has elements twice")


def _canonical(value: Value) -> Value:
    """Numbers that are equal are written alike."""
    if isinstance(value, list):
        return [_canonical(each) for each in value]
    if isinstance(value, dict):
        return {name: _canonical(each) for name, each in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


KEYWORDS: Final[dict[str, Keyword]] = {**Draft202012Validator.VALIDATORS, "uniqueItems": _unique}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Error:
    """An error of the library: which keyword with which value is broken by what."""

    keyword: str
    wanted: Any
    value: Any


def _finding(error: ValidationError, form: Form) -> str:
    """Where and what, in words that have no value of the body in them."""
    found = _Error(keyword=str(error.validator), wanted=error.validator_value, value=error.instance)
    place = pointer(error.absolute_path, form.declared) or "the body"
    return f"{place} {SENTENCES.get(found.keyword, _otherwise)(found)}"


def _type(error: _Error) -> str:
    wanted = [error.wanted] if isinstance(error.wanted, str) else error.wanted
    return f"is {kind(error.value)}, not {' or '.join(wanted)}"


def _required(error: _Error) -> str:
    """The library tells of each name by itself and does not say which; so all are told each time."""
    lacking = [name for name in error.wanted if name not in error.value]
    return f"lacks {', '.join(map(repr, lacking[:MOST_FINDINGS]))}"


def _choice(error: _Error) -> str:
    return f"is {kind(error.value)} and fits none, or too many, of {len(error.wanted)} schemas"


def _undeclared(_: _Error) -> str:
    return "has properties that are not declared"


def _enumerated(error: _Error) -> str:
    return f"is {kind(error.value)}, which is none of the declared values"


def _never(_: _Error) -> str:
    return "is there, and must not be"


def _otherwise(error: _Error) -> str:
    return f"is {kind(error.value)} and breaks `{error.keyword}`"


SENTENCES: Final[dict[str, Callable[[_Error], str]]] = {
    "type": _type,
    "required": _required,
    "anyOf": _choice,
    "oneOf": _choice,
    "enum": _enumerated,
    "const": _enumerated,
    "additionalProperties": _undeclared,
    "unevaluatedProperties": _undeclared,
    "None": _never,
}
"""`None` stands for a schema that is `false`."""
