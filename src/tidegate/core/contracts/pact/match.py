"""Does an actual request, response or message match an expected one? Nothing is said where it does.

What a contract leaves out (a body, a header) may be anything, except that a request has no query parameters and no
names in its body beside those expected. A body that cannot be compared is an undecided mismatch, never a match.
"""

from collections.abc import Iterator, Mapping

from tidegate.core.contracts.pact.bodies import EMPTY, Format, bytes_of, form_of, format_of, text_of
from tidegate.core.contracts.pact.headers import compare_headers
from tidegate.core.contracts.pact.model import Body, Message, Request, Response, Rule, Rules
from tidegate.core.contracts.pact.scope import Mismatch, Scope, scope_of
from tidegate.core.contracts.pact.values import compare_values
from tidegate.core.contracts.pact.xml import compare_xml

Parameters = Mapping[str, tuple[str, ...]]


def match_request(expected: Request, actual: Request) -> tuple[Mismatch, ...]:
    """What is wrong with the actual request, under the rules of the expected one."""
    return (
        *compare_values(expected.method, actual.method, scope_of("method", ())),
        *compare_values(expected.path, actual.path, _scope("path", expected.rules)),
        *_query(expected, actual),
        *compare_headers(expected.headers, actual.headers, _scope("header", expected.rules)),
        *_body(expected.body, actual.body, expected.rules, strict=True),
    )


def match_response(expected: Response, actual: Response) -> tuple[Mismatch, ...]:
    """What is wrong with the actual response, under the rules of the expected one."""
    status = compare_values(expected.status, actual.status, _scope("status", expected.rules))
    return (
        *(status if expected.status is not None or "status" in expected.rules else ()),
        *compare_headers(expected.headers, actual.headers, _scope("header", expected.rules)),
        *_body(expected.body, actual.body, expected.rules),
    )


def match_message(expected: Message, actual: Message) -> tuple[Mismatch, ...]:
    """What is wrong with the actual message, under the rules of the expected one."""
    scope = _scope("metadata", expected.rules)
    return (
        *compare_values(dict(expected.metadata), dict(actual.metadata), scope),
        *_body(expected.body, actual.body, expected.rules),
    )


def _scope(part: str, rules: Rules) -> Scope:
    return scope_of(part, rules.get(part, ()), textual=True)


def _query(expected: Request, actual: Request) -> Iterator[Mismatch]:
    scope = _scope("query", expected.rules)
    if expected.ordered_query is not None:
        return compare_values(expected.ordered_query, actual.ordered_query, scope)
    return _parameters(expected.query, actual.query, scope)


def _parameters(expected: Parameters, actual: Parameters, scope: Scope) -> Iterator[Mismatch]:
    """Parameters in any order, the values of each in theirs, and no others."""
    for name in {**expected, **actual}:
        inside = scope.below(name)
        if name not in actual:
            yield inside.mismatch("is missing")
        elif name not in expected:
            yield inside.mismatch("is not expected")
        else:
            yield from compare_values([*expected[name]], [*actual[name]], inside)


def _body(
    expected: Body | None, actual: Body | None, rules: Rules, *, strict: bool = False
) -> Iterator[Mismatch]:
    scope = scope_of("body", rules.get("body", ()), strict=strict)
    if expected is None:
        return
    if expected.content in EMPTY or actual is None or actual.content in EMPTY:
        yield from _presence(expected, actual, scope)
    elif expected.media and actual.media and expected.media != actual.media:
        yield scope.mismatch(f"is {actual.media}, not {expected.media}")
    else:
        yield from _content(expected, actual, rules.get("body", ()), scope)


def _presence(expected: Body, actual: Body | None, scope: Scope) -> Iterator[Mismatch]:
    wanted, found = expected.content not in EMPTY, actual is not None and actual.content not in EMPTY
    if wanted != found:
        yield scope.mismatch("is missing" if wanted else "is not empty")


def _content(expected: Body, actual: Body, rules: tuple[Rule, ...], scope: Scope) -> Iterator[Mismatch]:
    match format_of(expected):
        case Format.JSON if not isinstance(expected.content, bytes) and not isinstance(actual.content, bytes):
            return compare_values(expected.content, actual.content, scope)
        case Format.XML:
            wanted, found = text_of(expected.content), text_of(actual.content)
            return compare_xml(wanted, found, rules, strict=scope.strict)
        case Format.FORM:
            fields = scope_of("body", rules, textual=True)
            return _parameters(form_of(expected.content), form_of(actual.content), fields)
        case Format.TEXT:
            return compare_values(text_of(expected.content), text_of(actual.content), scope)
        case _:
            return _bytes(expected, actual, scope)


def _bytes(expected: Body, actual: Body, scope: Scope) -> Iterator[Mismatch]:
    """Bytes as a whole. Rules about what is inside (parts of a form) cannot be judged, unless nothing differs."""
    wanted, found = bytes_of(expected.content), bytes_of(actual.content)
    if scope.opens and wanted != found:
        yield scope.mismatch(f"is {expected.media or 'of a type'} that is not compared here", undecided=True)
    else:
        yield from compare_values(wanted, found, scope)
