"""Feature flags as they are stored: what is defined, exposed, removed and switched off, and when each was evaluated.

Every change of what is served makes a new generation, in the transaction of the change. Commands are fenced by their
tokens: a late one raises `Superseded`, one that was obeyed gets its receipt again.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, delete, select, update

from tidegate.core.errors import Superseded
from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.flags.serving import Exposure, Removal, Switch
from tidegate.core.ids import FlagKey
from tidegate.ports import Token
from tidegate.store.chain import Row
from tidegate.store.engine import Database
from tidegate.store.flag_forms import (
    Standing,
    decoded_flags,
    encoded_flag,
    encoded_flags,
    read_exposure,
    removals,
    restored,
)
from tidegate.store.journal import noted
from tidegate.store.records import Entry
from tidegate.store.rows import first, put, rows, text
from tidegate.store.schema import (
    flag_evaluations,
    flag_exposures,
    flag_removals,
    flag_switches,
    flags_served,
    rollouts,
)

_ALREADY: Final = "it was so already"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagsRecord:
    """What is to be served besides what is defined. `restored` flags are served though no file defines them any more.

    Of exposures the one that began first comes first.
    """

    generation: int
    exposures: tuple[Exposure, ...] = ()
    switches: tuple[Switch, ...] = ()
    removals: tuple[Removal, ...] = ()
    restored: tuple[Flag, ...] = ()


class FlagStore:
    """Short transactions over the tables of feature flags, safe to repeat, and from several processes at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def generation(self) -> int:
        """The newest generation; it changes with what is served."""
        with self._database.reading() as connection:
            return _generation(connection)

    def flags(self) -> FlagsRecord:
        """What is to be served besides what is defined, all of one generation."""
        with self._database.reading() as connection:
            removed = tuple(rows(connection, select(flag_removals)))
            return FlagsRecord(
                generation=_generation(connection),
                exposures=tuple(map(read_exposure, rows(connection, _in_order(_exposed())))),
                switches=tuple(Switch(**row) for row in rows(connection, select(flag_switches))),
                removals=removals(removed),
                restored=restored(removed),
            )

    def base(self) -> FlagSet | None:
        """What is defined, as somebody who serves it has read it last."""
        with self._database.reading() as connection:
            stored = first(connection, select(flags_served.c.base))
        return decoded_flags(stored["base"]) if stored and stored["base"] else None

    def set_base(self, base: FlagSet) -> None:
        """Note what is defined from now on, and what need not be kept any more since it is in the definitions."""
        with self._changing() as connection:
            connection.execute(update(flags_served).values(base=encoded_flags(base)))
            _settle_exposures(connection, base)
            _settle_removals(connection, base)
            _grow(connection)

    def expose(self, exposure: Exposure, token: Token, told: str) -> str:
        """Expose a flag under the name of `token`; the receipt in words, which is `told` if it was not so already."""
        with self._changing() as connection:
            known = first(connection, _of_step(flag_exposures, token))
            if receipt := _obeyed(known, token):
                return receipt
            share, began = (known["share"], known["began"]) if known else (0.0, 0)
            moved = share != exposure.share
            generation = _grow(connection) if moved else 0
            receipt = told if moved else _ALREADY
            fence = {"attempt": token.attempt, "receipt": receipt, "began": began if share else generation}
            put(connection, flag_exposures, {**asdict(exposure), **fence})
            return receipt

    def exposing(self, flag: FlagKey) -> tuple[Exposure, ...]:
        """How rollouts that have not ended expose a flag."""
        ended = select(rollouts.c.id).where(rollouts.c.ended.is_not(None))
        theirs = _exposed().where(flag_exposures.c.flag == flag, flag_exposures.c.rollout.not_in(ended))
        with self._database.reading() as connection:
            return tuple(map(read_exposure, rows(connection, _in_order(theirs))))

    def remove(self, flag: FlagKey, token: Token, definition: Flag | None) -> str:
        """Serve a flag no longer, keeping its `definition` for the way back; the receipt in words."""
        kept = None if definition is None else encoded_flag(definition)
        return self._move(flag, token, Standing.REMOVED, f"{flag} is not served any more", kept)

    def restore(self, flag: FlagKey, token: Token) -> str:
        """Serve a flag again that was removed; the receipt in words."""
        return self._move(flag, token, Standing.RESTORED, f"{flag} is served again")

    def _move(
        self,
        flag: FlagKey,
        token: Token,
        standing: Standing,
        told: str,
        kept: Mapping[str, Any] | None = None,
    ) -> str:
        with self._changing() as connection:
            known = first(connection, _of_step(flag_removals, token))
            if receipt := _obeyed(known, token):
                return receipt
            moved = (known["standing"] if known else Standing.RESTORED) != standing
            receipt = told if moved else _ALREADY
            whose = {"rollout": token.rollout, "step": token.step, "flag": flag}
            fence = {"attempt": token.attempt, "receipt": receipt}
            definition = kept or (known and known["definition"])
            put(connection, flag_removals, {**whose, **fence, "standing": standing, "definition": definition})
            if moved:
                _grow(connection)
            return receipt

    def switch_off(self, switch: Switch, entry: Entry) -> None:
        """Keep that somebody switched a flag off, and note it."""
        row = {**asdict(switch), "by": text(switch.by), "reason": text(switch.reason)}
        with self._changing() as connection:
            put(connection, flag_switches, row)
            _grow(connection)
            noted(connection, entry)

    def switch_on(self, flag: FlagKey, entry: Entry) -> bool:
        """Forget that a flag was switched off, and note it; False when it was not."""
        with self._changing() as connection:
            lifted = (
                connection.execute(delete(flag_switches).where(flag_switches.c.flag == flag)).rowcount > 0
            )
            if lifted:
                _grow(connection)
                noted(connection, entry)
            return lifted

    def note_evaluated(self, seen: Mapping[FlagKey, float]) -> None:
        """Keep when flags were evaluated last, in seconds since 1970."""
        with self._database.writing() as connection:
            for flag, at in sorted(seen.items()):  # in one order: of two writers none waits for the other
                put(connection, flag_evaluations, {"flag": flag, "at": at})

    def evaluated(self) -> Mapping[FlagKey, float]:
        """When each flag was evaluated last, in seconds since 1970."""
        with self._database.reading() as connection:
            return {row["flag"]: row["at"] for row in rows(connection, select(flag_evaluations))}

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A transaction that may change what is served; one at a time, so that each generation is one state."""
        with self._database.writing() as connection:
            connection.execute(select(flags_served).with_for_update())
            yield connection


def _generation(connection: Connection) -> int:
    return int(connection.execute(select(flags_served.c.generation)).scalar_one())


def _grow(connection: Connection) -> int:
    connection.execute(update(flags_served).values(generation=flags_served.c.generation + 1))
    return _generation(connection)


def _of_step(table: Table, token: Token) -> Select[Any]:
    return select(table).where(table.c.rollout == token.rollout, table.c.step == token.step)


def _exposed() -> Select[Any]:
    return select(flag_exposures).where(flag_exposures.c.share > 0)


def _in_order(found: Select[Any]) -> Select[Any]:
    return found.order_by(flag_exposures.c.began)


def _obeyed(known: Row | None, token: Token) -> str:
    """The receipt of a token that was obeyed before, else nothing; raises `Superseded` for a late one."""
    if known is None or token.attempt > known["attempt"]:
        return ""
    if token.attempt < known["attempt"]:
        newest = Token(rollout=token.rollout, step=token.step, attempt=known["attempt"])
        raise Superseded(f"{token} comes too late for flag {known['flag']!r}: {newest} was obeyed since")
    return f"already done: {known['receipt']}"


def _settle_exposures(connection: Connection, base: FlagSet) -> None:
    """Where everyone is served the variant by definition, from now on the definition says what is served."""
    for row in tuple(rows(connection, _exposed())):
        flag = base.flags.get(FlagKey(row["flag"]))
        if flag and flag.enabled and not flag.targeting and flag.default == row["variant"]:
            put(connection, flag_exposures, {**row, "share": 0.0})


def _settle_removals(connection: Connection, base: FlagSet) -> None:
    """A removed flag that is not defined any more is gone; a restored one that is defined need not be kept."""
    for row in tuple(rows(connection, select(flag_removals))):
        if row["standing"] == Standing.REMOVED and row["flag"] not in base.flags:
            put(connection, flag_removals, {**row, "standing": Standing.GONE})
        elif row["standing"] == Standing.RESTORED and row["flag"] in base.flags:
            put(connection, flag_removals, {**row, "definition": None})
