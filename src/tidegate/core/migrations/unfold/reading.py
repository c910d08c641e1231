"""What expressions read, and whether they give the same again."""

from collections.abc import Collection, Iterator
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tidegate.core.migrations.sql.expressions import volatile
from tidegate.core.migrations.sql.tokens import tokens

# Names that PostgreSQL knows without parentheses, and that are no columns.
_OF_THE_SESSION: Final = frozenset({"user", "current_role", "current_catalog", "current_schema", "default"})


def again(expression: str, volatile_functions: Collection[str]) -> bool:
    """Whether the same row gives the same at any time: not where dice are thrown or other tables are read."""
    return not (volatile(expression, volatile_functions) or _queries(expression))


def _queries(expression: str) -> bool:
    """Whether a table may be read; an expression that no parser understands is thought to read one."""
    if not any(token.word == "FROM" for token in tokens(expression)):
        return False
    parsed = _parsed(expression)
    return parsed is None or parsed.find(exp.Table) is not None


def unknown(expression: str, columns: Collection[str]) -> tuple[str, ...]:
    """Columns that the expression reads and that are not among `columns`, as far as can be told without a server.

    Where other tables are read, theirs cannot be told from ours, and nothing is said.
    """
    parsed = _parsed(expression)
    if parsed is None or parsed.find(exp.Table, exp.Subquery) is not None:
        return ()
    return tuple(dict.fromkeys(name for name in _names(parsed) if name not in columns))


def _names(parsed: exp.Expression) -> Iterator[str]:
    for column in parsed.find_all(exp.Column):
        identifier = column.this
        if isinstance(identifier, exp.Identifier) and not column.table:
            name = identifier.name if identifier.quoted else identifier.name.lower()
            if identifier.quoted or name not in _OF_THE_SESSION:
                yield name


def _parsed(expression: str) -> exp.Expression | None:
    try:
        parsed = sqlglot.parse_one(expression, dialect="postgres")
    except (SqlglotError, RecursionError):
        return None
    return parsed if isinstance(parsed, exp.Expression) and not isinstance(parsed, exp.Command) else None
