"""Names that stand for one thing each."""

from collections.abc import Iterable, Iterator

from tidegate.core.errors import Problem
from tidegate.sources.tree import Node
from tidegate.sources.words import quoted


def named_twice(names: Iterable[Node], what: str) -> Iterator[Problem]:
    """Each name that is given again; `what` says what bears them: `a database`."""
    first: dict[str, Node] = {}
    for name in names:
        if name.text and first.setdefault(name.text, name) is not name:
            place = first[name.text].location
            yield name.problem(f"{quoted(name.text)} is {what} already (first at {place})", "rename one")
