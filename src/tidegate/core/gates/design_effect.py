"""How much more failures come together than chance makes them: the design effect of a control.

A likelihood ratio counts every failure as news of its own. Where one crash fails forty requests it is one
piece of news, told forty times, and a test that does not know finds harm that is none. How often news is
repeated shows in the control: counts of neighbouring blocks of looks then differ by more than a binomial
allows, on average `phi` times the variance. `Comparison.with_batch(..., temper=phi)` makes up for it.

ONLY NEIGHBOURS are compared (von Neumann, 1941), so a rate that drifts slowly is not taken for bursts, and only
the control, so harm in the canary cannot hide itself. For blocks with k, k' bad of n, n' requests and
q = (k+k')/(n+n'),

    phi = sum of (k/n - k'/n')^2  over  sum of q(1-q) (n+n')/(n+n'-1) (n+n')/(n n')

and both sums have the same mean if each request fails by itself, at any rate and any size. Blocks are of one,
two and four looks: a burst that lasts longer than a look shows only in the longer ones.

UNTIL IT IS CLEAR, phi is one. Over m pairs with K bad requests the ratio wavers by sqrt(3/m + 1/K) even if it is
one, so what is beyond one counts only as far as it is beyond chance (the shrinkage of James and Stein, 1961):
a surplus s with variance v becomes s - 9v/s, and nothing below three sigma. Longer blocks, of which there are
fewer, add to shorter ones by the same rule.

WHAT IT CANNOT DO. It is an estimate, so false alarms under bursts are near alpha and not below it by proof.
It knows nothing before the first blocks: observe the control before its canary has traffic. Bursts that are
rarer than what was seen of the control, and instances that differ for good, are invisible to it.
"""

from dataclasses import dataclass

import numpy as np

from tidegate.core.gates.eprocess import Arm, Flags, Floats

_LENGTHS = np.array([[1.0], [2.0], [4.0]])
"""Looks that make a block."""
_SIGMAS = 3.0
_TINY = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DesignEffect:
    """What neighbouring blocks of a control's batches have shown, for many streams.

    Arrays have an axis of block lengths and one of streams; `seen` has streams only.
    """

    block: Arm
    age: Floats
    before: Arm
    squares: Floats
    chance: Floats
    pairs: Floats
    seen: Arm

    @property
    def phi(self) -> Floats:
        """The design effect of each stream, at least one: what to temper the next batch by."""
        effect = np.ones_like(self.seen.bad)
        found = np.divide(self.squares, self.chance, out=np.zeros_like(self.chance), where=self.chance > 0.0)
        for ratio, pairs in zip(found, self.pairs, strict=True):
            noise = 3.0 / np.maximum(pairs, 1.0) + effect / np.maximum(self.seen.bad, 1.0)
            surplus = np.maximum(ratio - effect, _TINY)
            effect = effect + np.maximum(surplus - _SIGMAS**2 * effect**2 * noise / surplus, 0.0)
        return effect

    def with_batch(self, control: Arm) -> "DesignEffect":
        """What is known after one more batch of the control."""
        block, age = self.block + control, self.age + 1.0
        full = (age >= _LENGTHS) & (block.requests > 0.0)
        paired = full & (self.before.requests > 0.0)
        square, chance = _difference(self.before, block)
        return DesignEffect(
            block=block.scaled(~full),
            age=np.where(full, 0.0, age),
            before=_chosen(full, block, self.before),
            squares=self.squares + np.where(paired, square, 0.0),
            chance=self.chance + np.where(paired, chance, 0.0),
            pairs=self.pairs + paired,
            seen=self.seen + control,
        )


def design_effect(streams: int = 1) -> DesignEffect:
    """Nothing seen yet of so many controls."""
    nothing = np.zeros((len(_LENGTHS), streams))
    return DesignEffect(
        block=Arm(nothing, nothing),
        age=nothing,
        before=Arm(nothing, nothing),
        squares=nothing,
        chance=nothing,
        pairs=nothing,
        seen=Arm(np.zeros(streams), np.zeros(streams)),
    )


def _difference(one: Arm, other: Arm) -> tuple[Floats, Floats]:
    """The squared difference of two rates, and what it is on average if each request fails by itself."""
    n, m = np.maximum(one.requests, 1.0), np.maximum(other.requests, 1.0)
    both = n + m
    pooled = np.minimum((one.bad + other.bad) / both, 1.0)
    square = (one.bad / n - other.bad / m) ** 2
    return square, pooled * (1.0 - pooled) * both / (both - 1.0) * both / (n * m)


def _chosen(condition: Flags, one: Arm, other: Arm) -> Arm:
    return Arm(np.where(condition, one.requests, other.requests), np.where(condition, one.bad, other.bad))
