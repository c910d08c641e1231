"""What keeps the migrations of a change from being carried out together, or at all."""

from collections.abc import Callable, Hashable, Iterator

from tidegate.core.change import Change, MigrationUse
from tidegate.core.errors import Problem
from tidegate.core.plan.migrations import for_good


def migration_problems(change: Change) -> Iterator[Problem]:
    """Names that are taken, schemas that two of them change, and what cannot be undone but is approved by nobody."""
    yield from _twice(change, lambda use: use.migration.name, lambda use: f"a second {use.migration.name}")
    yield from _twice(change, lambda use: (use.database, use.migration.schema), _of_one_schema)
    for use in change.migrations:
        yield from _unapproved(use)


def _twice(
    change: Change, key: Callable[[MigrationUse], Hashable], said: Callable[[MigrationUse], str]
) -> Iterator[Problem]:
    first: dict[Hashable, MigrationUse] = {}
    for use in change.migrations:
        earlier = first.setdefault(key(use), use)
        if earlier is not use:
            message = f"{said(use)} (first at {earlier.location})"
            yield Problem(message=message, location=use.location, hint="leave one of them to another change")


def _of_one_schema(use: MigrationUse) -> str:
    return f"a second migration of schema {use.migration.schema} of {use.database}, where one runs at a time"


def _unapproved(use: MigrationUse) -> Iterator[Problem]:
    if use.approvals:
        return
    for part in use.parts:
        if why := for_good(use, part):
            message = f"nobody is asked to approve of the {part} of {use.migration.name}, after which {why}"
            hint = "add approvals: owners of the catalog"
            yield Problem(message=message, location=use.location, hint=hint)
