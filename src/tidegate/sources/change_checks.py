"""What a schema cannot say of a `Change` file: what it means within itself, and against the catalog.

What it says of flags is checked by `change_flag_checks`.

Each check looks at the tree, broken or not, and passes over what is not there: the schema has reported it.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Final

from tidegate.core.errors import Problem
from tidegate.sources.change_source import Check, Source
from tidegate.sources.quantities import NONE, interface_range, interface_version, seconds, share
from tidegate.sources.schedules import schedule_problems
from tidegate.sources.tree import Node
from tidegate.sources.words import did_you_mean, listed, quoted

# -- checks of the file alone -----------------------------------------------------------------------------


def _check_duplicates(source: Source) -> Iterator[Problem]:
    named = [(release.at("service"), "release of") for release in source.releases]
    named += [(task.at("name"), "task") for task in source.tasks]
    seen: dict[str, Node] = {}
    for node, what in named:
        first = seen.setdefault(node.text, node)
        if first is not node and node.text:
            message = f"a second {what} {quoted(node.text)} (first at {first.location})"
            yield node.problem(message, "names of releases and tasks differ, so that tasks can refer to them")


def _check_steps(source: Source) -> Iterator[Problem]:
    for task in source.tasks:
        own = task.at("name").text
        for side in ("before", "after"):
            for step in task.at(side).elements:
                if step.text and step.text == own:
                    yield step.problem(f"task {quoted(own)} stands {side} itself")
                elif step.text and step.text not in source.steps:
                    message = f"unknown release or task {quoted(step.text)} in {side} of task {quoted(own)}"
                    hint = did_you_mean(step.text, source.steps) or f"known here: {listed(source.steps)}"
                    yield step.problem(message, hint)


def _check_strategies(source: Source) -> Iterator[Problem]:
    places = (source.spec, *source.exposed, *source.audiences)
    for strategy in [place.at("strategy") for place in places]:
        stages = strategy.at("canary", "stages").elements
        yield from _check_exposures(stages)
        for stage in (*stages, strategy.at("blueGreen")):
            yield from _check_wait(stage.at("bake"), stage.at("wait"))
    for exposed in source.exposed:
        if not source.own_or_spec(exposed, "strategy"):
            release, flag = exposed.at("service").text, exposed.at("flag").text
            what, others = ("flag", "flags") if flag else ("release of", "releases")
            message = f"{what} {quoted(flag or release)} has no strategy"
            yield exposed.problem(message, f"add strategy to spec, for all {others}, or to this one")


def _check_gates(source: Source) -> Iterator[Problem]:
    """Names of gates differ within a list, and so do those of the ratios and levels of one gate."""
    for place in (source.spec, *source.exposed):
        yield from _check_names(place.at("gates").elements, "gate", taken=["boundaries"])
        for owner in (place, *place.at("gates").elements):
            measured = (*owner.at("ratios").elements, *owner.at("levels").elements)
            yield from _check_names(measured, "ratio or level", taken=RESERVED)


RESERVED: Final = ("errors", "latency", "latency-shift", "outgoing", "conformance")
"""What gates measure anyway, by these names."""


def _check_samples(source: Source) -> Iterator[Problem]:
    for place in source.judged:
        sample = place.at("conformance", "sample")
        if share(sample.text) == 0:
            yield sample.problem("a sample of 0% shows nothing", "write a larger one, such as 5%")


def _check_names(nodes: Iterable[Node], what: str, taken: Iterable[str]) -> Iterator[Problem]:
    seen = set(taken)
    for node in nodes:
        name = node.at("name")
        if name.text in seen:
            yield name.problem(f"the name {quoted(name.text)} of a {what} is taken", "give it another")
        seen.add(name.text)


def _check_wait(bake: Node, wait: Node) -> Iterator[Problem]:
    least, most = seconds(bake.text), seconds(wait.text)
    if least is not None and most is not None and most < least:
        message = f"wait {quoted(wait.text)} is shorter than bake {quoted(bake.text)}"
        yield wait.problem(message, "wait includes the bake: make it longer")


def _check_exposures(stages: tuple[Node, ...]) -> Iterator[Problem]:
    for stage in stages:
        if share(stage.at("exposure").text) == 0:
            yield stage.at("exposure").problem(
                "an exposure of 0% shows nothing", "begin with more, such as 1%"
            )
    for earlier, later in pairwise(stage.at("exposure") for stage in stages):
        low, high = share(earlier.text), share(later.text)
        if low is not None and high is not None and low >= high:
            message = f"exposure {quoted(later.text)} is not above {quoted(earlier.text)} of the stage before"
            yield later.problem(message, "exposures rise from stage to stage")


def _check_interface_versions(source: Source) -> Iterator[Problem]:
    for release in source.releases:
        for name, node in release.at("provides").fields.items():
            for version in node.elements or (node,):
                if (
                    version.text
                    and not interface_version(version.text)
                    and (node.elements or version.text != NONE)
                ):
                    message = f"{quoted(version.text)} is not a semantic version of {quoted(name)}"
                    yield version.problem(message, f"write one such as 1.4.0, a list of them, or {NONE}")
        for name, node in release.at("consumes").fields.items():
            if node.text and node.text != NONE and interface_range(node.text) is None:
                message = f"{quoted(node.text)} is not a range of versions of {quoted(name)}"
                yield node.problem(message, f"write one such as ^1.4, or {NONE}")


# -- checks against the catalog ---------------------------------------------------------------------------


def _check_services(source: Source) -> Iterator[Problem]:
    for release in source.releases:
        yield from _unknown_service(source, release.at("service"), "releases")
        service = source.service(release.at("service"))
        version = release.at("version")
        if service and service.version is None:
            hint = f"add the annotation tidegate.dev/version at {service.location}"
            yield release.at("service").problem(
                f"{quoted(service.name)} has no live version in the catalog", hint
            )
        if service and service.version is not None and service.version == version.text:
            message = f"{service.name} {version.text} is live already"
            yield version.problem(message, f"the catalog says so at {service.location}")


def _check_guards(source: Source) -> Iterator[Problem]:
    for place in source.judged:
        for guard in place.at("guards").elements:
            yield from _unknown_service(source, guard.at("service"), "guards")


NO_COMPONENT: Final = "the catalog has no Component of that name"


def _unknown_service(source: Source, name: Node, where: str) -> Iterator[Problem]:
    if name.text and not source.service(name):
        hint = did_you_mean(name.text, source.catalog.services) or NO_COMPONENT
        yield name.problem(f"unknown service {quoted(name.text)} in {where}", hint)


def _check_interfaces(source: Source) -> Iterator[Problem]:
    for release in source.releases:
        for field in ("provides", "consumes"):
            for name in release.at(field).fields:
                if name not in source.catalog.interfaces:
                    hint = (
                        did_you_mean(name, source.catalog.interfaces) or "the catalog has no API of that name"
                    )
                    message = (
                        f"unknown interface {quoted(name)} in {field} of {quoted(release.at('service').text)}"
                    )
                    yield Problem(message=message, location=release.at(field).key(name), hint=hint)


def _check_lanes(source: Source) -> Iterator[Problem]:
    for lane in source.lanes:
        ends = [lane.at(end) for end in ("consumer", "provider")]
        for end in ends:
            if end.text and end.text not in source.released:
                message = f"a lane names {quoted(end.text)}, which this change does not release"
                hint = did_you_mean(end.text, source.released) or "a lane keeps a new version with a new one"
                yield end.problem(message, hint)
        consumer, provider = ends
        if {consumer.text, provider.text} <= set(source.released) and not _calls(source, consumer, provider):
            message = (
                f"a lane from {quoted(consumer.text)} to {quoted(provider.text)}, which it does not call"
            )
            yield lane.problem(message, "drop the lane, or declare in consumes what it needs")


def _calls(source: Source, consumer: Node, provider: Node) -> bool:
    """Whether any version of one service needs anything that any version of the other offers."""
    by_service = dict(zip(source.released, source.releases, strict=True))
    caller, callee = source.service(consumer), source.service(provider)
    needs = set(by_service[consumer.text].at("consumes").fields)
    offers = set(by_service[provider.text].at("provides").fields)
    if caller and callee:
        needs |= {need.interface for need in caller.consumes}
        offers |= {offer.interface for offer in callee.provides}
        return bool(needs & offers) or callee.name in caller.depends_on
    return True  # an unknown service has been reported


def _check_positive(source: Source) -> Iterator[Problem]:
    thresholds = [place.at("boundaries", "latency", "threshold") for place in source.judged]
    for node in (*thresholds, *(task.at("timeout") for task in source.tasks)):
        if seconds(node.text) == 0:
            yield node.problem(
                f"{quoted(node.text)} is no time at all", "write a longer duration, such as 30s"
            )


def _check_schedule(source: Source) -> Iterator[Problem]:
    return schedule_problems(source.spec.at("schedule"))


def _check_something(source: Source) -> Iterator[Problem]:
    if source.spec and not any(source.spec.at(field) for field in ("releases", "flags", "migrations")):
        message = "spec has neither releases nor flags nor migrations"
        yield source.spec.problem(message, "list at least one of either")


OWN_CHECKS: Final[tuple[Check, ...]] = (
    _check_something,
    _check_duplicates,
    _check_steps,
    _check_strategies,
    _check_gates,
    _check_samples,
    _check_interface_versions,
    _check_positive,
    _check_schedule,
)
"""Of the file alone."""

CATALOG_CHECKS: Final[tuple[Check, ...]] = (
    _check_services,
    _check_guards,
    _check_interfaces,
    _check_lanes,
)
