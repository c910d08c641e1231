"""Statements about one table."""

from dataclasses import dataclass

from tidegate.core.errors import Location
from tidegate.core.migrations.sql.names import literal, qualified, quoted
from tidegate.core.migrations.statements import Effort, Lock, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A table as it is called in the database, and the operation of a file that wants something of it."""

    schema: str
    table: str
    location: Location | None = None

    @property
    def name(self) -> str:
        """Its name in SQL."""
        return qualified(self.schema, self.table)

    def says(
        self, sql: str, summary: str, lock: Lock, *others: str, effort: Effort = Effort.CATALOG
    ) -> Statement:
        """A statement that locks the table, and `others` with it."""
        tables = (self.table, *(other for other in others if other != self.table))
        return Statement(
            sql=sql, summary=summary, lock=lock, effort=effort, tables=tables, location=self.location
        )

    def alters(self, action: str, summary: str, *others: str) -> Statement:
        """A change of its entry in the catalog, which stops everybody for a moment."""
        return self.says(f"ALTER TABLE {self.name} {action}", summary, Lock.ACCESS_EXCLUSIVE, *others)

    def has_constraint(self, name: str) -> str:
        """A condition in SQL: that the table has a constraint by this name."""
        return (
            "EXISTS (SELECT FROM pg_catalog.pg_constraint"
            f" WHERE conrelid = {literal(self.name)}::regclass AND conname = {literal(name)})"
        )

    def alters_unless(self, there: str, action: str) -> str:
        """SQL that changes the table unless it has the constraint `there`, and so may be repeated."""
        return block(f"IF NOT {self.has_constraint(there)} THEN ALTER TABLE {self.name} {action}; END IF;")

    def renames_constraint(self, name: str, to: str) -> Statement:
        """A constraint gets another name, if it is there."""
        action = f"ALTER TABLE {self.name} RENAME CONSTRAINT {quoted(name)} TO {quoted(to)}"
        sql = block(f"IF {self.has_constraint(name)} THEN {action}; END IF;")
        return self.says(sql, f"rename constraint {name} of {self.table} to {to}", Lock.ACCESS_EXCLUSIVE)

    def drops_constraint(self, name: str, *others: str) -> Statement:
        """A constraint goes, if it is there; with a foreign key `others` is the table that it references."""
        action = f"DROP CONSTRAINT IF EXISTS {quoted(name)}"
        return self.alters(action, f"drop constraint {name} of {self.table}", *others)


def block(body: str, declare: str = "") -> str:
    """An anonymous block of plpgsql."""
    whole = f"{declare and f'DECLARE {declare} '}BEGIN {body} END"
    tag = "$do$"
    while tag in whole:
        tag = f"{tag[:-1]}o$"
    return f"DO {tag} {whole} {tag}"
