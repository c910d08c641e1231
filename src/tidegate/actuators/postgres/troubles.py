"""What a database says when it does not do what it was asked, as values that never tell what rows hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import psycopg
from psycopg import errors


class Kind(StrEnum):
    """What can be done about a trouble."""

    BUSY = "busy"
    """Somebody was in the way; it is tried again."""

    LOST = "lost"
    """The connection is gone; it is tried again on another one."""

    FULL = "full"
    """The server has no room, or takes no writes: somebody must mend that, then it goes on where it stopped."""

    VIOLATED = "violated"
    """Rows are not as they would have to be."""

    WRONG = "wrong"
    """The statement cannot be carried out as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What went wrong, in words, and what can be done about it."""

    kind: Kind
    said: str


def trouble(error: psycopg.Error) -> Trouble:
    """What an error means."""
    state = error.sqlstate
    if state is None:
        return Trouble(kind=Kind.LOST, said="the connection was lost")
    kind = KINDS.get(state) or KINDS.get(state[:2], Kind.WRONG)
    return Trouble(kind=kind, said=_violated(error) if kind is Kind.VIOLATED else _said(error, state))


KINDS: Final[Mapping[str, Kind]] = {
    "55P03": Kind.BUSY,  # lock not available
    "55006": Kind.BUSY,  # object in use
    "57014": Kind.BUSY,  # a timeout of the statement, or somebody cancelled it
    "40": Kind.BUSY,  # deadlock, serialization failure
    "08": Kind.LOST,
    "57P01": Kind.LOST,  # shutdown, crash, start
    "57P02": Kind.LOST,
    "57P03": Kind.LOST,
    "57P05": Kind.LOST,  # timeouts that end the session
    "25P03": Kind.LOST,
    "25P04": Kind.LOST,
    "53300": Kind.LOST,  # too many connections
    "53": Kind.FULL,  # disk full, out of memory
    "58030": Kind.FULL,
    "25006": Kind.FULL,  # read-only
    "23": Kind.VIOLATED,
}
"""Kinds by SQLSTATE, or else by its class."""

_TELLING: Final = ("0A", "25", "28", "2B", "3D", "3F", "40", "42", "53", "54", "55", "57", "58")
"""Classes of SQLSTATE whose messages name things of the catalogs and never what rows hold."""

_BROKEN: Final[Mapping[type[psycopg.Error], str]] = {
    errors.UniqueViolation: "two rows of {table} are alike where {constraint} wants them unique",
    errors.CheckViolation: "a row of {table} does not meet {constraint}",
    errors.NotNullViolation: "a row of {table} has no {column}, which must not be null",
    errors.ForeignKeyViolation: "a row of {table} refers by {constraint} to a row that is not there",
    errors.ExclusionViolation: "two rows of {table} are in each other's way by {constraint}",
}


def _violated(error: psycopg.Error) -> str:
    words = _BROKEN.get(type(error), "a row of {table} does not meet {constraint}")
    diag = error.diag
    return words.format(
        table=diag.table_name or "a table",
        constraint=diag.constraint_name or "a constraint",
        column=diag.column_name or "value",
    )


def _said(error: psycopg.Error, state: str) -> str:
    """The server's own words where they tell nothing of rows, else only what kind of error it is."""
    if state[:2] in _TELLING and error.diag.message_primary:
        return error.diag.message_primary
    name = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in type(error).__name__)
    return f"{name.strip()} ({state})"
