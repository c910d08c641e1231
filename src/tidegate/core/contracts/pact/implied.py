"""Does a schema imply what a matcher demands? Then every answer that keeps to the schema satisfies the consumer.

Where a schema lists its values, each is put to the matcher. Otherwise types decide the matchers of type, an equal
anchored pattern those of regex, formats those of dates; of all else a schema cannot speak. An exact value is not asked
of the schema, only that it is possible: which value comes is a matter of the provider's state. For the same reason
nothing is asked about the length of lists.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from tidegate.core.contracts.pact.fits import named
from tidegate.core.contracts.pact.found import CheckRule, Gap
from tidegate.core.contracts.pact.matchers import SORTS, Question, ask, shown, sort_of
from tidegate.core.contracts.pact.model import Content, Matcher
from tidegate.core.contracts.schemas.shape import NUMBERS, Shape, Type

SORT_TYPES: Final[Mapping[str, frozenset[Type]]] = {
    **{name: frozenset({Type(name)}) for name, _ in SORTS if name != "number"},
    "number": NUMBERS,
}
MATCHER_TYPES: Final[Mapping[str, frozenset[Type]]] = {
    "integer": frozenset({Type.INTEGER}),
    "decimal": frozenset({Type.FRACTION}),
    "number": NUMBERS,
    "boolean": frozenset({Type.BOOLEAN}),
    "null": frozenset({Type.NULL}),
}
FORMATS: Final = {"date": "date", "datetime": "date-time", "timestamp": "date-time", "time": "time"}
ISO_PATTERNS: Final = {"date": "yyyy-MM-dd"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A matcher on an example, and the shape of what may come."""

    matcher: Matcher
    expected: Content
    shape: Shape
    path: str
    textual: bool = False

    def gap(self, rule: CheckRule, reason: str, keyword: str = "type") -> Gap:
        """Why the demand is not implied."""
        return Gap(rule=rule, path=self.path, reason=reason, at=self.shape.place(keyword))


def gaps(demand: Demand) -> Iterator[Gap]:
    """Why the schema does not imply the demand; nothing where it does."""
    if demand.shape.values is not None:
        yield from _listed(demand)
    else:
        gap = IMPLIED.get(demand.matcher.name, _unsaid)(demand)
        yield from [gap] if gap else []


def _listed(demand: Demand) -> Iterator[Gap]:
    """A matcher against each value that the schema lists."""
    question = Question(matcher=demand.matcher, expected=demand.expected, actual=None, textual=demand.textual)
    for text in demand.shape.values or ():
        miss = ask(replace(question, actual=json.loads(text)))
        if miss:
            rule = CheckRule.MATCHER_NOT_IMPLIED if miss.undecided else CheckRule.MATCHER_VIOLATED
            yield demand.gap(rule, f"may be such that it {miss.reason}", "enum")
            return


def _type(demand: Demand) -> Gap | None:
    return _of_types(demand, SORT_TYPES[sort_of(demand.expected)])


def _sort(demand: Demand) -> Gap | None:
    return _of_types(demand, MATCHER_TYPES[demand.matcher.name])


def _of_types(demand: Demand, wanted: frozenset[Type]) -> Gap | None:
    other = demand.shape.types - wanted
    if not other or (demand.textual and wanted == {Type.STRING}):
        return None
    reason = f"may be {named(other)}, where the consumer takes {named(wanted)} only"
    return demand.gap(CheckRule.TYPE, reason)


def _decimal(demand: Demand) -> Gap | None:
    if demand.shape.types >= {Type.FRACTION} and demand.shape.types <= NUMBERS:
        return demand.gap(
            CheckRule.MATCHER_NOT_IMPLIED, "may be written without decimals: a schema cannot say"
        )
    return _sort(demand)


def _regex(demand: Demand) -> Gap | None:
    pattern = demand.matcher.arguments.get("regex")
    wanted = {f"{start}{_bare(pattern)}{end}" for start in ("^", r"\A") for end in ("$", r"\z", r"\Z")}
    if wanted & demand.shape.words.get("pattern", frozenset()):
        return None
    reason = f"may be a text that is not of /{pattern}/: the schema does not say so"
    return demand.gap(CheckRule.MATCHER_NOT_IMPLIED, reason, "pattern")


def _bare(pattern: object) -> str:
    return str(pattern).removeprefix("^").removesuffix("$")


def _date(demand: Demand) -> Gap | None:
    kind, arguments = demand.matcher.name, demand.matcher.arguments
    pattern = arguments.get("format") or arguments.get(kind) or arguments.get("timestamp")
    wanted = FORMATS[kind]
    if wanted in demand.shape.words.get("format", ()) and pattern in (None, "", ISO_PATTERNS.get(kind)):
        return None
    reason = f"may be a text that is not {kind} {pattern or ''}".rstrip() + ": the schema does not say so"
    return demand.gap(CheckRule.MATCHER_NOT_IMPLIED, reason, "format")


def _not_empty(demand: Demand) -> Gap | None:
    bound = demand.shape.bounds.get("minLength")
    if demand.shape.types != {Type.STRING} or (bound and bound[0] > 0):
        return None
    return demand.gap(
        CheckRule.MATCHER_NOT_IMPLIED, "may be empty: the schema has no `minLength`", "minLength"
    )


def _unsaid(demand: Demand) -> Gap | None:
    reason = f'is under the matcher "{demand.matcher.name}" ({shown(demand.expected)}), of which a schema cannot speak'
    return demand.gap(CheckRule.MATCHER_NOT_IMPLIED, reason)


IMPLIED: Final[Mapping[str, Callable[[Demand], Gap | None]]] = {
    "type": _type,
    **dict.fromkeys(("integer", "number", "boolean", "null"), _sort),
    "decimal": _decimal,
    "regex": _regex,
    **dict.fromkeys(FORMATS, _date),
    "notEmpty": _not_empty,
}
