"""Operations on a schema become phases, each with its way back."""

from tidegate.core.errors import Problem
from tidegate.core.migrations.operations import Migration
from tidegate.core.migrations.schema import Schema
from tidegate.core.migrations.statements import Statement
from tidegate.core.migrations.unfolding import Unfolding


def unfold(migration: Migration, schema: Schema) -> Unfolding | tuple[Problem, ...]:
    """The migration on the schema as it was found, or everything that keeps it from being carried out."""
    raise NotImplementedError


def version_views(unfolding: Unfolding, schema_now: Schema) -> tuple[Statement, ...]:
    """The version schema and its views over the tables that there are now."""
    raise NotImplementedError
