"""`tidegate gates size`: how much traffic or time a gate needs, before there is any."""

import json
import sys
from dataclasses import asdict

import click

from tidegate.cli.options import margins, share_of, with_limits
from tidegate.cli.plan_text import wrapped
from tidegate.core.gates.sizing import MEASURED, Need, Question, Sizing, check_count, sized
from tidegate.core.gates.words import percent, rounded
from tidegate.core.strategy import Gate

INSIDE = share_of(above=0.0, below=1.0)


@click.group()
def gates() -> None:
    """Work out what a gate needs before it is trusted with a release."""


@gates.command()
@click.option("--rate", type=INSIDE, required=True, help="Share of bad answers of the control, such as 0.1%.")
@click.option(
    "--ratio", type=click.FloatRange(1, 1e6, min_open=True), required=True, help="Harm to see, such as 2."
)
@click.option("--share", type=INSIDE, required=True, help="The canary's share of the traffic, such as 5%.")
@click.option(
    "--rps", type=click.FloatRange(0, 1e12, min_open=True), help="Requests a second of both arms together."
)
@margins
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def size(
    rate: float, ratio: float, share: float, rps: float | None, output: str, **given: float | None
) -> None:
    """Say how many requests it takes to see RATIO times the errors, or to show that there are not more."""
    question, gate = Question(rate=rate, ratio=ratio, share=share, per_second=rps), with_limits(Gate(), given)
    if question.canary_rate >= 1.0:
        raise click.UsageError(f"{ratio:g} times {percent(rate)} is not a share below 100 %")
    answer = sized(question, gate)
    if output == "json":
        click.echo(json.dumps(asdict(answer), indent=2, allow_nan=False))
    else:
        click.echo("\n".join(wrapped(line) for line in lines(question, gate, answer)))
    sys.exit(0)


def lines(question: Question, gate: Gate, answer: Sizing) -> list[str]:
    """The answer in words."""
    fewest, most = answer.expected
    least, greatest = MEASURED
    limits = gate.boundaries
    harm = f"{question.ratio:g} times {percent(question.rate)} of bad answers"
    margin = f"{limits.worse_by * 100:g} points or {limits.worse_times:g} times"
    checks = check_count(gate)
    return [
        f"to see {harm}, canary at {percent(question.share)} of the traffic, alpha {percent(gate.alpha)}:",
        f"  no test can with fewer than {_need(answer.bound)}",
        f"  this gate in the median with {_need(fewest)}",
        f"  up to {_need(most)}",
        f"  ({least:g} to {greatest:g} times the bound, as measured by `python -m bench.gates`,",
        f"  and the price of an average over {checks} checks)",
        f"  at least {answer.failed_at_least:.1f} requests more than in the control fail until then",
        f"to show that it is not worse by {margin}, alpha {percent(gate.alpha_promote)}, if it is not worse:",
        f"  about {_need(answer.proof)}",
    ]


def _need(need: Need) -> str:
    time = "" if need.seconds is None else f", {_time(need.seconds)}"
    return (
        f"{rounded(need.requests):,} requests, {rounded(need.canary_requests):,} of them the canary's{time}"
    )


def _time(seconds: float) -> str:
    for unit, name in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds:.3g} s"
