"""A small schema, and migrations on it."""

from tidegate.core.errors import Location, Problem
from tidegate.core.ids import MigrationName
from tidegate.core.migrations.operations import Migration, NewColumn, Operation, SplitColumn
from tidegate.core.migrations.phases import Phase
from tidegate.core.migrations.schema import Column, Constraint, Index, Schema, Table
from tidegate.core.migrations.statements import MakeViews
from tidegate.core.migrations.unfold import unfold
from tidegate.core.migrations.unfolding import Unfolding

HERE = Location(file="m.yaml", line=7)
ID = Column(name="id", type="integer", not_null=True)
KEY = Constraint(name="people_pkey", type="primary_key", columns=("id",), definition="PRIMARY KEY (id)")
SHORT = Constraint(name="short", type="check", columns=("name",), definition="CHECK ((length(name) < 9))")
BY_NAME = Index(
    name="by_name", columns=("name",), definition="CREATE INDEX by_name ON public.people USING btree (name)"
)
PEOPLE = Table(
    name="people",
    columns=(
        ID,
        Column(name="name", type="text", not_null=True, collation="C"),
        Column(name="note", type="text", default="'none'::text"),
        Column(name="size", type="integer", generated="length(note)"),
        Column(name="place", type="integer", default="nextval('places'::regclass)"),
        Column(name="rank", type="integer", not_null=True, identity="ALWAYS"),
        Column(name="seen", type="text"),
    ),
    constraints=(KEY, SHORT),
    indexes=(BY_NAME,),
    rows=1200,
    readers=(("reports.seen", ("seen",)),),
)
PETS = Table(
    name="pets",
    columns=(ID, Column(name="owner", type="integer"), Column(name="tag", type="text")),
    constraints=(
        Constraint(name="pets_pkey", type="primary_key", columns=("id",), definition="PRIMARY KEY (id)"),
        Constraint(name="tag_once", type="unique", columns=("tag",), definition="UNIQUE (tag)"),
    ),
)
LOG = Table(name="log", columns=(Column(name="line", type="text"),))
PARTS = Table(name="parts", columns=(ID, Column(name="line", type="text")), obstacles=("partitioned",))
SCHEMA = Schema(
    name="public",
    tables=(PEOPLE, PETS, LOG, PARTS),
    volatile=frozenset({"random", "nextval"}),
    referrers=(("public.toys", ("tag",), "pets", ("tag",)),),
)
SPLIT = SplitColumn(
    table="people",
    column="name",
    into=(NewColumn(name="first", type="text"), NewColumn(name="last", type="text", nullable=True)),
    up=(("first", "split_part(name, ' ', 1)"), ("last", "split_part(name, ' ', 2)")),
    down="first || ' ' || last",
    location=HERE,
)


def tried(*operations: Operation, schema: Schema = SCHEMA) -> Unfolding | tuple[Problem, ...]:
    return unfold(Migration(name=MigrationName("m"), operations=operations), schema)


def unfolded(*operations: Operation, schema: Schema = SCHEMA) -> Unfolding:
    found = tried(*operations, schema=schema)
    assert isinstance(found, Unfolding), "\n".join(map(str, found))
    return found


def problems(*operations: Operation, schema: Schema = SCHEMA) -> list[str]:
    found = tried(*operations, schema=schema)
    return [] if isinstance(found, Unfolding) else [problem.message for problem in found]


def told(unfolding: Unfolding, phase: Phase, *, back: bool = False) -> list[str]:
    """The summaries of a phase."""
    plan = unfolding.by_phase[phase]
    deeds = plan.back if back else plan.forth
    return ["views" if isinstance(deed, MakeViews) else deed.summary for deed in deeds]


def said(unfolding: Unfolding, phase: Phase, *, back: bool = False) -> list[str]:
    """The statements of a phase."""
    plan = unfolding.by_phase[phase]
    deeds = plan.back if back else plan.forth
    return ["views" if isinstance(deed, MakeViews) else deed.sql for deed in deeds]
