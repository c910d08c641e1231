"""What was measured, as tables in Markdown."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf

from bench.experiments.contest import Claims
from bench.experiments.mismatch import Drawn, Steps


def claims_table(rows: Mapping[str, Mapping[str, Claims]]) -> Iterator[str]:
    """The part of experiments without any difference in which one is claimed."""
    yield "Claims of a difference where there is none, alpha 5 %, a hundred looks:"
    yield ""
    yield from _table("numbers, share of the variant", rows, lambda claims: f"{claims.part:.1%}")


def found_table(rows: Mapping[str, Mapping[str, Claims]]) -> Iterator[str]:
    """The units it takes to find a difference."""
    yield "Units until a difference is claimed, in the median (part of experiments that claim it):"
    yield ""
    yield from _table("lift", rows, _taken)


def _table(
    first: str, rows: Mapping[str, Mapping[str, Claims]], cell: Callable[[Claims], str]
) -> Iterator[str]:
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    yield _row([first, *columns])
    yield _row(["---"] * (1 + len(columns)))
    for name, row in rows.items():
        yield _row([name, *(cell(row[column]) if column in row else "" for column in columns)])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _taken(claims: Claims) -> str:
    return f"{_units(claims.units)} ({claims.part:.0%})"


def _units(units: float) -> str:
    return "-" if units == inf else f"{units:,.0f}"


def drawn_table(rows: Sequence[Drawn]) -> Iterator[str]:
    """How often and how soon a mismatch is claimed."""
    yield "Sample-ratio mismatch, chance of a false one 0.1 % over all looks:"
    yield ""
    yield _row(["intended", "drawn", "claimed", "units, median", "chi-squared test at every look"])
    yield _row(["---"] * 5)
    for each in rows:
        cells = [f"{each.intended:.0%}", f"{each.actual:.0%}", f"{each.part:.1%}", _units(each.units)]
        yield _row([*cells, f"{each.repeated:.1%}"])


def steps_line(found: Steps) -> str:
    """What comes of steps of exposure on days that differ."""
    return (
        f"Shares of 5, 25 and 50 % on days when 8, 10 and 12 % convert, no difference: claimed by strata in "
        f"{found.by_strata:.1%} of the experiments, of all together in {found.together:.1%}."
    )
