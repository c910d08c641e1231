"""The same, less and more, with values of different types as JavaScript compares them."""

import operator
from collections.abc import Callable
from typing import Any, Final

from tidegate.core.flags.logic.values import number, text

Compare = Callable[[Any, Any], bool]
COLLECTIONS: Final = (list, dict)
NUMBERS: Final = (int, float)


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same once one has become like the other; collections only if they are one."""
    if type(left) is type(right):
        same: bool = left is right if isinstance(left, COLLECTIONS) else left == right
        return same
    if isinstance(left, NUMBERS) or isinstance(right, NUMBERS):
        return number(left) == number(right)
    if left is None or right is None:
        return False
    return (isinstance(left, str) or isinstance(right, str)) and text(left) == text(right)


def unequal(left: Any, right: Any) -> bool:
    """The opposite of `equal`."""
    return not equal(left, right)


def ordered(compare: Compare) -> Callable[..., bool]:
    """Whether two values, or three in a row, are in an order."""

    def in_order(first: Any, second: Any, third: Any = None) -> bool:
        return _compared(compare, first, second) and (third is None or _compared(compare, second, third))

    return in_order


def _compared(compare: Compare, left: Any, right: Any) -> bool:
    """Text by its characters unless beside a number, all else as numbers."""
    numbers = isinstance(left, NUMBERS) or isinstance(right, NUMBERS)
    if not numbers and (isinstance(left, str) or isinstance(right, str)):
        return compare(text(left), text(right))
    return compare(number(left), number(right))


less = ordered(operator.lt)
less_or_equal = ordered(operator.le)
more = ordered(operator.gt)
more_or_equal = ordered(operator.ge)
