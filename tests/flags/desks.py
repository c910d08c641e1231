"""A desk over a store of its own, and flags to put on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.ids import FlagKey, RolloutId, StepId
from tidegate.flags.desk import FlagDesk
from tidegate.ports import Token
from tidegate.store.database import Store
from tidegate.store.records import Entry

REFUND, BASKET = FlagKey("refund"), FlagKey("basket")
NOW = 1_767_355_200.0


def boolean(key: FlagKey, **changes: Any) -> Flag:
    return Flag(**{"key": key, "variants": {"on": True, "off": False}, "default": "off", **changes})


def flag_set(*flags: Flag) -> FlagSet:
    return FlagSet(flags={flag.key: flag for flag in flags})


BASE = flag_set(boolean(BASKET), boolean(REFUND, metadata={"requires": "basket"}))


def store_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.sqlite'}"


@asynccontextmanager
async def desk_in(folder: Path, base: FlagSet = BASE) -> AsyncIterator[FlagDesk]:
    """A desk on the store in `folder`."""
    store = Store.open(store_url(folder))
    desk = await FlagDesk.open(store.flags, base, lambda: NOW)
    try:
        yield desk
    finally:
        desk.close()
        store.close()


def token(attempt: int = 1, step: str = "flag/refund", rollout: str = "r-1") -> Token:
    return Token(rollout=RolloutId(rollout), step=StepId(step), attempt=attempt)


def entry(key: str = "switched") -> Entry:
    return Entry(
        at=datetime.fromtimestamp(NOW, UTC),
        actor="ada",
        kind="flag off",
        subject=REFUND,
        summary="twice",
        key=key,
        detail={},
    )
