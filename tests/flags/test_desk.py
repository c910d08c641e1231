"""The desk serves what is kept, wakes everybody at once, and notices what others change."""

import asyncio
from itertools import count
from pathlib import Path

import pytest

from tidegate.core.errors import Unavailable
from tidegate.core.flags.serving import Exposure, Switch
from tidegate.core.ids import FlagKey
from tidegate.flags import desk as desk_module
from tidegate.store.flags import FlagStore

from .desks import BASE, BASKET, NOW, REFUND, boolean, desk_in, entry, flag_set, token

PATIENCE = 20.0
"""Seconds in which a busy machine certainly does what takes milliseconds."""

CLIENTS = 500
OFF = Switch(flag=REFUND, variant="off", by="ada", reason="twice", at=NOW)


def expose(store: FlagStore, share: float = 1.0, attempt: int = 1) -> str:
    made = Exposure(
        rollout=token().rollout, step=token().step, flag=REFUND, variant="on", share=share, salt="r-1"
    )
    return store.expose(made, token(attempt), "on")


def switch_off(store: FlagStore) -> None:
    store.switch_off(OFF, entry())


async def test_everybody_who_waits_has_the_new_set_once_a_flag_is_switched(tmp_path: Path) -> None:
    async with desk_in(tmp_path) as desk:
        await desk.change(expose)
        before = desk.served()
        waiting = [asyncio.create_task(desk.changed(before.generation)) for _ in range(CLIENTS)]
        await asyncio.sleep(0)
        await desk.change(switch_off)
        heard = await asyncio.wait_for(asyncio.gather(*waiting), PATIENCE)
        assert before.flags.flags[REFUND].default == "on"
        assert heard == [desk.served()] * CLIENTS
        assert desk.served().flags.flags[REFUND].default == "off"
        assert desk.served().generation > before.generation


async def test_whoever_knows_an_older_set_has_the_newest_without_waiting(tmp_path: Path) -> None:
    async with desk_in(tmp_path) as desk:
        assert await desk.changed(-1) == desk.served()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(desk.changed(desk.served().generation), 0.01)


async def test_what_is_served_survives_a_restart_and_generations_go_on(tmp_path: Path) -> None:
    async with desk_in(tmp_path) as desk:
        await desk.change(expose)
        before = desk.served()
    async with desk_in(tmp_path) as desk:
        assert desk.served().flags == before.flags
        assert desk.served().generation > before.generation


async def test_a_change_that_changes_nothing_for_anybody_wakes_nobody(tmp_path: Path) -> None:
    async with desk_in(tmp_path) as desk:
        before = desk.served()
        await desk.with_base(BASE)
        assert desk.served() is before


async def test_new_definitions_are_served_with_what_was_exposed_before(tmp_path: Path) -> None:
    async with desk_in(tmp_path) as desk:
        await desk.change(expose)
        await desk.with_base(flag_set(boolean(REFUND, metadata={"owner": "payments"})))
        refund = boolean(REFUND, default="on", metadata={"owner": "payments"})
        assert desk.served().flags == flag_set(refund)


async def test_another_process_on_the_same_store_is_noticed(tmp_path: Path) -> None:
    async with desk_in(tmp_path) as desk, desk_in(tmp_path) as other:
        keeping = asyncio.create_task(desk.keep(pytest.fail))
        before = desk.served().generation
        await other.change(switch_off)
        heard = await asyncio.wait_for(desk.changed(before), PATIENCE)
        await _stopped(keeping)
        assert heard.flags.flags[REFUND].metadata["switchedOff"] == "ada: twice"


async def test_a_store_that_does_not_answer_is_told_once_and_the_last_set_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "LOOK_SECONDS", 0.001)
    told: list[str] = []
    loop, asked, often = asyncio.get_running_loop(), count(), asyncio.Event()

    def fails(_: FlagStore) -> int:
        if next(asked) > 3:
            loop.call_soon_threadsafe(often.set)
        raise Unavailable("the store is away")

    async with desk_in(tmp_path) as desk:
        before = desk.served()
        with monkeypatch.context() as patched:
            patched.setattr(FlagStore, "generation", fails)
            keeping = asyncio.create_task(desk.keep(told.append))
            await asyncio.wait_for(often.wait(), PATIENCE)
            await _stopped(keeping)
        assert told == ["flags are served as they were: the store is away"]
        assert desk.served() is before


async def test_evaluations_of_known_flags_are_kept_in_the_end(tmp_path: Path) -> None:
    async with desk_in(tmp_path) as desk:
        keeping = asyncio.create_task(desk.keep(pytest.fail))
        await asyncio.sleep(0)
        desk.evaluated(REFUND, "on")
        desk.evaluated(FlagKey("invented"), None)
        assert await desk.evaluations() == {REFUND: NOW}
        await _stopped(keeping)
        assert await desk.ask(FlagStore.evaluated) == {REFUND: NOW}


async def test_a_restored_flag_is_defined_again_though_no_file_has_it(tmp_path: Path) -> None:
    async with desk_in(tmp_path) as desk:
        await desk.change(lambda store: store.remove(REFUND, token(1), BASE.flags[REFUND]))
        await desk.with_base(flag_set(boolean(BASKET)))
        assert list(desk.served().flags.flags) == [BASKET]
        await desk.change(lambda store: store.restore(REFUND, token(2)))
        assert desk.defined().flags == BASE.flags
        assert desk.served().flags.flags == BASE.flags


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
