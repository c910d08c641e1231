"""Numbers of many units as sums, which add up."""

from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """How many units, and the sums of their numbers, of the squares and of the cubes."""

    units: int = 0
    total: float = 0.0
    squares: float = 0.0
    cubes: float = 0.0

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(
            units=self.units + other.units,
            total=self.total + other.total,
            squares=self.squares + other.squares,
            cubes=self.cubes + other.cubes,
        )

    @property
    def mean(self) -> float:
        """Of the units; zero if there are none."""
        return self.total / self.units if self.units else 0.0

    @property
    def variance(self) -> float:
        """As it is estimated of the population; zero of fewer than two units."""
        if self.units < 2:
            return 0.0
        return max(self.squares - self.units * self.mean**2, 0.0) / (self.units - 1)

    @property
    def skewness(self) -> float:
        """How lopsided the numbers are; zero if they are all the same."""
        if not self.units or not self.variance:
            return 0.0
        mean, squares, cubes = self.mean, self.squares / self.units, self.cubes / self.units
        return (cubes - 3.0 * mean * squares + 2.0 * mean**3) / (self.variance * sqrt(self.variance))


NO_UNITS = Moments()
