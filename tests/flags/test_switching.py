"""A flag that is switched off is off for everyone until that is lifted, and the journal says who did it and why."""

from pathlib import Path
from typing import Any

import pytest

from tidegate.core.errors import Refused
from tidegate.core.flags.definitions import Flag
from tidegate.core.ids import FlagKey
from tidegate.flags.switching import Request, Switching
from tidegate.store.database import Store

from .desks import BASE, NOW, REFUND, desk_in, flag_set, store_url


def request(**changes: Any) -> Request:
    return Request(
        **{"flag": REFUND, "position": "off", "by": "ada", "reason": "twice", "at": NOW, **changes}
    )


class Elsewhere:
    """A flag system that says what it was asked."""

    async def switch_off(self, system: str, flag: FlagKey) -> str:
        return f"{flag} is off in {system}"

    async def switch_on(self, system: str, flag: FlagKey) -> str:
        return f"{flag} is on in {system}"


def journal_of(store: Store) -> list[tuple[str, str, str, str]]:
    return [(each.actor, each.kind, each.subject, each.summary) for each in store.journal()]


async def test_off_and_on_are_in_effect_when_they_are_answered_and_are_noted(tmp_path: Path) -> None:
    store = Store.open(store_url(tmp_path))
    async with desk_in(tmp_path) as desk:
        switching = Switching(desk=desk, store=store)
        assert await switching.switch(request()) == "refund is off for everyone"
        assert desk.served().flags.flags[REFUND].metadata["switchedOff"] == "ada: twice"
        lifted = await switching.switch(request(position="on", by="bob", reason="mended"))
        assert lifted == "refund is served again as defined and exposed"
        assert desk.served().flags == BASE
    assert journal_of(store) == [
        ("ada", "flag off", "refund", "twice"),
        ("bob", "flag on", "refund", "mended"),
    ]
    store.close()


async def test_a_flag_without_an_off_variant_is_left_to_the_code(tmp_path: Path) -> None:
    colours = flag_set(Flag(key=REFUND, variants={"red": 1, "blue": 2}))
    store = Store.open(store_url(tmp_path))
    async with desk_in(tmp_path, colours) as desk:
        told = await Switching(desk=desk, store=store).switch(request())
        assert told == "refund is off for everyone: their code has its default"
        assert desk.served().flags.flags[REFUND].default is None
    store.close()


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        (request(flag=FlagKey("refunds")), "flag 'refunds' is not defined here (did you mean 'refund'?)"),
        (request(position="on"), "flag 'refund' is not switched off"),
        (
            request(system="unleash"),
            "no flag system 'unleash' is known here (name none for a flag that tidegate serves)",
        ),
    ],
)
async def test_what_cannot_be_switched_is_refused_and_not_noted(
    tmp_path: Path, wish: Request, told: str
) -> None:
    store = Store.open(store_url(tmp_path))
    async with desk_in(tmp_path) as desk:
        with pytest.raises(Refused) as refusal:
            await Switching(desk=desk, store=store).switch(wish)
        assert str(refusal.value) == told
    assert journal_of(store) == []
    store.close()


async def test_a_flag_of_another_system_is_switched_there(tmp_path: Path) -> None:
    store = Store.open(store_url(tmp_path))
    async with desk_in(tmp_path) as desk:
        switching = Switching(desk=desk, store=store, systems=Elsewhere())
        other = {"flag": FlagKey("theirs"), "system": "unleash"}
        assert await switching.switch(request(**other)) == "theirs is off in unleash"
        assert await switching.switch(request(**other, position="on")) == "theirs is on in unleash"
        assert desk.served().flags == BASE
    assert [kind for _, kind, _, _ in journal_of(store)] == ["flag off", "flag on"]
    store.close()
