"""`tidegate analyze --prometheus`: the options for a past interval, and reading it."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from tidegate.core.gates.measures import Subject
from tidegate.core.ids import ServiceName, Version
from tidegate.core.telemetry import Telemetry
from tidegate.observers.prometheus import PastRequests, Prometheus, Span, read_past
from tidegate.observers.prometheus.past import PIECE
from tidegate.sources.quantities import instant, seconds
from tidegate.sources.telemetry import read_telemetry
from tidegate.sources.words import listed, quoted, utc

STEPS: Final = 50_000
"""More steps are not judged: each is a look of its own."""
_REQUIRED: Final = ("service", "canary", "control", "from", "to")
OPTIONS: Final = (*_REQUIRED, "step")
_Command = TypeVar("_Command", bound=Callable[..., Any])


def _time(text: str) -> float:
    found = instant(text)
    if found is None:
        raise click.BadParameter(f"{quoted(text)} is not a time such as 2026-03-01T12:00:00Z")
    return found


def _duration(text: str) -> float:
    found = seconds(text)
    if not found:
        raise click.BadParameter(f"{quoted(text)} is not a duration such as 15s")
    return found


def past_options(command: _Command) -> _Command:
    """The options that say which past interval is judged."""
    options = (
        click.option(
            "--prometheus",
            metavar="TELEMETRY",
            type=click.Path(path_type=Path),
            help="Judge a past interval from the Prometheus of this Telemetry file instead of a file.",
        ),
        click.option("--service", help="The service to judge."),
        click.option("--canary", metavar="VERSION", help="Its new version."),
        click.option("--control", metavar="VERSION", help="The version to compare it with."),
        click.option("--from", "from", metavar="TIME", type=_time, help="When the interval begins."),
        click.option("--to", metavar="TIME", type=_time, help="When it ends."),
        click.option("--step", metavar="DURATION", type=_duration, help="Time between looks, such as 15s."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def check_options(given: Mapping[str, Any], *, asked: bool) -> None:
    """Raise a usage error unless the options of a past interval are all there, or none when it is not `asked`."""
    there = [f"--{name}" for name in OPTIONS if given[name] is not None]
    if not asked and there:
        raise click.UsageError(f"{there[0]} is for --prometheus")
    lacking = [f"--{name}" for name in _REQUIRED if given[name] is None]
    if asked and lacking:
        raise click.UsageError(f"--prometheus needs {listed(lacking)} too")
    if asked and given["from"] >= given["to"]:
        raise click.UsageError("--from is not before --to")
    if asked and given["canary"] == given["control"]:
        raise click.UsageError("--canary and --control are the same version")


def read_interval(file: Path, given: Mapping[str, Any]) -> PastRequests:
    """What Prometheus has of the interval; how far it was read goes to standard error, if that takes long."""
    telemetry = read_telemetry(file)
    service = ServiceName(given["service"])
    subject = Subject(service=service, old=Version(given["control"]), new=Version(given["canary"]))
    return asyncio.run(_read(telemetry, subject, _span(telemetry, given)))


def _span(telemetry: Telemetry, given: Mapping[str, Any]) -> Span:
    interval = telemetry.prometheus.interval
    span = Span(began=given["from"], ended=given["to"], step=given["step"] or interval)
    if span.step < interval:
        raise click.UsageError(f"--step is shorter than spec.prometheus.interval, {interval:g} s")
    if span.steps > STEPS:
        raise click.UsageError(f"the interval has {span.steps:,} steps; give a --step for at most {STEPS:,}")
    return span


async def _read(telemetry: Telemetry, subject: Subject, span: Span) -> PastRequests:
    long = span.ended - span.began > PIECE

    def progress(until: float) -> None:
        if long:
            click.echo(f"read until {utc(until)}", err=True)

    async with Prometheus.of(telemetry.prometheus) as client:
        return await read_past(client, telemetry, subject, span, progress)
