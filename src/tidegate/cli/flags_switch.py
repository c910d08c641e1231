"""`tidegate flags off` and `on`: the kill switch, by the server where one answers, else by the store."""

import time
from pathlib import Path

import click

from tidegate.cli.options import STATE_DIR
from tidegate.client import Client, whoami
from tidegate.core.errors import Problem, Refused, Unavailable
from tidegate.core.ids import FlagKey
from tidegate.flags.switching import Position, Request, switched
from tidegate.server.asking import LONGEST_REASON
from tidegate.store.database import Store
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


@click.command()
@FLAG
@REASON
@STATE_DIR
@STORE
@SYSTEM
def off(flag: str, reason: str, state_dir: Path, store_url: str | None, system: str) -> None:
    """Switch FLAG off for everyone, at once and before all else, until `flags on` lifts it."""
    click.echo(_switch(_request(flag, "off", reason, system), state_dir, store_url))


@click.command()
@FLAG
@REASON
@STATE_DIR
@STORE
@SYSTEM
def on(flag: str, reason: str, state_dir: Path, store_url: str | None, system: str) -> None:
    """Lift that FLAG was switched off: it is served again as defined and exposed."""
    click.echo(_switch(_request(flag, "on", reason, system), state_dir, store_url))


def _request(flag: str, position: Position, reason: str, system: str) -> Request:
    return Request(
        flag=FlagKey(flag), position=position, by=whoami(), reason=reason, at=time.time(), system=system
    )


def _switch(request: Request, state_dir: Path, store_url: str | None) -> str:
    try:
        client = Client.of_flags(state_dir)
        return client.switch(request.flag, request.position, request.reason, request.system).summary
    except Unavailable as silent:
        if request.system:
            raise
        return _kept(request, StateDir(state_dir), store_url, silent.message)


def _kept(request: Request, state: StateDir, store_url: str | None, why: str) -> str:
    """Keep it without a server: whoever serves from the store notices."""
    if not store_url and not state.store_file.exists():
        raise _never_served(state.store_url, why)
    store = Store.open(store_url or state.store_url)
    try:
        defined = store.flags.base()
        if defined is None:
            raise _never_served(store.name, why)
        done = switched(store.flags, defined, request)
    finally:
        store.close()
    return f"{done}\n{why}: kept in {store.name}, and in effect where flags are served from it"


def _never_served(store: str, why: str) -> Refused:
    hint = "name the --state-dir, or the --store, of the tidegate that serves the flag"
    return Refused([Problem(message=f"{why}, and no flags were ever served from {store}", hint=hint)])
