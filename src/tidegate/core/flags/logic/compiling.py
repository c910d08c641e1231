"""A rule as a function: each of its operations becomes one, with those of its arguments inside."""

from collections.abc import Callable
from typing import Any, Final

from tidegate.core.flags.definitions import Json
from tidegate.core.flags.logic.constants import NOTHING, Constant, Logic, together
from tidegate.core.flags.logic.forms import FORMS
from tidegate.core.flags.logic.limits import MOST_DEPTH, Exceeded
from tidegate.core.flags.logic.operators import OPERATORS, Operator


class UnknownOperator(Exception):  # noqa: N818 - names the operator, which is the error
    """A rule came to an operation that there is not; it may be in a branch that is hardly ever taken."""


def compiled(rule: Json, depth: int = 0) -> Logic:
    """The function of a rule; raises `Exceeded` where it is nested too deeply."""
    if depth > MOST_DEPTH:
        raise Exceeded(f"a rule nested deeper than {MOST_DEPTH} levels")
    if isinstance(rule, list):
        return together(_each(rule, depth))
    if isinstance(rule, dict) and len(rule) == 1:
        ((name, args),) = rule.items()
        return _operation(name, _each(args if isinstance(args, list) else [args], depth))
    return Constant(rule)


def _each(rules: list[Json], depth: int) -> tuple[Logic, ...]:
    return tuple(compiled(rule, depth + 1) for rule in rules)


def _operation(name: str, args: tuple[Logic, ...]) -> Logic:
    if name in FORMS:
        return FORMS[name].build(args)
    return _called(OPERATORS[name], args) if name in OPERATORS else _unknown(name)


def _unknown(name: str) -> Logic:
    def fail(_data: Any) -> Any:
        raise UnknownOperator(name)

    return fail


def _called(operator: Operator, args: tuple[Logic, ...]) -> Logic:
    if not operator.padded and len(args) != operator.most:
        return NOTHING
    lacking = 0 if operator.most is None else operator.least - len(args)
    taken = (*args[: operator.most], *[NOTHING] * lacking)
    call: Callable[..., Logic] = CALLS.get(len(taken), _with_many)
    return call(operator.call, *taken)


def _with_one(call: Callable[..., Any], first: Logic) -> Logic:
    return lambda data: call(first(data))


def _with_two(call: Callable[..., Any], first: Logic, second: Logic) -> Logic:
    if isinstance(second, Constant):
        fixed = second.value
        return lambda data: call(first(data), fixed)
    return lambda data: call(first(data), second(data))


def _with_many(call: Callable[..., Any], *args: Logic) -> Logic:
    return lambda data: call(*[arg(data) for arg in args])


CALLS: Final[dict[int, Callable[..., Logic]]] = {1: _with_one, 2: _with_two}
"""Operations of few arguments, which most are, without a list of them in between."""
