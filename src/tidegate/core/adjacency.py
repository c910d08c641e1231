"""A directed graph of numbered nodes in two arrays, for what must be quick on a million edges.

The successors of node i are `ends[begins[i]:begins[i + 1]]`, in the order in which the edges were given
(compressed sparse rows). Every pass touches each edge a fixed number of times, a whole layer at once; what
remains per layer is some microseconds, so the deepest graph of n nodes, a chain, costs n of those.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adjacency:
    """Nodes 0, 1, … and for each of them its successors."""

    begins: Numbers
    ends: Numbers

    @classmethod
    def of(cls, count: int, starts: ArrayLike, ends: ArrayLike) -> "Adjacency":
        """The graph of `count` nodes with an edge from each of `starts` to its neighbour in `ends`."""
        origins, targets = np.asarray(starts, dtype=np.int64), np.asarray(ends, dtype=np.int64)
        begins = np.concatenate(([0], np.cumsum(np.bincount(origins, minlength=count))))
        return cls(begins=begins, ends=targets[np.argsort(origins, kind="stable")])

    @property
    def count(self) -> int:
        """How many nodes there are."""
        return len(self.begins) - 1

    @property
    def starts(self) -> Numbers:
        """Where each edge begins, beside `ends`."""
        return np.repeat(np.arange(self.count), np.diff(self.begins))

    def successors(self, nodes: Numbers) -> Numbers:
        """The successors of some nodes, one after the other; those of several appear as often."""
        begins = self.begins[nodes]
        lengths = self.begins[nodes + 1] - begins
        shifts = begins - np.cumsum(lengths) + lengths
        found: Numbers = self.ends[np.arange(lengths.sum()) + np.repeat(shifts, lengths)]
        return found

    def layers(self) -> list[Numbers]:
        """Nodes by longest distance from a source (Kahn 1962). Nodes on or behind a cycle are left out.

        Within a layer a node stands where the last edge that leads to it is found.
        """
        waiting = np.bincount(self.ends, minlength=self.count)
        last = np.empty(self.count, dtype=np.int64)
        found: list[Numbers] = []
        ready = np.flatnonzero(waiting == 0)
        while len(ready):
            found.append(ready)
            reached = self.successors(ready)
            np.subtract.at(waiting, reached, 1)
            released = reached[waiting[reached] == 0]
            positions = np.arange(len(released))
            last[released] = positions  # of several the last is kept
            ready = released[last[released] == positions]
        return found

    def components(self) -> Numbers:
        """For each node the number of its strongly connected component."""
        matrix = csr_array(
            (np.ones(len(self.ends), dtype=np.int8), self.ends, self.begins), shape=(self.count, self.count)
        )
        _, labels = connected_components(matrix, directed=True, connection="strong")
        return np.asarray(labels, dtype=np.int64)

    def longest(self, weights: Numbers) -> Numbers:
        """For each node the greatest sum of weights on a path that begins there, its own included.

        For graphs without cycles.
        """
        totals = weights.copy()
        for layer in reversed(self.layers()):
            reached = totals[self.successors(layer)]
            lengths = self.begins[layer + 1] - self.begins[layer]
            inner = layer[lengths > 0]
            offsets = np.cumsum(lengths[lengths > 0]) - lengths[lengths > 0]
            if len(inner):
                totals[inner] += np.maximum.reduceat(reached, offsets)
        return totals
