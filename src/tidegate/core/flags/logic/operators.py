"""The table of operators that look at nothing but their arguments, all of which are asked.

An operator takes as many arguments as its bounds say: those that a rule leaves out are null, and those beyond are
passed over. One that takes any number says so by a bound that is left open.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tidegate.core.flags.logic import comparison, semver
from tidegate.core.flags.logic.limits import MOST_MERGED, MOST_TEXT, Exceeded
from tidegate.core.flags.logic.values import NAN, Number, number, rounded, text, truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """What is called with the answers of the arguments; `least` and `most` of them make sense."""

    call: Callable[..., Any]
    least: int
    most: int | None
    padded: bool = True


# -- numbers -----------------------------------------------------------------------------------------------


def _sum(*terms: Any) -> Number:
    return rounded(sum(map(number, terms)))


def _product(*factors: Any) -> Number:
    product: Number = 1
    for factor in factors:
        product = rounded(product * number(factor))
    return product


def _difference(left: Any, right: Any = None) -> Number:
    return rounded(-number(left) if right is None else number(left) - number(right))


def _quotient(left: Any, right: Any) -> Number:
    return number(left) / number(right)


def _remainder(left: Any, right: Any) -> Number:
    return number(left) % number(right)


def _least(*values: Any) -> Number:
    return min(map(number, values), default=NAN)


def _most(*values: Any) -> Number:
    return max(map(number, values), default=NAN)


# -- text --------------------------------------------------------------------------------------------------


def _joined(*parts: Any) -> str:
    joined = "".join(map(text, parts))
    if len(joined) > MOST_TEXT:
        raise Exceeded(f"text of {len(joined)} characters is longer than {MOST_TEXT}")
    return joined


def _part(value: Any, start: Any, length: Any = None) -> str:
    """A part of a text; a start or a length below zero counts from its end."""
    written = text(value)
    begin = _start(number(start), len(written))
    return written[begin : len(written) if length is None else _end(number(length), begin, len(written))]


def _start(position: Number, size: int) -> int:
    if position != position:  # noqa: PLR0124 - not a number
        return 0
    if position < 0:
        return size - int(-position) if -position < size else 0
    return size if position >= size else int(position)


def _end(length: Number, begin: int, size: int) -> int:
    if length != length:  # noqa: PLR0124 - not a number
        return begin
    return max(begin, size + int(length)) if int(length) < 0 else begin + int(length)


def _affix(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool | None]:
    """Null, so that no variant is chosen, where one of the two is not text."""

    def has(value: Any, affix: Any) -> bool | None:
        return test(value, affix) if isinstance(value, str) and isinstance(affix, str) else None

    return has


# -- lists -------------------------------------------------------------------------------------------------


def _merged(*parts: Any) -> list[Any]:
    merged: list[Any] = []
    for part in parts:
        merged.extend(part if isinstance(part, list) else (part,))
    if len(merged) > MOST_MERGED:
        raise Exceeded(f"a list of {len(merged)} elements is longer than {MOST_MERGED}")
    return merged


def _is_in(value: Any, whole: Any) -> bool:
    if isinstance(whole, list):
        return value in whole
    return isinstance(whole, str) and text(value) in whole


# -- the table ---------------------------------------------------------------------------------------------


def _exactly(count: int, call: Callable[..., Any]) -> Operator:
    return Operator(call=call, least=count, most=count)


def _from_to(least: int, most: int, call: Callable[..., Any]) -> Operator:
    return Operator(call=call, least=least, most=most)


def _any_number(call: Callable[..., Any]) -> Operator:
    return Operator(call=call, least=1, most=None)


def _only(count: int, call: Callable[..., Any]) -> Operator:
    """An operator of flagd: null unless there are just so many arguments."""
    return Operator(call=call, least=count, most=count, padded=False)


OPERATORS: Final[Mapping[str, Operator]] = {
    "==": _exactly(2, comparison.equal),
    "!=": _exactly(2, comparison.unequal),
    "===": _exactly(2, operator.eq),
    "!==": _exactly(2, operator.ne),
    "<": _from_to(2, 3, comparison.less),
    "<=": _from_to(2, 3, comparison.less_or_equal),
    ">": _from_to(2, 3, comparison.more),
    ">=": _from_to(2, 3, comparison.more_or_equal),
    "!": _exactly(1, lambda value: not truth(value)),
    "!!": _exactly(1, truth),
    "+": _any_number(_sum),
    "*": _any_number(_product),
    "-": _from_to(1, 2, _difference),
    "/": _exactly(2, _quotient),
    "%": _exactly(2, _remainder),
    "min": _any_number(_least),
    "max": _any_number(_most),
    "cat": _any_number(_joined),
    "substr": _from_to(2, 3, _part),
    "in": _exactly(2, _is_in),
    "merge": _any_number(_merged),
    "log": _exactly(1, lambda value: value),
    "starts_with": _only(2, _affix(str.startswith)),
    "ends_with": _only(2, _affix(str.endswith)),
    "sem_ver": _only(3, semver.compared),
}
"""`log` answers with its argument and writes nothing: what is known of a user does not belong into a log."""
