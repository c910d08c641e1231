"""What going back has no place for in the old shape is kept beside it."""

from tidegate.core.migrations.statements import Statement
from tidegate.core.migrations.unfolding import Unfolding


def set_aside(unfolding: Unfolding) -> tuple[Statement, ...]:
    """Keep what the new shape says and the old one cannot, before the new columns go."""
    raise NotImplementedError
