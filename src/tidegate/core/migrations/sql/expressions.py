"""Expressions of users: which columns they read, which functions they call, and what they are under other names.

No grammar is followed, only what stands beside a name: what may be a column is taken for one. Columns are as plpgsql
reads them with `#variable_conflict use_variable`, so a column's name inside a subquery is that column as well.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise

from tidegate.core.migrations.sql.keywords import NO_FUNCTION, RESERVED
from tidegate.core.migrations.sql.names import quoted
from tidegate.core.migrations.sql.tokens import Kind, Token, balanced, broken, parted, tokens

_NAMES = {Kind.WORD, Kind.QUOTED}
_NO_COLUMN_AFTER = {"::", "AS", "JOIN", "COLLATE", "AT", "UPDATE", "INTO", "TABLE"}
_NO_COLUMN_BEFORE = {"(", ".", "=>", ":="}
_NOTHING = Token(Kind.MARK, "", 0)


def columns_read(expression: str, names: Collection[str], *, table: str = "") -> frozenset[str]:
    """Those of the columns `names` that the expression reads, alone or qualified by `table`."""
    return frozenset(token.name for token in _columns(expression, names, table))


def renamed(expression: str, mapping: Mapping[str, str], *, table: str = "") -> str:
    """The expression with its columns by other names; everything else stays as it is written."""
    pieces, place = [], 0
    for token in _columns(expression, mapping, table):
        pieces += [expression[place : token.start], _apart(expression, token, quoted(mapping[token.name]))]
        place = token.end
    return "".join([*pieces, expression[place:]])


def _apart(expression: str, token: Token, name: str) -> str:
    """A quoted name in place of the token, kept from growing together with what it touches: `u&a`, `a"b"`."""
    touched = expression[token.start - 1 : token.start] if token.start else ""
    before = " " if touched in {"&", '"'} else ""
    return before + name + (" " if expression.startswith('"', token.end) else "")


def called(expression: str) -> frozenset[str]:
    """The functions that it calls, without their schemas; unquoted names in lower case."""
    found = tokens(expression)
    return frozenset(
        one.name for one, after in pairwise(found) if _is_name(one, NO_FUNCTION) and after.text == "("
    )


def volatile(expression: str, volatile_functions: Collection[str]) -> bool:
    """Whether it may give another result each time."""
    return not called(expression).isdisjoint(volatile_functions)


def constant(expression: str) -> bool:
    """Whether it is a literal, perhaps signed or cast."""
    found = tokens(expression)
    cast = next((place for place, token in enumerate(found) if token.text == "::"), len(found))
    return _is_literal(found[:cast]) and all(_is_type(token) for token in found[cast:])


def as_value(expression: str) -> str:
    """The expression as a scalar that can stand anywhere: in parentheses, which make a `SELECT` a subquery.

    It is one that is not `malformed`.
    """
    (statement,) = parted(tokens(expression), ";")
    return f"({expression[statement[0].start : statement[-1].end]})"


def malformed(expression: str) -> str | None:
    """Why it cannot be an expression, whatever it says; None if it may be one."""
    found = tokens(expression)
    statements = parted(found, ";")
    reasons = (
        (not statements, "it is empty"),
        (broken(found), "a string, a quoted name or a comment in it never ends"),
        (not balanced(found), "its brackets do not match"),
        (len(statements) > 1, "it is more than one statement"),
    )
    return next((reason for holds, reason in reasons if holds), None)


def _is_name(token: Token, keywords: Collection[str]) -> bool:
    return token.kind in _NAMES and not (token.kind is Kind.WORD and token.name in keywords)


def _is_literal(found: tuple[Token, ...]) -> bool:
    signs = [token for token in found[:-1] if token.text not in {"+", "-"}]
    typed = all(token.kind is Kind.WORD and token.name not in RESERVED for token in signs)
    last = found[-1] if found else _NOTHING
    if last.kind is Kind.STRING:
        return typed
    return not signs and (last.kind is Kind.NUMBER or last.word in {"TRUE", "FALSE", "NULL"})


def _is_type(token: Token) -> bool:
    return token.kind in {*_NAMES, Kind.NUMBER} or token.text in {"::", ".", ",", "(", ")", "[", "]"}


def _columns(expression: str, names: Collection[str], table: str) -> Iterator[Token]:
    found = tokens(expression)
    padded = (_NOTHING, _NOTHING, *found, _NOTHING)
    froms = _tables_after_from(found)
    for place, token in enumerate(found):
        if not (_is_name(token, RESERVED) and token.name in names) or place in froms:
            continue
        before = padded[place : place + 2]
        if _may_follow(before, table) and _may_precede(token, padded[place + 3]):
            yield token


def _may_follow(before: tuple[Token, ...], table: str) -> bool:
    """Whether a column can stand behind these two tokens."""
    earlier, last = before
    if last.text == ".":
        return bool(table) and earlier.name == table
    field = last.text == "(" and earlier.word == "EXTRACT"
    zone = last.word == "TIME" and earlier.word == "AT"
    return not (field or zone or last.kind is Kind.STRING or last.word in _NO_COLUMN_AFTER)


def _may_precede(token: Token, after: Token) -> bool:
    """Whether it can be a column with that behind it: no call, no qualifier, no type of a literal."""
    typed = token.kind is Kind.WORD and after.kind is Kind.STRING
    return not typed and after.text not in _NO_COLUMN_BEFORE


def _tables_after_from(found: tuple[Token, ...]) -> frozenset[int]:
    """Places behind the FROM of a query: not of `extract(year FROM …)`, nor of `IS DISTINCT FROM`."""
    selects, places = [False], []
    for place, token in enumerate(found):
        if token.text == "(":
            selects.append(False)
        elif token.text == ")":
            selects = selects[:-1] or [False]
        elif token.word == "SELECT":
            selects[-1] = True
        elif token.word == "FROM" and selects[-1] and found[place - 1].word != "DISTINCT":
            places.append(place + 1)
    return frozenset(places)
