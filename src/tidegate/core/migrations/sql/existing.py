"""Constraints that are there, read from how PostgreSQL writes them (`pg_get_constraintdef`)."""

import re
from collections.abc import Mapping
from itertools import pairwise

from tidegate.core.migrations.operations import ForeignKey, NewConstraint
from tidegate.core.migrations.schema import Constraint
from tidegate.core.migrations.sql.tokens import Kind, Token, depths, tokens

_ACTION = r"((?:NO ACTION|RESTRICT|CASCADE|SET NULL|SET DEFAULT)(?: \([^)]*\))?)"
_MATCH = re.compile(r"MATCH (\w+)")
_ON_UPDATE = re.compile(rf"ON UPDATE {_ACTION}")
_ON_DELETE = re.compile(rf"ON DELETE {_ACTION}")
_UNKNOWN_HERE: Mapping[str, str] = {
    "NOT ENFORCED": "it is NOT ENFORCED",
    "WITHOUT OVERLAPS": "it is WITHOUT OVERLAPS",
    "PERIOD": "it is over a PERIOD",
}
"""Words of constraints that no operation has."""

_FIXED: Mapping[str, str] = {
    "primary_key": "it is the primary key",
    "exclude": "it excludes rows by an index",
}


def as_new(constraint: Constraint) -> NewConstraint:
    """The constraint as one to be made anew."""
    said = _said(constraint)
    return NewConstraint(
        name=constraint.name,
        type=constraint.type,
        columns=constraint.columns,
        check=_inside(constraint.definition) if constraint.type == "check" else "",
        references=_foreign_key(constraint) if constraint.type == "foreign_key" else None,
        deferrable="DEFERRABLE" in said,
        initially_deferred="INITIALLY DEFERRED" in said,
        nulls_not_distinct="NULLS NOT DISTINCT" in said,
        include=_included(constraint.definition),
        no_inherit="NO INHERIT" in said,
    )


def hindrance(constraint: Constraint) -> str:
    """Why it cannot be made anew beside the traffic; empty if it can."""
    said = " ".join(token.word for token in tokens(constraint.definition))
    strange = next((reason for words, reason in _UNKNOWN_HERE.items() if words in said), "")
    return _FIXED.get(constraint.type, strange)


def _said(constraint: Constraint) -> str:
    """Its words that are in no brackets."""
    found = tokens(constraint.definition)
    return " ".join(token.word for token, depth in zip(found, depths(found), strict=True) if not depth)


def _brackets(found: tuple[Token, ...]) -> list[tuple[Token, Token]]:
    """Each pair of outermost parentheses."""
    around = zip(found, depths(found), strict=True)
    edges = [token for token, depth in around if not depth and token.kind is Kind.MARK and token.text in "()"]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _inside(definition: str) -> str:
    opening, closing = _brackets(tokens(definition))[0]
    return definition[opening.end : closing.start]


def _foreign_key(constraint: Constraint) -> ForeignKey:
    referenced = _brackets(tokens(constraint.definition))[1]
    tail = constraint.definition[referenced[1].end :]
    return ForeignKey(
        name=constraint.name,
        table=constraint.references_table,
        columns=constraint.references_columns,
        on_delete=_first(_ON_DELETE, tail),
        on_update=_first(_ON_UPDATE, tail),
        match=_first(_MATCH, tail),
    )


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def _included(definition: str) -> tuple[str, ...]:
    """Columns in the parentheses behind INCLUDE."""
    found = tokens(definition)
    start = next(
        (after.end for one, after in pairwise(found) if one.word == "INCLUDE" and after.text == "("), None
    )
    if start is None:
        return ()
    behind = [token for token in found if token.start >= start]
    closing = next(place for place, token in enumerate(behind) if token.text == ")")
    return tuple(token.name for token in behind[:closing] if token.name)
