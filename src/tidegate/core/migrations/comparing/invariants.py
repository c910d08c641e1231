"""What the user says always holds: a query that gives no row."""

from tidegate.core.migrations.operations import Invariant
from tidegate.core.migrations.report import Mismatch
from tidegate.core.migrations.sql.names import quoted
from tidegate.core.migrations.unfolding import Unfolding

FEW = 100
"""So many rows that break an invariant are counted."""


def search_path(invariant: Invariant, unfolding: Unfolding) -> str:
    """Where its query finds tables, as SQL: the shape that it is for, and then the schema itself."""
    shape = {"old": unfolding.old_schema, "new": unfolding.new_schema}[invariant.shape]
    return ", ".join(map(quoted, dict.fromkeys((shape, unfolding.schema))))


def question(invariant: Invariant) -> str:
    """Asks how many rows break it, up to `FEW`; what is in them is nobody's business."""
    query = invariant.query.strip().removesuffix(";")
    return f"SELECT count(*) FROM (SELECT FROM (\n{query}\n) AS q LIMIT {FEW}) AS few"


def answer_of(invariant: Invariant, rows: int) -> tuple[Mismatch, ...]:
    """What the answer means."""
    if not rows:
        return ()
    many = f"{rows} rows or more" if rows >= FEW else f"{rows} row{'s' if rows > 1 else ''}"
    said = (
        f'invariant "{invariant.name}" does not hold: its query gives {many} in the {invariant.shape} shape'
    )
    return (Mismatch(check="invariant", table="", said=said, rows=rows),)


def unanswered(invariant: Invariant, why: str) -> Mismatch:
    """An invariant that the database did not answer."""
    return Mismatch(
        check="invariant", table="", said=f'invariant "{invariant.name}" could not be asked: {why}'
    )
