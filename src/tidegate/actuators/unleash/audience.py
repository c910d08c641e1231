"""An audience as Unleash says it: a rule in JSONLogic becomes constraints, all of which must hold.

What can be said in both and means the same is translated; the rest is refused, so that nobody is exposed whom the
rule leaves out:

    == != in starts_with ends_with      of a field and texts
    == < <= > >=                        of a field and a number
    sem_ver with = < <= > >=            of a field and a full version
    and                                 of all of these
    or                                  of texts for one field and one operator
    !                                   of one test of texts

A field that somebody does not have makes a test fail, also `<` of a number, which JSONLogic takes for zero.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, Final

from tidegate.core.errors import TidegateError
from tidegate.sources.words import quoted

TARGETING_KEY: Final = "targetingKey"
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?")


class Untranslatable(TidegateError):  # noqa: N818 - says what the rule is
    """A rule says what constraints of Unleash cannot; never leaves the actuator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """One test of one field of the context, under the operator's name in Unleash."""

    field: str
    operator: str
    values: tuple[str, ...]
    inverted: bool = False

    @property
    def of_texts(self) -> bool:
        """Whether it holds for any of several texts; the others compare with one value."""
        return self.operator == "IN" or self.operator.startswith("STR_")

    @property
    def wire(self) -> dict[str, Any]:
        """As Unleash's API takes it."""
        value = {"values": list(self.values)} if self.of_texts else {"value": self.values[0]}
        return {
            "contextName": self.field,
            "operator": self.operator,
            "inverted": self.inverted,
            "caseInsensitive": False,
            **value,
        }


def constraints(rule: str, stickiness: str) -> tuple[Constraint, ...]:
    """What a rule in JSONLogic, as JSON text, asks of somebody; nothing of everyone.

    `stickiness` is the field that holds the targeting key. Raises `Untranslatable`.
    """
    if not rule:
        return ()
    try:
        found = _all_of(json.loads(rule))
    except (ValueError, RecursionError):
        raise Untranslatable("the rule is not JSON") from None
    return tuple(replace(each, field=stickiness) if each.field == TARGETING_KEY else each for each in found)


# -- operators -----------------------------------------------------------------------------------------------


def _all_of(rule: object) -> tuple[Constraint, ...]:
    operator, arguments = _operation(rule)
    if operator == "and":
        return tuple(found for each in arguments for found in _all_of(each))
    return (_one(rule),)


def _one(rule: object) -> Constraint:
    operator, arguments = _operation(rule)
    translate = _OPERATORS.get(operator)
    if translate is None:
        raise Untranslatable(f"{quoted(operator)} has no counterpart among its constraints")
    return translate(operator, arguments)


def _operation(rule: object) -> tuple[str, list[Any]]:
    if not isinstance(rule, Mapping) or len(rule) != 1:
        raise Untranslatable(f"{_shown(rule)} is no test of a field")
    ((operator, arguments),) = rule.items()
    return operator, arguments if isinstance(arguments, list) else [arguments]


def _equals(operator: str, arguments: list[Any]) -> Constraint:
    field, value = _field_and_value(operator, arguments)
    if isinstance(value, str):
        return Constraint(field=field, operator="IN", values=(_text(value),))
    return Constraint(field=field, operator="NUM_EQ", values=(_number(value),))


def _differs(_: str, arguments: list[Any]) -> Constraint:
    return _inverted(_equals("!=", arguments))


def _not(operator: str, arguments: list[Any]) -> Constraint:
    if len(arguments) != 1:
        raise Untranslatable(f"{quoted(operator)} takes one test")
    return _inverted(_one(arguments[0]))


def _in(operator: str, arguments: list[Any]) -> Constraint:
    """A field among texts, or a text within a field."""
    if len(arguments) == 2 and isinstance(arguments[0], str):
        return Constraint(field=_field(arguments[1]), operator="STR_CONTAINS", values=(_text(arguments[0]),))
    field, texts = _field_and_value(operator, arguments)
    if not isinstance(texts, list) or not texts:
        raise Untranslatable(f"{_shown(texts)} is no list of texts")
    return Constraint(field=field, operator="IN", values=tuple(map(_text, texts)))


def _part(operator: str, arguments: list[Any]) -> Constraint:
    field, value = _field_and_value(operator, arguments)
    return Constraint(field=field, operator=f"STR_{operator.upper()}", values=(_text(value),))


def _compared(operator: str, arguments: list[Any]) -> Constraint:
    field, value = _field_and_value(operator, arguments)
    return Constraint(field=field, operator=f"NUM_{_COMPARED[operator]}", values=(_number(value),))


def _version(_: str, arguments: list[Any]) -> Constraint:
    if len(arguments) != 3 or arguments[1] not in _VERSIONS:
        raise Untranslatable(f"'sem_ver' is known with {' '.join(_VERSIONS)} between a field and a version")
    version = _text(arguments[2])
    if not _VERSION.fullmatch(version):
        raise Untranslatable(f"{quoted(version)} is no full version such as 2.1.0")
    operator = f"SEMVER_{_VERSIONS[arguments[1]]}"
    return Constraint(field=_field(arguments[0]), operator=operator, values=(version,))


def _any_of(_: str, arguments: list[Any]) -> Constraint:
    """Texts that one field may have, tested alike."""
    first, *more = map(_one, arguments) if arguments else (None,)
    if first is None or any(_alike(each) != _alike(first) for each in more) or not _plain(first):
        raise Untranslatable("'or' is known for texts of one field, tested with one operator")
    texts = dict.fromkeys(text for each in (first, *more) for text in each.values)
    return replace(first, values=tuple(texts))


_COMPARED: Final = {"<": "LT", "<=": "LTE", ">": "GT", ">=": "GTE"}
_VERSIONS: Final = {"=": "EQ", **_COMPARED}
_OPERATORS: Final[Mapping[str, Callable[[str, list[Any]], Constraint]]] = {
    "==": _equals,
    "===": _equals,
    "!=": _differs,
    "!==": _differs,
    "!": _not,
    "in": _in,
    "or": _any_of,
    "starts_with": _part,
    "ends_with": _part,
    "sem_ver": _version,
    **dict.fromkeys(_COMPARED, _compared),
}

# -- their parts ---------------------------------------------------------------------------------------------


def _plain(constraint: Constraint) -> bool:
    return constraint.of_texts and not constraint.inverted


def _alike(constraint: Constraint) -> Constraint:
    return replace(constraint, values=())


def _inverted(constraint: Constraint) -> Constraint:
    if not constraint.of_texts:
        raise Untranslatable("a number or a version that is not so has no counterpart among its constraints")
    return replace(constraint, inverted=not constraint.inverted)


def _field_and_value(operator: str, arguments: list[Any]) -> tuple[str, Any]:
    if len(arguments) != 2:
        raise Untranslatable(f"{quoted(operator)} takes a field and a value")
    return _field(arguments[0]), arguments[1]


def _field(value: object) -> str:
    """The name of a field; Unleash knows no fields within fields."""
    name = value.get("var") if isinstance(value, Mapping) and len(value) == 1 else None
    if isinstance(name, list) and len(name) == 1:
        name = name[0]
    if not isinstance(name, str) or not name or "." in name:
        raise Untranslatable(f"{_shown(value)} is no field of the context")
    return name


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise Untranslatable(f"{_shown(value)} is no text")
    return value


def _number(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise Untranslatable(f"{_shown(value)} is neither text nor number")
    return f"{value}"


def _shown(value: object) -> str:
    return quoted(json.dumps(value))
