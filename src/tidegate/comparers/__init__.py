"""Two versions of a specification side by side, by the comparer of their kind."""

from tidegate.core.contracts.differences import Comparison
from tidegate.core.contracts.specification import Specification


def compare(old: Specification, new: Specification) -> Comparison:
    """Stand-in."""
    raise NotImplementedError
