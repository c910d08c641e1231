"""What is wrong with a rule, as far as it can be told before anybody is evaluated."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from tidegate.core.flags.definitions import Json
from tidegate.core.flags.finding import Finding, Path
from tidegate.core.flags.logic.forms import FORMS
from tidegate.core.flags.logic.fraction import MOST_WEIGHT
from tidegate.core.flags.logic.operators import OPERATORS
from tidegate.core.flags.logic.rules import Operation, operations
from tidegate.core.flags.logic.semver import SIGNS, precedence

ARITIES: Final = {
    **{name: (form.least, form.most) for name, form in FORMS.items()},
    **{name: (operator.least, operator.most) for name, operator in OPERATORS.items()},
}
"""How many arguments an operator takes, at least and at most."""

WORDS: Final = tuple(filter(str.isidentifier, ARITIES))
"""The operators that are words, of which one may be meant by another; of signs each is like any other."""

REFERENCE: Final = "$ref"
OWN: Final = ("$flagd.flagKey", "$flagd.timestamp")


def findings(rule: Json) -> Iterator[Finding]:
    """Everything wrong with the operations of a rule."""
    for operation in operations(rule):
        yield from _unknown(operation) if operation.name not in ARITIES else _wrong(operation)


def _unknown(operation: Operation) -> Iterator[Finding]:
    path = (*operation.path, operation.name)
    if operation.name == REFERENCE:
        yield Finding(
            message=f"no evaluator {operation.args[0]!r}", path=path, hint="define it under $evaluators"
        )
        return
    near = get_close_matches(operation.name, WORDS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "the operators are those of JSONLogic and of flagd"
    yield Finding(message=f"unknown operator {operation.name!r}", path=path, hint=hint)


def _wrong(operation: Operation) -> Iterator[Finding]:
    (least, most), count = ARITIES[operation.name], len(operation.args)
    if count < least or (most is not None and count > most):
        message = f"{operation.name!r} takes {_counted(least, most)}, not {count}"
        yield Finding(message=message, path=(*operation.path, operation.name))
    elif operation.name in CHECKS:
        yield from CHECKS[operation.name](operation)


def _counted(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    span = str(least) if least == most else f"{least} to {most}"
    return f"{span} argument" if span == "1" else f"{span} arguments"


def _var(operation: Operation) -> Iterator[Finding]:
    name = operation.args[0] if operation.args else None
    if isinstance(name, str) and name.startswith("$flagd.") and name not in OWN:
        yield Finding(message=f"flagd has no {name!r}", path=operation.to(0), hint=f"known: {', '.join(OWN)}")


def _sem_ver(operation: Operation) -> Iterator[Finding]:
    left, sign, right = operation.args
    if isinstance(sign, str) and sign not in SIGNS:
        message, hint = f"unknown comparison {sign!r} of versions", f"known: {', '.join(SIGNS)}"
        yield Finding(message=message, path=operation.to(1), hint=hint)
    for position, version in ((0, left), (2, right)):
        if isinstance(version, str) and precedence(version) is None:
            message = f"{version!r} is not a semantic version"
            yield Finding(message=message, path=operation.to(position), hint="such as 1.4.0")


# -- shares ------------------------------------------------------------------------------------------------


def _fractional(operation: Operation) -> Iterator[Finding]:
    """Weights that are rules are not known yet, and neither is then the sum."""
    first = 0 if isinstance(operation.args[0], list) else 1
    shares = list(enumerate(operation.args))[first:]
    found = [finding for n, share in shares for finding in _share(share, operation.to(n))]
    yield from found
    weights = [_weight(share) for _, share in shares]
    total = sum(weight for weight in weights if isinstance(weight, int))
    if not found and not any(isinstance(weight, dict) for weight in weights) and not 0 < total <= MOST_WEIGHT:
        message = f"the weights add up to {total}, not to 1 to {MOST_WEIGHT}"
        yield Finding(message=message, path=(*operation.path, operation.name))


def _share(share: Json, path: Path) -> Iterator[Finding]:
    if not isinstance(share, list) or not 1 <= len(share) <= 2:
        hint = 'such as ["on", 25]'
        yield Finding(message="a share is a list of a variant and perhaps a weight", path=path, hint=hint)
        return
    weight = _weight(share)
    if not isinstance(weight, dict) and (type(weight) is not int or weight < 0):
        yield Finding(message=f"the weight {weight!r} is not a whole number from 0 on", path=(*path, 1))


def _weight(share: Json) -> Json:
    return share[1] if isinstance(share, list) and len(share) == 2 else 1


CHECKS: Final[Mapping[str, Callable[[Operation], Iterator[Finding]]]] = {
    "var": _var,
    "sem_ver": _sem_ver,
    "fractional": _fractional,
}
"""What more is to be said of some operators, once they have as many arguments as they take."""
