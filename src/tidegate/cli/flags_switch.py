"""`tidegate flags off` and `on`: the kill switch, by the server where one answers, else by the store."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import click
import httpx

from tidegate.cli.options import STATE_DIR
from tidegate.core.errors import Unavailable
from tidegate.server.asking import LONGEST_REASON
from tidegate.server.caller import Caller, whoami
from tidegate.temporal.state_dir import StateDir


def _reason(_: click.Context, __: click.Parameter, given: str) -> str:
    """As the API wants it: for the case that none answers."""
    if not given.strip() or len(given) > LONGEST_REASON:
        raise click.BadParameter(f"say why, in at most {LONGEST_REASON} characters")
    return given


FLAG = click.argument("flag")
REASON = click.option(
    "--reason", required=True, callback=_reason, help="Why; it goes into the journal and to applications."
)
SYSTEM = click.option(
    "--system", default="", help="The flag system that serves it.  [default: tidegate itself]"
)
STORE = click.option(
    "--store",
    "store_url",
    help="Database to keep it in where no server answers, as a URL.  [default: that of the state directory]",
)


TIMEOUT = httpx.Timeout(10.0, connect=2.0)
"""A switch waits for the store at most; after that it is better kept there without the server."""


@click.command()
@FLAG
@REASON
@STATE_DIR
@STORE
@SYSTEM
def off(flag: str, reason: str, state_dir: Path, store_url: str | None, system: str) -> None:
    """Switch FLAG off for everyone, at once and before all else, until `flags on` lifts it."""
    wish = Wish(flag=flag, position="off", reason=reason, system=system)
    click.echo(_switch(wish, StateDir(state_dir), store_url))


@click.command()
@FLAG
@REASON
@STATE_DIR
@STORE
@SYSTEM
def on(flag: str, reason: str, state_dir: Path, store_url: str | None, system: str) -> None:
    """Lift that FLAG was switched off: it is served again as defined and exposed."""
    wish = Wish(flag=flag, position="on", reason=reason, system=system)
    click.echo(_switch(wish, StateDir(state_dir), store_url))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was typed."""

    flag: str
    position: Literal["off", "on"]
    reason: str
    system: str

    @property
    def path(self) -> str:
        """Where the API takes it."""
        return f"/v1/flags/{quote(self.flag, safe='')}/{self.position}"


def _switch(wish: Wish, state: StateDir, store_url: str | None) -> str:
    try:
        caller = Caller(state_dir=state.path, address=state.flags())
        body = {"by": whoami(), "reason": wish.reason, "system": wish.system}
        summary: str = caller.ask("POST", wish.path, body, TIMEOUT)["summary"]
    except Unavailable as silent:
        if wish.system:
            raise
        return _kept(wish, state, store_url, silent.message)
    return summary


def _kept(wish: Wish, state: StateDir, store_url: str | None, why: str) -> str:
    from tidegate.cli.flags_kept import keep, requested  # noqa: PLC0415 - a server that answers is not kept waiting

    return keep(requested(wish.flag, wish.position, wish.reason), state, store_url, why)
