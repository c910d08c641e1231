"""A migration unfolded: the phases with their statements and ways back, what is backfilled, what is compared."""

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.core.errors import Location, Problem
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.statements import Deed, Lock

SHAPE = "_tidegate_shape"
"""The column that says in which shape a row was written last; null while it waits for the backfill."""

OLD, NEW = "o", "n"
"""Values of `SHAPE`: written in the old shape or by the backfill, written in the new shape."""

MIXED = "m"
"""A value of `SHAPE`: each shape was written last in some columns, so that neither follows from the other."""

STATE_SCHEMA = "tidegate"
"""The schema of the database in which tidegate keeps what it needs: functions of triggers, state, positions."""

KEPT_SCHEMA = "tidegate_kept"
"""The schema to which going back moves what the old shape has no place for."""

NAME_BYTES = 63
"""The longest name that PostgreSQL does not cut (NAMEDATALEN - 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasePlan:
    """What is done in a phase, and what undoes it. Both may be repeated."""

    phase: Phase
    forth: tuple[Deed, ...] = ()
    back: tuple[Deed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A column of the new shape and what it comes from, by the columns' names in the table itself.

    `up` is SQL over the old shape and gives the new column; it is empty where nothing of the old shape says anything.
    `again` is false where `up` says another thing each time, so that it cannot be compared.
    """

    column: str
    type: str
    up: str
    again: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A column of the old shape and what it comes from; `down` is SQL over the new shape."""

    column: str
    type: str
    down: str
    again: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reshape:
    """A table that has both shapes: `old` and `new` give the name in each shape of each column in the table itself.

    `added` are computed by `up`, `dropped` by `down`; every other column is the same in both. A table that is only
    renamed has neither, and is not `backfilled`.
    """

    table: str
    new_table: str
    key: tuple[str, ...]
    old: tuple[tuple[str, str], ...]
    new: tuple[tuple[str, str], ...]
    added: tuple[Pair, ...] = ()
    dropped: tuple[Return, ...] = ()
    backfilled: bool = True
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A question to the database before the first statement: an error, or a row, is a problem.

    `message` says what it means; `{}` in it stands for what the database said. A `warning` does not refuse.
    It is asked with `search_path`, if there is one.
    """

    sql: str
    message: str
    hint: str = ""
    warning: bool = False
    search_path: tuple[str, ...] = ()
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfolding:
    """A migration on a schema as it was found.

    `old_schema` is where the old shape is read (a version schema, or the schema itself where there was none),
    `new_schema` the version schema of the new one; `hidden` are tables that the new shape does not have. `lost` is what
    contract gives up for good, in words. `irreversible` are statements without a way back, before contract. `lacks` are
    the guarantees that this form of migration does not have. `fingerprint` is that of the tables that it touches.
    """

    name: MigrationName
    schema: str
    old_schema: str
    new_schema: str
    phases: tuple[PhasePlan, ...]
    reshapes: tuple[Reshape, ...] = ()
    hidden: tuple[str, ...] = ()
    probes: tuple[Probe, ...] = ()
    lost: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()
    irreversible: tuple[str, ...] = ()
    fingerprint: str = ""

    @property
    def by_phase(self) -> Mapping[Phase, PhasePlan]:
        """Its phases by name."""
        return {plan.phase: plan for plan in self.phases}

    @property
    def strongest(self) -> Lock:
        """The strongest lock that any statement takes, on the way forth."""
        order = list(Lock)
        locks = [deed.lock for plan in self.phases for deed in plan.forth if hasattr(deed, "lock")]
        return max(locks, key=order.index, default=Lock.NONE)
