"""Numbers as the reasons of a verdict say them."""

from math import ceil, log10


def failures(counts: tuple[int, int], unit: str = "") -> str:
    requests, bad = counts
    share = f" ({percent(bad / requests)})" if requests else ""
    return f"{bad:,} of {requests:,}{f' {unit}' if unit else ''}{share}"


def percent(share: float) -> str:
    return f"{float(f'{share * 100:.4g}'):g} %"


def rounded(number: float) -> int:
    """Up, to two significant digits: an estimate must not look exact."""
    unit = _unit(number)
    return ceil(number / unit) * unit


def rounded_down(number: float) -> int:
    unit = _unit(number)
    return int(number / unit) * unit


def _unit(number: float) -> int:
    return int(10 ** max(int(log10(max(number, 1.0))) - 1, 0))
