"""What Prometheus answers with: series of samples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Sample = tuple[float, float]
"""Seconds since 1970, and the value then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Samples under one set of labels, in the order of time."""

    labels: Mapping[str, str]
    samples: tuple[Sample, ...]

    @property
    def last(self) -> float:
        """When its last sample was taken, in seconds since 1970."""
        return self.samples[-1][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one query; `warnings` say that parts of it may be lacking."""

    kind: Literal["vector", "matrix", "scalar", "string"] = "vector"
    series: tuple[Series, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def lacking(self) -> tuple[str, ...]:
        """The warnings that say that something is lacking; those about PromQL are remarks on an expression."""
        return tuple(words for words in self.warnings if not words.startswith("PromQL "))
