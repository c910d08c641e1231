"""Operating rollouts: apply, rollouts, status, watch, explain, and what an operator may ask of one."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.live import Live

from tidegate.cli.exits import Exit
from tidegate.cli.gate_text import evidence_text
from tidegate.cli.options import STATE_DIR
from tidegate.cli.plan import CATALOG, CHANGE, CONTRACTS, LEARNED, plan_of
from tidegate.cli.plan_text import wrapped
from tidegate.cli.rollout_text import explained, listed, status_text, watched
from tidegate.client import Client
from tidegate.core.errors import Unavailable
from tidegate.core.rollout.state import ENDED, Phase
from tidegate.server.views import RolloutView

ID = click.argument("id", metavar="ID")
OUTPUT = click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True
)
REASON = click.option("--reason", required=True, help="Why; it goes into the journal.")
STEP = click.option("--step", help="Only this step, such as expose/payments.")

REFRESH_SECONDS = 0.5
AWAY_SECONDS = 60.0
"""How long a watcher waits for a tidegate that is starting again before it gives up."""


@click.command()
@CHANGE
@CATALOG
@CONTRACTS
@LEARNED
@STATE_DIR
@click.option("--watch", "follow", is_flag=True, help="Watch it to its end; Ctrl-C stops only the watching.")
@OUTPUT
def apply(
    change: Path,
    *,
    catalog: Path | None,
    contracts: Path | None,
    learned: Path | None,
    state_dir: Path,
    follow: bool,
    output: str,
) -> None:
    """Plan CHANGE and begin its rollout, once every step was found possible."""
    view = Client(state_dir).apply(plan_of(change, catalog, contracts, learned))
    if follow:
        follow_to_end(state_dir, view.id, output)
    _print(view, output, lambda: f"{view.id}\nwatch it with: tidegate watch {view.id}")


@click.command()
@STATE_DIR
@OUTPUT
def rollouts(state_dir: Path, output: str) -> None:
    """List every rollout, the newest first."""
    lines = Client(state_dir).rollouts()
    if output == "json":
        click.echo(json.dumps([asdict(line) for line in lines], indent=2))
    else:
        click.echo(listed(lines))


@click.command()
@ID
@STATE_DIR
@OUTPUT
def status(id: str, state_dir: Path, output: str) -> None:
    """Show where a rollout stands. Exits with 1 when it ended otherwise than completed."""
    view = Client(state_dir).rollout(id)
    _print(view, output, lambda: status_text(view))
    sys.exit(exit_of(view))


@click.command()
@ID
@STATE_DIR
def watch(id: str, state_dir: Path) -> None:
    """Show a rollout live until it ends. Ctrl-C stops only the watching."""
    follow_to_end(state_dir, id)


@click.command()
@ID
@STATE_DIR
@OUTPUT
def explain(id: str, state_dir: Path, output: str) -> None:
    """Say what a rollout waits for, why, since when, and what you may do."""
    view = Client(state_dir).rollout(id)
    if output == "json":
        click.echo(json.dumps([asdict(each) for each in view.waiting], indent=2))
    else:
        click.echo(explained(view))


@click.command()
@ID
@click.argument("step", metavar="STEP")
@STATE_DIR
@OUTPUT
def evidence(id: str, step: str, state_dir: Path, output: str) -> None:
    """Show what the gates of STEP have seen: counts, effect, and evidence over time."""
    view = Client(state_dir).evidence(id, step)
    click.echo(json.dumps(asdict(view), indent=2) if output == "json" else evidence_text(view))


@click.command()
@ID
@STATE_DIR
@OUTPUT
def journal(id: str, state_dir: Path, output: str) -> None:
    """Show what was decided and done in a rollout, when and by whom."""
    entries = Client(state_dir).journal(id)
    if output == "json":
        click.echo(json.dumps(entries, indent=2))
        return
    for entry in entries:
        at = time.strftime("%H:%M:%S", time.localtime(entry["at"]))
        click.echo(wrapped(f"{at} {entry['actor']} {entry['kind']} {entry['subject']}: {entry['summary']}"))


@click.command()
@ID
@REASON
@STATE_DIR
@OUTPUT
def pause(id: str, reason: str, state_dir: Path, output: str) -> None:
    """Begin nothing new. What is exposed stays so; going back is never paused."""
    _operate(state_dir, id, "pause", reason, output)


@click.command()
@ID
@REASON
@STATE_DIR
@OUTPUT
def resume(id: str, reason: str, state_dir: Path, output: str) -> None:
    """Go on: after a pause, where a gate holds, and where an effect failed."""
    _operate(state_dir, id, "resume", reason, output)


@click.command()
@ID
@REASON
@STEP
@STATE_DIR
@OUTPUT
def promote(id: str, reason: str, step: str | None, state_dir: Path, output: str) -> None:
    """Pass the present stage on your word, of one step or of all that are in one."""
    _operate(state_dir, id, "promote", reason, output, step)


@click.command()
@ID
@REASON
@STATE_DIR
@OUTPUT
def abort(id: str, reason: str, state_dir: Path, output: str) -> None:
    """Stop: undo what is under way and what builds on it, keep what is done."""
    _operate(state_dir, id, "abort", reason, output)


@click.command()
@ID
@REASON
@STEP
@STATE_DIR
@OUTPUT
def rollback(id: str, reason: str, step: str | None, state_dir: Path, output: str) -> None:
    """Undo everything in a safe order, or one step with all that builds on it."""
    _operate(state_dir, id, "rollback", reason, output, step)


@click.command()
@ID
@click.argument("step", metavar="STEP")
@click.option("--owner", required=True, help="For whom you approve: an owner of the catalog.")
@REASON
@STATE_DIR
@OUTPUT
def approve(  # noqa: PLR0917 - what it takes to approve
    id: str, step: str, owner: str, reason: str, state_dir: Path, output: str
) -> None:
    """Approve of STEP, which does not begin before each of its owners has."""
    view = Client(state_dir).operate(id, "approve", reason, step, owner.removeprefix("group:"))
    _print(view, output, lambda: view.headline)


def _operate(  # noqa: PLR0917 - the six things that every one of the commands above has
    state_dir: Path, id_: str, operation: str, reason: str, output: str, step: str | None = None
) -> None:
    view = Client(state_dir).operate(id_, operation, reason, step)
    _print(view, output, lambda: view.headline)


def _print(view: RolloutView, output: str, text: Callable[[], str]) -> None:
    click.echo(json.dumps(asdict(view), indent=2) if output == "json" else text())


def exit_of(view: RolloutView) -> Exit:
    """How a command ends that shows a rollout: 1 when it ended otherwise than completed."""
    failed = view.phase in ENDED and view.phase != Phase.COMPLETED
    return Exit.FAILED if failed else Exit.OK


def follow_to_end(state_dir: Path, id_: str, output: str = "text") -> NoReturn:
    """Show a rollout live until it ends, through restarts of tidegate; prints and exits as `status` does."""
    view = Client(state_dir).rollout(id_)
    with Live(
        watched(view), console=Console(stderr=output == "json"), auto_refresh=False, transient=True
    ) as live:
        away_since: float | None = None
        while view.phase not in ENDED:
            time.sleep(REFRESH_SECONDS)
            try:
                view, away_since = Client(state_dir).rollout(id_), None
            except Unavailable:
                away_since = away_since or time.monotonic()
                if time.monotonic() - away_since > AWAY_SECONDS:
                    raise
            live.update(watched(view, away=away_since is not None), refresh=True)
    _print(view, output, lambda: status_text(view))
    sys.exit(exit_of(view))
