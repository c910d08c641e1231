"""A migration's plan as text of 80 columns. Pure: values in, lines out."""

from collections.abc import Iterable, Iterator

from tidegate.cli.migrations_operations import operation_words
from tidegate.cli.migrations_plan_values import VIEWS
from tidegate.cli.plan_text import wrapped
from tidegate.core.migrations.costs import NOBODY, cost
from tidegate.core.migrations.operations import Migration, Pace
from tidegate.core.migrations.phases import WHAT, Phase
from tidegate.core.migrations.sql.guarantees import PHASES_OF, lacks
from tidegate.core.migrations.statements import Deed, Effort, Lock, Statement
from tidegate.core.migrations.unfolding import PhasePlan, Unfolding
from tidegate.core.migrations.words import amount
from tidegate.sources.words import listed


def planned(unfolding: Unfolding, migration: Migration, *, sql: bool) -> Iterator[str]:
    """What is done on a database, phase by phase."""
    lines = [f"Migration {unfolding.name} of schema {unfolding.schema}", *_applications(unfolding)]
    lines += [f"  {each.table}: about {amount(each.rows)} rows" for each in unfolding.reshapes]
    yield from map(wrapped, lines)
    for plan in unfolding.phases:
        yield from _phase(plan, unfolding, migration.pace, sql=sql)
    yield from map(wrapped, _remarks(unfolding))


def unplanned(migration: Migration) -> Iterator[str]:
    """What its file alone says."""
    yield wrapped(f"Migration {migration.name} of schema {migration.schema}")
    yield from (wrapped(f"  {operation_words(each)}") for each in migration.operations)
    yield ""
    yield "Its phases:"
    yield from (wrapped(f"  {each}: {WHAT[each]}") for each in PHASES_OF[migration.source])
    yield from _section("Not promised for files of this form:", lacks(migration.source))
    yield ""
    yield wrapped("Statements, locks and the way back depend on the database: name it with --database.")


def _applications(unfolding: Unfolding) -> Iterator[str]:
    if unfolding.new_schema:
        yield f"  new versions of applications set search_path to {unfolding.new_schema}"
        yield f"  old ones keep {unfolding.old_schema}"


def _phase(plan: PhasePlan, unfolding: Unfolding, pace: Pace, *, sql: bool) -> Iterator[str]:
    yield ""
    yield wrapped(f"{plan.phase}: {WHAT[plan.phase]}")
    for deed in plan.forth:
        yield from _deed(deed, pace, sql=sql)
    if plan.phase is Phase.BACKFILL:
        yield from map(wrapped, _backfill(unfolding, pace))
    yield from _way_back(plan, sql=sql)


def _deed(deed: Deed, pace: Pace, *, sql: bool) -> Iterator[str]:
    yield wrapped(f"  {_said(deed)}")
    if isinstance(deed, Statement):
        yield from (wrapped(f"      {each}") for each in _costs(deed, pace))
    yield from _sql(deed, shown=sql)


def _said(deed: Deed) -> str:
    return deed.summary if isinstance(deed, Statement) else VIEWS


def _costs(statement: Statement, pace: Pace) -> Iterator[str]:
    costs = cost(statement, pace)
    if statement.lock is not Lock.NONE:
        waits = (
            "nobody waits" if costs.waits == NOBODY else f"{costs.waits} wait {costs.at_worst:g} s at worst"
        )
        yield f"{statement.lock} on {listed(statement.tables)}: {waits}"
    if statement.effort is not Effort.CATALOG:
        yield costs.grows


def _backfill(unfolding: Unfolding, pace: Pace) -> Iterator[str]:
    for each in unfolding.reshapes:
        if each.backfilled:
            yield f"  update {each.table} by its key {listed(each.key)}, about {amount(each.rows)} rows"
            yield (
                f"      in batches of at most {pace.batch_rows:,} rows, about {pace.batch_seconds:g} s each, "
                f"{pace.duty:.0%} of the time; writers of the same rows wait for one batch"
            )


def _way_back(plan: PhasePlan, *, sql: bool) -> Iterator[str]:
    if plan.phase is Phase.CONTRACT:
        yield wrapped("  no way back: what it gives up is gone")
        return
    if not plan.back:
        yield "  way back: there is nothing to undo"
        return
    yield "  way back:"
    for deed in plan.back:
        yield wrapped(f"    {_said(deed)}")
        yield from _sql(deed, shown=sql)


def _sql(deed: Deed, *, shown: bool) -> Iterator[str]:
    """As it is: a statement that was wrapped could not be copied."""
    if shown and isinstance(deed, Statement):
        yield from (f"      | {line}" for line in deed.sql.splitlines())


def _remarks(unfolding: Unfolding) -> Iterator[str]:
    yield from _section("Given up for good at contract:", unfolding.lost)
    yield from _section("Without a way back before that:", unfolding.irreversible)
    yield from _section("Not promised for files of this form:", unfolding.lacks)
    yield from _section("Warnings:", map(str, unfolding.warnings))


def _section(title: str, entries: Iterable[str]) -> Iterator[str]:
    lines = [wrapped(f"  {each}") for each in entries]
    if lines:
        yield from ("", title, *lines)
