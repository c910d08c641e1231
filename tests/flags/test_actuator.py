"""Rollouts expose and remove flags, forth and back; what hinders them is said before and at the time."""

import asyncio
from pathlib import Path

import pytest
from tests.actuators.conformance import tokens, walk

from tidegate.core.plan.steps import ExposeFlag, RemoveFlag
from tidegate.flags.actuator import FlagActuator

from .desks import REFUND, desk_in

ON = ExposeFlag(flag=REFUND, off="off", on="on")
STAFF = ExposeFlag(flag=REFUND, off="off", on="on", audience_name="staff", audience='{"var": "staff"}')
GONE = RemoveFlag(flag=REFUND)


@pytest.mark.parametrize(
    ("action", "exposures"),
    [(ON, (0.05, 0.25, 1.0)), (STAFF, (0.5, 1.0)), (GONE, (1.0,))],
    ids=["everyone", "audience", "removal"],
)
def test_it_goes_forth_and_back_as_every_actuator_does(
    tmp_path: Path, action: ExposeFlag | RemoveFlag, exposures: tuple[float, ...]
) -> None:
    async def story() -> None:
        async with desk_in(tmp_path) as desk:
            before = desk.served().flags
            await walk(FlagActuator(desk), action, tokens("r-1", "flag"), desk.served, exposures)
            assert desk.served().flags == before

    asyncio.run(story())
