"""The steps that the flags of a change become, and what they wait for.

A flag goes to its audiences one after the other, then to everyone; the first of these steps waits until all that
implements the flag is fully out, and until the flags that it requires are on for everyone. So whatever is undone, the
flag goes first: it is the cheapest containment. A version that does not ask for the flag any more behaves as if it were
on: it starts only after everyone has it on, and only after it is out may the flag be removed.
"""

from collections.abc import Iterator
from itertools import pairwise

from tidegate.core.catalog import Catalog
from tidegate.core.change import Audience, Change, FlagExposure, FlagRemoval, Release
from tidegate.core.flags.facts import required_flags
from tidegate.core.ids import FlagKey, StepId
from tidegate.core.plan.blame import Blame, Constraint
from tidegate.core.plan.step_ids import deploy_id, expose_id, flag_id, removal_id
from tidegate.core.plan.steps import Edge, ExposeFlag, RemoveFlag, Step


def flag_steps(change: Change) -> Iterator[Step]:
    """A step for each audience of a flag, one for everyone, one to remove a flag."""
    for exposure in change.exposures:
        everyone = Audience(name="", rule="", strategy=exposure.strategy)
        yield from (_exposed(exposure, audience) for audience in (*exposure.audiences, everyone))
    for removal in change.removals:
        yield Step(
            id=removal_id(removal.flag),
            action=RemoveFlag(flag=removal.flag, system=removal.system),
            way_back=f"serve flag {removal.flag} again, as it was",
        )


def _exposed(exposure: FlagExposure, audience: Audience) -> Step:
    flag = exposure.flag
    return Step(
        id=flag_id(flag, audience.name),
        action=ExposeFlag(
            flag=flag,
            off=exposure.off,
            on=exposure.on,
            audience_name=audience.name,
            audience=audience.rule,
            services=tuple(each.service for each in exposure.implemented_by),
            system=exposure.system,
        ),
        stages=audience.strategy.stages,
        way_back=f"serve {exposure.off} of flag {flag} to {audience.name or 'everyone'} again",
        serves=flag_id(flag) if audience.name else None,
    )


def exposing_flags(change: Change) -> Iterator[StepId]:
    """Every step that serves a flag to somebody."""
    for exposure in change.exposures:
        yield from (flag_id(exposure.flag, audience.name) for audience in exposure.audiences)
        yield flag_id(exposure.flag)


def audience_edges(change: Change) -> Iterator[Edge]:
    """The order of one flag's own steps."""
    for exposure in change.exposures:
        names = (*(audience.name for audience in exposure.audiences), "")
        for earlier, later in pairwise(names):
            yield Edge(
                before=flag_id(exposure.flag, earlier),
                after=flag_id(exposure.flag, later),
                reason=f"{earlier} have it before {later or 'everyone'}",
            )


def flag_constraints(catalog: Catalog, change: Change) -> Iterator[Constraint]:
    """What flags wait for, and what waits for them."""
    for exposure in change.exposures:
        yield from _implemented(exposure, change)
        yield from _required(exposure, change)
        yield from _outgrown(exposure, catalog, change)
    for removal in change.removals:
        yield from _removed(removal, catalog, change)


def _implemented(exposure: FlagExposure, change: Change) -> Iterator[Constraint]:
    released = {release.service: release.version for release in change.releases}
    for each in exposure.implemented_by:
        if each.service in released:
            version = released[each.service]
            yield _constraint(
                expose_id(each.service),
                _first(exposure),
                f"{each.service} {version} implements flag {exposure.flag} and must be fully out first",
                f"drop {each.service} from the services of flag {exposure.flag}, or what makes its release wait",
            )


def _required(exposure: FlagExposure, change: Change) -> Iterator[Constraint]:
    for required in exposure.requires:
        if required in [other.flag for other in change.exposures]:
            yield _constraint(
                flag_id(required),
                _first(exposure),
                f"flag {exposure.flag} requires flag {required}, which must be on for everyone first",
                "drop or turn round this requirement",
            )


def _outgrown(exposure: FlagExposure, catalog: Catalog, change: Change) -> Iterator[Constraint]:
    flag = exposure.flag
    for release in releases_without(flag, catalog, change):
        version = f"{release.service} {release.version}"
        yield _constraint(
            flag_id(flag),
            deploy_id(release.service),
            f"{version} does not ask for flag {flag} any more: everyone must have it on first",
            f"let {version} evaluate flag {flag}",
        )


def _removed(removal: FlagRemoval, catalog: Catalog, change: Change) -> Iterator[Constraint]:
    flag = removal.flag
    if flag in [exposure.flag for exposure in change.exposures]:
        yield _removal(flag_id(flag), flag, f"flag {flag} must be on for everyone before it goes")
    for release in releases_without(flag, catalog, change):
        service = release.service
        reason = f"{service} {catalog.services[service].version} still asks for flag {flag}"
        yield _removal(expose_id(service), flag, reason)
    for other in change.removals:
        defined = catalog.flags.flags.get(other.flag)
        if defined and flag in required_flags(defined):
            yield _removal(removal_id(other.flag), flag, f"flag {other.flag} requires flag {flag}")


def _removal(before: StepId, flag: FlagKey, reason: str) -> Constraint:
    return _constraint(
        before, removal_id(flag), reason, f"leave the removal of flag {flag} to another change"
    )


def releases_without(flag: FlagKey, catalog: Catalog, change: Change) -> list[Release]:
    """The releases of services whose live version evaluates a flag, and which do not any more."""
    return [
        release
        for release in change.releases
        if flag in catalog.services[release.service].flags and flag not in release.evaluates
    ]


def _first(exposure: FlagExposure) -> StepId:
    return flag_id(exposure.flag, exposure.audiences[0].name if exposure.audiences else "")


def _constraint(before: StepId, after: StepId, reason: str, resolution: str) -> Constraint:
    edge = Edge(before=before, after=after, reason=reason)
    return Constraint(edge=edge, blame=Blame(subject=reason, resolution=resolution))
