"""The table of operators that decide which of their arguments are asked, and of what."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tidegate.core.flags.logic.constants import NOTHING, Constant, Logic, together
from tidegate.core.flags.logic.fraction import Division, divided
from tidegate.core.flags.logic.limits import elements
from tidegate.core.flags.logic.lookup import at, missing, missing_some, var
from tidegate.core.flags.logic.values import truth

Logics = tuple[Logic, ...]
FLAG_KEY: Final = ("$flagd", "flagKey")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How an operation comes out of its arguments; `least` and `most` of them make sense."""

    build: Callable[[Logics], Logic]
    least: int
    most: int | None = None


# -- choices -----------------------------------------------------------------------------------------------


def _choice(args: Logics) -> Logic:
    branches = tuple(zip(args[::2], args[1::2], strict=False))
    otherwise = args[-1] if len(args) % 2 else NOTHING

    def choose(data: Any) -> Any:
        for condition, consequence in branches:
            if truth(condition(data)):
                return consequence(data)
        return otherwise(data)

    return choose


def _until(*, stop: bool) -> Callable[[Logics], Logic]:
    """The first answer whose truth is `stop`, else the last."""

    def build(args: Logics) -> Logic:
        def go(data: Any) -> Any:
            answer = None
            for arg in args:
                answer = arg(data)
                if truth(answer) is stop:
                    break
            return answer

        return go

    return build


# -- what is in a context ----------------------------------------------------------------------------------


def _var(args: Logics) -> Logic:
    key, default = _two(args)
    if not isinstance(key, Constant) or not isinstance(key.value, str) or not key.value:
        return lambda data: var(data, key(data), default(data))
    names = tuple(key.value.split("."))
    return _field(names) if default is NOTHING else lambda data: at(data, names, default(data))


def _field(names: tuple[str, ...]) -> Logic:
    """A field that is named in the rule; in a rule about people nothing is asked for as often."""
    if len(names) > 1:
        return lambda data: at(data, names)
    (name,) = names
    return lambda data: data.get(name) if type(data) is dict else at(data, names)


def _missing(args: Logics) -> Logic:
    return lambda data: missing(data, *(arg(data) for arg in args))


def _missing_some(args: Logics) -> Logic:
    needed, keys = _two(args)
    return lambda data: missing_some(data, needed(data), keys(data))


# -- lists, element by element -----------------------------------------------------------------------------


def _each(fold: Callable[[list[Any], Logic], Any], otherwise: Any) -> Callable[[Logics], Logic]:
    """What becomes of a list when a rule is asked about each element; without list or rule it is `otherwise`."""

    def build(args: Logics) -> Logic:
        if len(args) < 2:
            return Constant(otherwise)
        listed, rule = args[:2]

        def go(data: Any) -> Any:
            items = listed(data)
            return fold(elements(items), rule) if isinstance(items, list) else otherwise

        return go

    return build


def _all(items: list[Any], rule: Logic) -> bool:
    """Of no elements, JSONLogic says, it does not hold."""
    return bool(items) and all(truth(rule(item)) for item in items)


def _some(items: list[Any], rule: Logic) -> bool:
    return any(truth(rule(item)) for item in items)


def _reduce(args: Logics) -> Logic:
    padded: Logics = (*args, NOTHING, NOTHING, NOTHING)
    listed, rule, initial = padded[:3]

    def go(data: Any) -> Any:
        items, answer = listed(data), initial(data)
        for item in elements(items) if isinstance(items, list) else ():
            answer = rule({"current": item, "accumulator": answer})
        return answer

    return go


# -- shares ------------------------------------------------------------------------------------------------


def _fractional(args: Logics) -> Logic:
    """Drawn by the first argument, or where that is a share already, by the keys of the flag and of whoever asks."""
    if not args:
        return NOTHING
    first, others = args[0], _division(args[1:])
    if isinstance(first, Constant) and isinstance(first.value, list):
        every = _division(args)
        return lambda data: _drawn(_keys(data), every(data))

    def draw(data: Any) -> Any:
        key = first(data)
        if isinstance(key, list):
            return _drawn(_keys(data), divided([key, *(arg(data) for arg in args[1:])]))
        return _drawn(key, others(data))

    return draw


def _division(shares: Logics) -> Callable[[Any], Division | None]:
    """How shares divide everyone, worked out once if no rule is among them."""
    listed = together(shares)
    if isinstance(listed, Constant):
        return Constant(divided(listed.value))
    return lambda data: divided(listed(data))


def _keys(data: Any) -> str | None:
    key = at(data, ("targetingKey",))
    return f"{at(data, FLAG_KEY, '')}{key}" if isinstance(key, str) and key else None


def _drawn(key: Any, division: Division | None) -> Any:
    return division.drawn(key) if division and isinstance(key, str) and key else None


# -- the table ---------------------------------------------------------------------------------------------


def _two(args: Logics) -> tuple[Logic, Logic]:
    padded: Logics = (*args, NOTHING, NOTHING)
    return padded[0], padded[1]


FORMS: Final[Mapping[str, Form]] = {
    "if": Form(build=_choice, least=1),
    "?:": Form(build=_choice, least=1),
    "and": Form(build=_until(stop=False), least=1),
    "or": Form(build=_until(stop=True), least=1),
    "var": Form(build=_var, least=0, most=2),
    "missing": Form(build=_missing, least=0),
    "missing_some": Form(build=_missing_some, least=2, most=2),
    "map": Form(build=_each(lambda items, rule: [rule(item) for item in items], []), least=2, most=2),
    "filter": Form(
        build=_each(lambda items, rule: [item for item in items if truth(rule(item))], []), least=2, most=2
    ),
    "all": Form(build=_each(_all, otherwise=False), least=2, most=2),
    "some": Form(build=_each(_some, otherwise=False), least=2, most=2),
    "none": Form(build=_each(lambda items, rule: not _some(items, rule), otherwise=True), least=2, most=2),
    "reduce": Form(build=_reduce, least=2, most=3),
    "fractional": Form(build=_fractional, least=1),
}
