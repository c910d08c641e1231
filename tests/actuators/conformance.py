"""What every actuator owes the machine: forth, back and forth, each verb repeated, late commands refused.

Run `walk` on any actuator with an action that its world is ready for. It leaves the action undone.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count

import pytest

from tidegate.core.errors import Superseded
from tidegate.core.ids import RolloutId, StepId
from tidegate.core.plan.steps import Action
from tidegate.ports import Actuator, Token

Witness = Callable[[], object]
"""What the world shows of its own: equal answers mean that nothing was observably done in between."""


def tokens(rollout: str, step: str, first: int = 1) -> Iterator[Token]:
    """Ever newer tokens of one step."""
    return (Token(rollout=RolloutId(rollout), step=StepId(step), attempt=each) for each in count(first))


async def walk(
    actuator: Actuator,
    action: Action,
    fresh: Iterator[Token],
    witness: Witness,
    exposures: tuple[float, ...] = (1.0,),
) -> None:
    """Validate, then go forth through `exposures`, back, forth and back again."""
    for _ in range(2):
        assert await actuator.validate(action) == ()
    await settled(actuator, action, 0)
    trial = _Trial(actuator=actuator, action=action, fresh=fresh, witness=witness)
    for _ in range(2):
        first = await trial.forth(exposures)
        await trial.back()
        await trial.refuses(first)


async def settled(actuator: Actuator, action: Action, exposure: float, patience: float = 30) -> None:
    """Wait until the world is as wanted; fails with what is still missing."""
    deadline = time.monotonic() + patience
    while missing := await actuator.verify(action, exposure):
        assert time.monotonic() < deadline, missing
        await asyncio.sleep(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    actuator: Actuator
    action: Action
    fresh: Iterator[Token]
    witness: Witness

    async def forth(self, exposures: tuple[float, ...]) -> Token:
        """Through every exposure; the first token that was obeyed is returned."""
        assert await self.actuator.verify(self.action, exposures[0]), "it is missing before it is applied"
        used = []
        for exposure in exposures:
            used.append(await self._once(partial(self._apply, exposure)))
            await self.refuses(*used[:-1])
        return used[0]

    async def back(self) -> None:
        late = await self._once(self._revert)
        assert await self.actuator.verify(self.action, 1.0), "it is missing again once it is reverted"
        await self.refuses(late)

    async def refuses(self, *late: Token) -> None:
        """Tokens after which newer ones were obeyed do nothing any more."""
        before = self.witness()
        for token in late:
            for verb in (
                self.actuator.apply(self.action, 1.0, token),
                self.actuator.revert(self.action, token),
            ):
                with pytest.raises(Superseded) as refusal:
                    await verb
                assert str(token) in str(refusal.value)
        assert self.witness() == before, "a late command did something"

    async def _once(self, verb: Callable[[Token], Awaitable[None]]) -> Token:
        """Do it; the same token again, and a newer one, change nothing more. The first one is returned."""
        token, before = next(self.fresh), self.witness()
        await verb(token)
        done = self.witness()
        assert done != before, "the world shows nothing of what was done"
        await verb(token)
        assert self.witness() == done, "the same token again did something again"
        await verb(next(self.fresh))
        assert self.witness() == done, "a newer token for what is so already did something again"
        return token

    async def _apply(self, exposure: float, token: Token) -> None:
        receipt = await self.actuator.apply(self.action, exposure, token)
        assert (receipt.token, bool(receipt.summary)) == (token, True)
        await settled(self.actuator, self.action, exposure)

    async def _revert(self, token: Token) -> None:
        receipt = await self.actuator.revert(self.action, token)
        assert (receipt.token, bool(receipt.summary)) == (token, True)
        await settled(self.actuator, self.action, 0)
