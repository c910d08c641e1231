"""What a migration creates itself is created at once as it is to be."""

import pytest

from tidegate.core.migrations.operations import (
    AddColumn,
    AlterColumn,
    Check,
    CreateConstraint,
    CreateTable,
    DropColumn,
    DropConstraint,
    ForeignKey,
    MergeColumns,
    NewColumn,
    NewConstraint,
    Operation,
    RawSql,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    Set,
    SplitColumn,
)
from tidegate.core.migrations.unfold.folding import folded

A = NewColumn(
    name="a",
    type="int",
    unique="once",
    check=Check(name="big", condition="a > b"),
    references=ForeignKey(name="of", table="t", columns=("b",)),
)
B = NewColumn(name="b", type="int", generated="a + 1")
C = NewColumn(name="c", type="text")
OVER = NewConstraint(name="over", type="check", columns=("a",), check="a < 9")
WIDE = NewConstraint(name="wide", type="check", columns=("b",), check="b < 9")


def table(*columns: NewColumn, name: str = "t", constraints: tuple[NewConstraint, ...] = ()) -> CreateTable:
    return CreateTable(name=name, columns=columns, constraints=constraints)


def called(name: str, check: str, generated: str) -> tuple[NewColumn, NewColumn]:
    """Columns `a` by another name and `b`."""
    first = NewColumn(
        name=name,
        type="int",
        unique=A.unique,
        check=Check(name="big", condition=check),
        references=A.references,
    )
    return first, NewColumn(name="b", type="int", generated=generated)


def plain(**given: object) -> NewColumn:
    """Column `a` with some of its constraints."""
    every: dict[str, object] = {"unique": A.unique, "check": A.check, "references": A.references}
    return NewColumn(name="a", type="int", **(every | given))  # type: ignore[arg-type]  # a table of cases


CASES: list[tuple[CreateTable, Operation, CreateTable]] = [
    (table(A), AddColumn(table="t", column=C, up="'x'"), table(A, C)),
    (table(A, C, constraints=(OVER,)), DropColumn(table="t", column="a"), table(C)),
    (
        table(A, B, constraints=(OVER, WIDE)),
        RenameColumn(table="t", column="a", to="z"),
        table(
            *called("z", '"z" > b', '"z" + 1'),
            constraints=(NewConstraint(name="over", type="check", columns=("z",), check='"z" < 9'), WIDE),
        ),
    ),
    (
        table(C),
        AlterColumn(
            table="t",
            column="c",
            type="uuid",
            nullable=True,
            default=Set(value="x()"),
            comment=Set(value="y"),
        ),
        table(NewColumn(name="c", type="uuid", nullable=True, default="x()", comment="y")),
    ),
    (
        table(C),
        AlterColumn(table="t", column="c", unique="u"),
        table(NewColumn(name="c", type="text", unique="u")),
    ),
    (table(C, A), SplitColumn(table="t", column="c", into=(B,), up=(), down=""), table(B, A)),
    (table(A, B), MergeColumns(table="t", columns=("a", "b"), into=C, up="", down=()), table(C)),
    (table(A), CreateConstraint(table="t", constraint=OVER), table(A, constraints=(OVER,))),
    (
        table(A, constraints=(OVER, WIDE)),
        DropConstraint(table="t", name="over"),
        table(A, constraints=(WIDE,)),
    ),
    (table(A), DropConstraint(table="t", name="once"), table(plain(unique=""))),
    (table(A), DropConstraint(table="t", name="big"), table(plain(check=None))),
    (table(A), DropConstraint(table="t", name="of"), table(plain(references=None))),
    (
        table(A),
        RenameConstraint(table="t", name="big", to="huge"),
        table(plain(check=Check(name="huge", condition="a > b"))),
    ),
    (
        table(A),
        RenameConstraint(table="t", name="of", to="from"),
        table(plain(references=ForeignKey(name="from", table="t", columns=("b",)))),
    ),
    (table(A), RenameTable(table="t", to="u"), table(A, name="u")),
]


@pytest.mark.parametrize(("before", "operation", "after"), CASES)
def test_an_operation_is_folded_into_the_creation(
    before: CreateTable, operation: Operation, after: CreateTable
) -> None:
    assert folded((before, operation)) == (after,)


def test_what_concerns_others_stays() -> None:
    """So does what speaks of a column that the creation does not have: it is refused later, with its name."""
    others = (
        RawSql(up="SELECT 1"),
        AddColumn(table="elsewhere", column=C),
        DropColumn(table="t", column="nowhere"),
        MergeColumns(table="t", columns=("a", "nowhere"), into=C, up="", down=()),
    )
    assert folded((table(A), *others)) == (table(A), *others)


def test_a_table_is_followed_by_its_new_name() -> None:
    done = folded((table(A), RenameTable(table="t", to="u"), AddColumn(table="u", column=C)))
    assert done == (table(A, C, name="u"),)
