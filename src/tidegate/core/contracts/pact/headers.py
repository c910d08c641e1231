"""Headers: names in any case, values in order, other headers may come along.

Values are lists by comma, with any whitespace around. Content types are compared by type (in any case) and by the
parameters that are expected, `charset` in any case; the actual one may have more.
"""

from collections.abc import Iterator, Mapping

from tidegate.core.contracts.pact.scope import Mismatch, Scope
from tidegate.core.contracts.pact.values import compare_values

MEDIA_HEADERS = ("content-type", "accept")


def compare_headers(
    expected: Mapping[str, tuple[str, ...]], actual: Mapping[str, tuple[str, ...]], scope: Scope
) -> Iterator[Mismatch]:
    """How the actual headers are not as expected. Names of both are in lower case."""
    for name, values in expected.items():
        inside = scope.below(name)
        if name not in actual:
            yield inside.mismatch("is missing")
        elif inside.matchers or inside.opens:
            yield from compare_values(", ".join(values), ", ".join(actual[name]), _first(inside))
        else:
            yield from _plain(name, _items(values), _items(actual[name]), inside)


def _first(scope: Scope) -> Scope:
    """Rules may name a value of a header by its index; the header is compared as one."""
    return scope if scope.matchers else scope.below(0)


def _plain(name: str, expected: list[str], actual: list[str], scope: Scope) -> Iterator[Mismatch]:
    paired = list(zip(expected, actual, strict=False))
    equal = _same_media if name in MEDIA_HEADERS else str.__eq__
    if len(expected) != len(actual) or not all(equal(wanted, found) for wanted, found in paired):
        yield scope.mismatch(f'is "{", ".join(actual)}", not "{", ".join(expected)}"')


def _items(values: tuple[str, ...]) -> list[str]:
    return [item.strip() for value in values for item in value.split(",")]


def _same_media(expected: str, actual: str) -> bool:
    if "/" not in expected:
        return expected == actual
    wanted, found = _media(expected), _media(actual)
    return wanted[0] == found[0] and wanted[1].items() <= found[1].items()


def _media(text: str) -> tuple[str, dict[str, str]]:
    media, *parameters = (piece.strip() for piece in text.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    return media.lower(), {k.strip().lower(): _parameter(k.strip().lower(), v.strip()) for k, _, v in pairs}


def _parameter(name: str, value: str) -> str:
    return value.strip('"').lower() if name == "charset" else value.strip('"')
