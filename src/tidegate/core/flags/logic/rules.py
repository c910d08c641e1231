"""A rule taken apart, for whoever wants to know something about it without evaluating it."""

from collections.abc import Iterator
from dataclasses import dataclass

from tidegate.core.flags.definitions import Json
from tidegate.core.flags.finding import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a rule, and the path to it; `listed` where its arguments are written as a list."""

    name: str
    args: tuple[Json, ...]
    path: Path
    listed: bool

    def to(self, position: int) -> Path:
        """The path to an argument."""
        return (*self.path, self.name, position) if self.listed else (*self.path, self.name)


def operation(rule: Json, path: Path = ()) -> Operation | None:
    """The operation that a rule is, unless it is a constant or a list."""
    if not isinstance(rule, dict) or len(rule) != 1:
        return None
    ((name, args),) = rule.items()
    listed = isinstance(args, list)
    return Operation(name=name, args=tuple(args) if listed else (args,), path=path, listed=listed)


def operations(rule: Json, path: Path = ()) -> Iterator[Operation]:
    """Every operation of a rule, outer ones first; a stack of its own lets no nesting reach Python's."""
    waiting: list[tuple[Json, Path]] = [(rule, path)]
    while waiting:
        part, here = waiting.pop()
        if found := operation(part, here):
            yield found
            waiting += [(arg, found.to(n)) for n, arg in reversed([*enumerate(found.args)])]
        elif isinstance(part, list):
            waiting += [(each, (*here, n)) for n, each in reversed([*enumerate(part)])]


def answers(rule: Json, path: Path = ()) -> Iterator[tuple[Json, Path]]:
    """The constants that a rule may answer with, as far as they can be read from it."""
    found = operation(rule, path)
    if found is None:
        yield rule, path
    elif found.name in ("if", "?:"):
        for n, arg in enumerate(found.args):
            if n % 2 or n == len(found.args) - 1:
                yield from answers(arg, found.to(n))
    elif found.name == "fractional":
        for n, share in enumerate(found.args):
            if isinstance(share, list) and share:
                yield from answers(share[0], (*found.to(n), 0))
