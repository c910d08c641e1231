"""A migration's plan as JSON."""

from collections.abc import Mapping
from typing import Any

from tidegate.cli.catalog import problem_values
from tidegate.cli.migrations_operations import operation_words
from tidegate.core.migrations.costs import cost
from tidegate.core.migrations.operations import Migration, Pace
from tidegate.core.migrations.phases import WHAT
from tidegate.core.migrations.sql.guarantees import PHASES_OF, lacks
from tidegate.core.migrations.statements import Deed, Statement
from tidegate.core.migrations.unfolding import PhasePlan, Unfolding


def values(unfolding: Unfolding, migration: Migration) -> dict[str, Any]:
    """On a database."""
    return {
        "migration": unfolding.name,
        "schema": unfolding.schema,
        "oldSearchPath": unfolding.old_schema,
        "newSearchPath": unfolding.new_schema,
        "strongestLock": unfolding.strongest,
        "phases": [_phase(each, migration.pace) for each in unfolding.phases],
        "rows": {each.table: each.rows for each in unfolding.reshapes},
        "lost": unfolding.lost,
        "irreversible": unfolding.irreversible,
        "lacks": unfolding.lacks,
        "warnings": [problem_values(each) for each in unfolding.warnings],
    }


def unplanned_values(migration: Migration) -> dict[str, Any]:
    """Without one."""
    return {
        "migration": migration.name,
        "schema": migration.schema,
        "operations": [operation_words(each) for each in migration.operations],
        "phases": [{"phase": each, "what": WHAT[each]} for each in PHASES_OF[migration.source]],
        "lacks": lacks(migration.source),
    }


def _phase(plan: PhasePlan, pace: Pace) -> Mapping[str, Any]:
    return {
        "phase": plan.phase,
        "what": WHAT[plan.phase],
        "forth": [_deed(each, pace) for each in plan.forth],
        "back": [_deed(each, pace) for each in plan.back],
    }


def _deed(deed: Deed, pace: Pace) -> Mapping[str, Any]:
    if not isinstance(deed, Statement):
        return {"summary": VIEWS}
    costs = cost(deed, pace)
    return {
        "summary": deed.summary,
        "sql": deed.sql,
        "lock": deed.lock,
        "tables": deed.tables,
        "waits": costs.waits,
        "atWorstSeconds": costs.at_worst,
        "effort": deed.effort,
    }


VIEWS = "make the version schema: a view for every table"
