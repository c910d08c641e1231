"""Options and arguments that several commands share."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from tidegate.core.strategy import Gate
from tidegate.sources.quantities import share

STATE_DIR = click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    default=Path(".tidegate"),
    envvar="TIDEGATE_STATE_DIR",
    show_default=True,
    help="Where the tidegate to speak to keeps its state.",
)


def share_of(*, above: float = -1.0, below: float = 1.1, plain: bool = False) -> Callable[[str], float]:
    """Reads a share as change files write it, such as 0.5%, within bounds; `plain` takes 0.005 as well."""

    def percent(value: str) -> float:
        found = share(value)
        if found is None and plain and _FRACTION.fullmatch(value):
            found = float(value)
        if found is None:
            raise click.BadParameter(f"{value!r} is not a share such as 0.5%")
        if found <= above:
            raise click.BadParameter(f"{value} is not more than {above:.0%}")
        if found >= below:
            raise click.BadParameter(f"{value} is not less than {below:.0%}")
        return found

    return percent


_FRACTION = re.compile(r"0?\.[0-9]{1,12}")
ALPHA = share_of(above=0.0, below=0.5, plain=True)
_Command = TypeVar("_Command", bound=Callable[..., Any])
_FIELDS = ("success_rate", "worse_by", "worse_times")


def margins(command: _Command) -> _Command:
    """The options for a gate's margin and error rates; absent ones leave what the gate has."""
    options = (
        click.option("--worse-by", type=share_of(above=0.0), help="Margin as a difference, such as 0.5%."),
        click.option("--worse-times", type=click.FloatRange(1, 100), help="Margin as a ratio, such as 1.5."),
        click.option("--alpha", type=ALPHA, help="Chance of failing a harmless release, such as 1%."),
        click.option("--alpha-promote", type=ALPHA, help="Chance of passing one beyond the margins."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def with_limits(gate: Gate, given: dict[str, float | None]) -> Gate:
    """A gate with what options say in place of what it has."""
    named = {name: value for name, value in given.items() if value is not None}
    limits = {name: named[name] for name in _FIELDS if name in named}
    rest = {name: value for name, value in named.items() if name not in _FIELDS}
    return replace(gate, boundaries=replace(gate.boundaries, **limits), **rest)  # type: ignore[arg-type]
