"""Times and counts as the reasons of an SLO say them."""

from typing import Final

_UNITS: Final = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def span(seconds: float) -> str:
    """A time in its two largest units: `5m`, `1h30m`, `3d`."""
    parts: list[tuple[int, str]] = []
    left = round(seconds)
    for name, size in _UNITS:
        count, left = divmod(left, size)
        if count or parts:
            parts.append((count, name))
    return "".join(f"{count}{name}" for count, name in parts[:2] if count) or "0s"


def amount(number: float) -> str:
    """A count, of which small ones may have fractions."""
    return f"{number:,.0f}" if number >= 100 or number == round(number) else f"{number:.3g}"
