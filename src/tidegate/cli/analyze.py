"""`tidegate analyze`: a record, a past interval or the evidence of a past rollout, judged without a rollout."""

import json
import sys
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from tidegate.cli.analyze_past import OPTIONS, check_options, past_options, read_interval
from tidegate.cli.analyze_text import Replayed, replay_text, text
from tidegate.cli.exits import Exit
from tidegate.cli.options import STATE_DIR, margins, share_of, with_limits
from tidegate.core.errors import Problem, Refused
from tidegate.core.gates.analysis import Analysis, Conclusion, Interval, analysed_from
from tidegate.core.gates.measures import subject_of
from tidegate.core.gates.replay import replayed
from tidegate.core.gates.verdict import Outcome
from tidegate.core.ids import RolloutId
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Exposing, Step
from tidegate.core.strategy import Gate
from tidegate.sources.records import read_intervals
from tidegate.sources.records.clients import CLIENTS, Clients
from tidegate.store.batches import recorded
from tidegate.store.database import Store
from tidegate.temporal.forms import PLAN_FORM
from tidegate.temporal.state_dir import StateDir

Given = dict[str, float | None]

EXITS = {Outcome.PASS: Exit.OK, Outcome.FAIL: Exit.FAILED, Outcome.INSUFFICIENT: Exit.INSUFFICIENT}


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--replay", metavar="ID", help="Judge the evidence of this past rollout instead of a file.")
@STATE_DIR
@past_options
@click.option(
    "--clients",
    type=click.IntRange(1, 100_000_000),
    default=CLIENTS,
    show_default=True,
    help="How many clients of FILE to remember.",
)
@click.option(
    "--success-rate",
    type=share_of(above=0.0),
    help="Lowest share of good answers of the canary, such as 99%.",
)
@margins
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def analyze(  # noqa: PLR0917 - click gives them by name
    file: Path | None,
    replay: str | None,
    prometheus: Path | None,
    state_dir: Path,
    clients: int,
    output: str,
    **given: Any,
) -> None:
    """Judge recorded counts, or a past interval of a Prometheus.

    FILE is a CSV or .parquet with the columns time, arm, requests, bad (or rate) and perhaps client. `arm` is canary
    or control; each row counts what happened since the row before, until `time`.
    Exits with 0 for pass, 1 for fail, 3 for insufficient and 2 where the input must be mended.
    """
    if sum(source is not None for source in (file, replay, prometheus)) != 1:
        raise click.UsageError("give either a FILE, --replay ID or --prometheus TELEMETRY")
    past = {name: given.pop(name) for name in OPTIONS}
    check_options(past, asked=prometheus is not None)
    gate, folded = with_limits(Gate(), given), Clients(clients)
    if replay is not None:
        _replay(replay, state_dir, given, output)
    elif prometheus is not None:
        found = read_interval(prometheus, past)
        _conclude(_analysis(gate, found.intervals).with_missing(found.missing), folded, output)
    elif file is not None:
        _conclude(_analysis(gate, read_intervals(file, folded)), folded, output)


# -- a record ----------------------------------------------------------------------------------------------


def _analysis(gate: Gate, intervals: Iterable[Interval]) -> Analysis:
    analysis = analysed_from(gate)
    for interval in intervals:
        analysis = analysis.with_interval(interval)
    return analysis


def _conclude(analysis: Analysis, clients: Clients, output: str) -> None:
    found = analysis.conclusion()
    if output == "json":
        click.echo(json.dumps(as_json(found, clients), indent=2, allow_nan=False))
    else:
        click.echo(text(found, clients))
    sys.exit(EXITS[found.verdict.outcome])


def as_json(found: Conclusion, clients: Clients) -> dict[str, object]:
    """A conclusion with the names that the documentation has."""
    values = asdict(found)
    verdict, over_time = values.pop("verdict"), values.pop("over_time")
    missing = values.pop("missing")
    return {
        "verdict": verdict["outcome"],
        "reason": verdict["reason"],
        **values,
        "checks": verdict["checks"],
        "missing": missing,
        "clients": {"folded_rows": clients.folded, "forgotten": clients.forgotten},
        "over_time": over_time,
    }


# -- a past rollout ----------------------------------------------------------------------------------------


def _replay(id_: str, state_dir: Path, given: Given, output: str) -> None:
    url = _store_of(state_dir)
    with closing(Store.open(url)) as store:
        found = _judged_again(store, RolloutId(id_), given)
    if output == "json":
        click.echo(json.dumps([each.as_json() for each in found], indent=2, allow_nan=False))
    else:
        click.echo(replay_text(id_, found))
    sys.exit(_worst(found))


def _store_of(state_dir: Path) -> str:
    """The store of a state directory; looking for one must not make it."""
    place = StateDir(state_dir.absolute())
    if not Path(place.store_url.removeprefix("sqlite:///")).is_file():
        message = f"there is no store in {state_dir}"
        raise Refused([Problem(message=message, hint="name the --state-dir of the tidegate up that ran it")])
    return place.store_url


def _judged_again(store: Store, id_: RolloutId, given: Given) -> tuple[Replayed, ...]:
    record = store.rollout(id_)
    if record is None:
        hint = f"there are {', '.join(each.id for each in store.rollouts()[:10]) or 'none'}"
        raise Refused([Problem(message=f"there is no rollout {str(id_)!r}", hint=hint)])
    plan: Plan = PLAN_FORM.validate_python(record.plan, strict=False)
    return tuple(_step_again(store, id_, step, given) for step in plan.steps if _gated(step))


def _gated(step: Step) -> bool:
    return isinstance(step.action, Exposing) and any(stage.gates for stage in step.stages)


def _step_again(store: Store, id_: RolloutId, step: Step, given: Given) -> Replayed:
    action = step.action
    assert isinstance(action, Exposing)
    subject = subject_of(action)
    looks = tuple(map(recorded, store.evidence_of(id_, step.id)))
    other = [
        replace(stage, gates=tuple(with_limits(gate, given) for gate in stage.gates)) for stage in step.stages
    ]
    return Replayed(
        step=step.id,
        stages=len(step.stages),
        looks=len(looks),
        before=replayed(subject, step.stages, looks),
        now=replayed(subject, other, looks),
    )


def _worst(found: tuple[Replayed, ...]) -> Exit:
    """The worst of the new verdicts of the steps that were judged; no evidence at all is no answer."""
    outcomes = {each.outcome for each in found if each.looks}
    worst = (Outcome.FAIL, Outcome.INSUFFICIENT, Outcome.PASS)
    return next((EXITS[outcome] for outcome in worst if outcome in outcomes), Exit.INSUFFICIENT)
