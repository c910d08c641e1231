"""What each form of migration cannot promise, and the phases that it can have."""

from collections.abc import Mapping

from tidegate.core.migrations.operations import SourceForm
from tidegate.core.migrations.phases import PHASES, Phase

_PLAIN = (
    "no version views: old and new versions of an application meet the same tables",
    "no dual write: what is written in one shape is not carried into the other",
    "no backfill in batches: rows from before change only by the statements themselves",
    "no comparison of shapes: there is only one",
    "going back runs the file's own reverse: values that only the new shape has a place for are lost",
)

LACKS: Mapping[SourceForm, tuple[str, ...]] = {
    "tidegate": (),
    "pgroll": (),
    "sql": _PLAIN,
    "alembic": (
        *_PLAIN,
        "the statements are those that the revision's Python gives when it is run without a database",
    ),
}
"""In words, for people."""

PHASES_OF: Mapping[SourceForm, tuple[Phase, ...]] = {
    "tidegate": PHASES,
    "pgroll": PHASES,
    "sql": (Phase.EXPAND, Phase.CONTRACT),
    "alembic": (Phase.EXPAND, Phase.CONTRACT),
}
"""In order. Statements of a plain file run at expand, and at contract where it says so."""


_RAW = "statements of the file's own are in one shape only: going back runs their reverse, not a trigger's"


def lacks(source: SourceForm, *, raw: bool = False) -> tuple[str, ...]:
    """The guarantees that migrations of this form do not have; `raw` ones run SQL of their own before contract."""
    own = (_RAW,) if raw and not LACKS[source] else ()
    return (*LACKS[source], *own)
