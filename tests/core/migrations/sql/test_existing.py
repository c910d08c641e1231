"""Constraints as PostgreSQL writes them, read."""

import pytest

from tidegate.core.migrations.operations import ConstraintType, ForeignKey, NewConstraint
from tidegate.core.migrations.schema import Constraint
from tidegate.core.migrations.sql.existing import as_new, hindrance


def _constraint(type_: ConstraintType, definition: str) -> Constraint:
    references = ("other", ("x",)) if type_ == "foreign_key" else ("", ())
    return Constraint(
        name="c",
        type=type_,
        columns=("a",),
        definition=definition,
        references_table=references[0],
        references_columns=references[1],
    )


def _key(**words: str) -> ForeignKey:
    return ForeignKey(
        name="c",
        table="other",
        columns=("x",),
        on_delete=words.get("on_delete", ""),
        on_update=words.get("on_update", ""),
        match=words.get("match", ""),
    )


CASES: list[tuple[ConstraintType, str, NewConstraint]] = [
    ("unique", "UNIQUE (a)", NewConstraint(name="c", type="unique", columns=("a",))),
    (
        "unique",
        'UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b, "C d") DEFERRABLE INITIALLY DEFERRED',
        NewConstraint(
            name="c",
            type="unique",
            columns=("a",),
            include=("b", "C d"),
            nulls_not_distinct=True,
            deferrable=True,
            initially_deferred=True,
        ),
    ),
    (
        "check",
        "CHECK (((a > 0) OR (b = ')DEFERRABLE'::text))) NO INHERIT NOT VALID",
        NewConstraint(
            name="c",
            type="check",
            columns=("a",),
            check="((a > 0) OR (b = ')DEFERRABLE'::text))",
            no_inherit=True,
        ),
    ),
    (
        "foreign_key",
        'FOREIGN KEY (a) REFERENCES "ON DELETE CASCADE"(x)',
        NewConstraint(name="c", type="foreign_key", columns=("a",), references=_key()),
    ),
    (
        "foreign_key",
        "FOREIGN KEY (a) REFERENCES other(x) MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL (a) DEFERRABLE NOT VALID",
        NewConstraint(
            name="c",
            type="foreign_key",
            columns=("a",),
            references=_key(match="FULL", on_update="CASCADE", on_delete="SET NULL (a)"),
            deferrable=True,
        ),
    ),
]


@pytest.mark.parametrize(("type_", "definition", "expected"), CASES)
def test_read(type_: ConstraintType, definition: str, expected: NewConstraint) -> None:
    assert as_new(_constraint(type_, definition)) == expected


@pytest.mark.parametrize(
    ("type_", "definition", "expected"),
    [
        ("unique", "UNIQUE (a)", ""),
        ("check", "CHECK ((a = 'NOT ENFORCED'))", ""),
        ("check", "CHECK ((a > 0)) NOT ENFORCED", "it is NOT ENFORCED"),
        ("unique", "UNIQUE (a, b WITHOUT OVERLAPS)", "it is WITHOUT OVERLAPS"),
        ("foreign_key", "FOREIGN KEY (a, PERIOD b) REFERENCES t(a, PERIOD b)", "it is over a PERIOD"),
        ("primary_key", "PRIMARY KEY (a)", "it is the primary key"),
        ("exclude", "EXCLUDE USING gist (a WITH =)", "it excludes rows by an index"),
    ],
)
def test_what_cannot_be_made_anew(type_: ConstraintType, definition: str, expected: str) -> None:
    assert hindrance(_constraint(type_, definition)) == expected
