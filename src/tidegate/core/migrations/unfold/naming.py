"""Names that operations give and look for."""

from tidegate.core.errors import Location, Problem
from tidegate.core.migrations.sql.names import too_long
from tidegate.core.migrations.unfold.draft import RESERVED, Draft


def taken_names(draft: Draft) -> set[str]:
    """Names of tables, in the database and in the new shape."""
    return {*draft.schema.by_name, *draft.created, *(table.name for table in draft.tables)}


def sound(draft: Draft, what: str, name: str, taken: set[str], location: Location | None) -> Draft:
    """With what is wrong with a new name."""
    findings = (
        (name in taken, f"{what} {name} is there already", "choose another name"),
        (too_long(name), f"{what} {name}: the name is over 63 bytes", "choose a shorter one"),
        (
            name.startswith(RESERVED),
            f"{what} {name}: names that begin with {RESERVED} are tidegate's",
            "choose another name",
        ),
    )
    return draft.with_problems(
        Problem(message=message, location=location, hint=hint) for holds, message, hint in findings if holds
    )


def no_table(draft: Draft, name: str, location: Location | None) -> Draft:
    """What is said of a table that nobody knows."""
    known = ", ".join(sorted(table.name for table in draft.tables)) or "none"
    hint = f"schema {draft.schema.name} has {known}; what sql makes is there for the next migration"
    return draft.refused(f"there is no table {name}", location, hint)
