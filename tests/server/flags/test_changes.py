"""What is served, followed: nobody misses the newest, and a burst of changes comes as one."""

import asyncio

from tests.server.flags.served import Served, checkout, flag_set

from tidegate.core.flags.definitions import FlagSet
from tidegate.server.flags.changes import PerGeneration, followed


async def test_the_newest_comes_at_first_and_after_each_change() -> None:
    served = Served(flag_set(checkout("on")))
    following = followed(served)
    assert (await anext(following)).flags == flag_set(checkout("on"))
    waiting = asyncio.create_task(anext(following))
    await served.replace(flag_set(checkout("off")))
    assert (await waiting).flags == flag_set(checkout("off"))


async def test_a_burst_comes_as_one() -> None:
    served = Served(flag_set(checkout()))
    following = followed(served)
    await anext(following)
    waiting = asyncio.create_task(anext(following))
    for _ in range(9):
        await served.replace(flag_set(checkout()))
    assert (await waiting).generation == 10


async def test_a_slow_reader_is_told_the_newest_and_not_what_it_missed() -> None:
    served = Served(flag_set(checkout("on")))
    following = followed(served)
    await anext(following)
    for default in ("off", "on", "off"):
        await served.replace(flag_set(checkout(default)))
    newest = await anext(following)
    assert (newest.generation, newest.flags) == (4, flag_set(checkout("off")))


async def test_where_nothing_changes_the_same_comes_again() -> None:
    served = Served(flag_set(checkout()))
    following = followed(served, idle=0.001)
    assert [(await anext(following)).generation for _ in range(3)] == [1, 1, 1]


async def test_what_is_made_of_a_set_is_made_once_a_generation() -> None:
    made: list[FlagSet] = []
    served = Served(flag_set(checkout("on")))

    def make(flags: FlagSet) -> int:
        made.append(flags)
        return len(made)

    things = PerGeneration(make)
    assert [things.of(served.served()), things.of(served.served())] == [1, 1]
    await served.replace(flag_set(checkout("off")))
    assert things.of(served.served()) == 2
    assert made == [flag_set(checkout("on")), flag_set(checkout("off"))]
