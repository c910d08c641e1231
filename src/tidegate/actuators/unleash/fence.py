"""The fence of each flag: within a rollout an older command than the newest obeyed comes too late.

Unleash has no compare-and-set: the fence is a tag of the flag, read before and written with every command. In one
process the commands for a flag wait for each other; those of two processes within one moment are not told apart.
"""

from asyncio import Lock
from collections import defaultdict
from collections.abc import Collection

from tidegate.actuators.unleash import marks
from tidegate.actuators.unleash.api import UnleashApi
from tidegate.core.errors import Superseded
from tidegate.core.ids import FlagKey
from tidegate.ports import Token
from tidegate.sources.words import quoted


class Fence:
    """Lets the newest commands of each rollout through."""

    def __init__(self, api: UnleashApi) -> None:
        self._api = api
        self._locks: dict[FlagKey, Lock] = defaultdict(Lock)

    def turn(self, flag: FlagKey) -> Lock:
        """Held while a command for the flag is carried out."""
        return self._locks[flag]

    async def obey(
        self, flag: FlagKey, token: Token, add: Collection[str] = (), remove: Collection[str] = ()
    ) -> frozenset[str]:
        """Note the token, and other tags in the same move; the tags that were there before are returned."""
        tags = await self._api.tags(flag)
        newest = marks.newest(tags, token.rollout)
        if newest > token.attempt:
            message = f"attempt {newest} of {token.rollout} was obeyed since"
            raise Superseded(f"{token} comes too late for flag {quoted(flag)}: {message}")
        ours = {marks.fence(token), *add}
        older = {*marks.fences(tags, token.rollout), *remove} - ours
        await self._api.mark(flag, add=ours - tags, remove=older & tags)
        return tags
