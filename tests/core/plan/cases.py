"""Random small worlds: services that call each other, in circles too, and a change of some of them."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st
from tests.core.worlds import (
    catalog_of,
    change_of,
    exposure_of,
    flag_of,
    lane_of,
    migration_use,
    release_of,
    removal_of,
    requirements,
    service_of,
)

from tidegate.core.catalog import Catalog, Requirement
from tidegate.core.change import Change, Contract, MigrationUse
from tidegate.core.flags.definitions import FlagSet
from tidegate.core.ids import FlagKey
from tidegate.core.migrations.operations import RawSql

Case = tuple[Catalog, Change]

VERSIONS = st.sampled_from([["1.0.0"], ["2.0.0"], ["1.0.0", "2.0.0"]])
RANGES = st.sampled_from(["^1.0.0", "^2.0.0", ">=1.0.0 <3.0.0"])


@st.composite
def worlds(draw: st.DrawFn, names: str = "abcd", *, lanes: bool = False) -> Case:
    """Services of these names with random dependencies, and releases that offer and need what they like."""
    ends = [(c, p) for c in names for p in names if c != p]
    calls = draw(st.sets(st.sampled_from(ends))) if ends else set()
    catalog = catalog_of(
        *(service_of(n, needs={p: "^1.0.0" for c, p in sorted(calls) if c == n}) for n in names)
    )
    released = draw(st.lists(st.sampled_from(names), unique=True, min_size=1))
    releases = [
        release_of(n, offers=draw(VERSIONS), needs={p: draw(RANGES) for c, p in sorted(calls) if c == n})
        for n in released
    ]
    inside = [(c, p) for c, p in sorted(calls) if c in released and p in released]
    pinned = draw(st.sets(st.sampled_from(inside))) if lanes and inside else set()
    return catalog, change_of(*releases, lanes=[lane_of(c, p) for c, p in sorted(pinned)])


TANGLED = st.sampled_from([False] * 9 + [True])
"""Now and then a flag requires itself, or one that requires it in turn."""


@st.composite
def with_flags(
    draw: st.DrawFn,
    cases: st.SearchStrategy[Case],
    flags: str = "xyz",
    audiences: Sequence[str] = ("staff", "friends"),
) -> Case:
    """A case with flags: some exposed, some removed, each implemented and evaluated by anybody."""
    catalog, change = draw(cases)
    some = st.lists(st.sampled_from(flags), unique=True)
    live = {
        name: replace(service, flags=tuple(map(FlagKey, draw(some))))
        for name, service in catalog.services.items()
    }
    releases = [replace(release, evaluates=tuple(map(FlagKey, draw(some)))) for release in change.releases]
    names = st.lists(st.sampled_from(sorted(catalog.services)), unique=True)
    order = draw(some)
    exposures = [
        exposure_of(
            flag,
            services=dict.fromkeys(draw(names), "1.0.0"),
            requires=[other for other in draw(some) if other not in order[number:] or draw(TANGLED)],
            audiences=draw(st.lists(st.sampled_from(audiences), unique=True)),
        )
        for number, flag in enumerate(order)
    ]
    defined = FlagSet(flags={FlagKey(flag): flag_of(flag) for flag in flags})
    removals = tuple(map(removal_of, draw(some)))
    return (
        replace(catalog, services=live, flags=defined),
        replace(change, releases=tuple(releases), exposures=tuple(exposures), removals=removals),
    )


FOR_GOOD = RawSql(up="TRUNCATE audit", irreversible="rows are thrown away")
OLD_NEEDS = st.sampled_from([None, "^1.0.0", ">=1.0.0 <3.0.0"])
NEW_NEEDS = st.sampled_from([None, "^2.0.0", ">=1.0.0 <3.0.0"])


@st.composite
def with_migrations(draw: st.DrawFn, cases: st.SearchStrategy[Case], names: str = "mn") -> Case:
    """A case with migrations that any of its releases write or read, and that others may see as `books-api`.

    Who stays as it is works with the new shape too.
    """
    catalog, change = draw(cases)
    released = [release.service for release in change.releases]
    for name in names[: draw(st.integers(1, len(names)))]:
        change = replace(change, migrations=(*change.migrations, draw(_used(name, released))))
    seen = {name: draw(OLD_NEEDS if name in released else NEW_NEEDS) for name in catalog.services}
    live = {
        name: replace(service, consumes=(*service.consumes, *_of_books(seen[name])))
        for name, service in catalog.services.items()
    }
    releases = [
        replace(release, consumes=(*release.consumes, *_of_books(draw(NEW_NEEDS))))
        for release in change.releases
    ]
    return replace(catalog, services=live), replace(change, releases=tuple(releases))


def _of_books(range_: str | None) -> tuple[Requirement, ...]:
    return requirements({"books": range_}) if range_ else ()


def _used(name: str, released: Sequence[str]) -> st.SearchStrategy[MigrationUse]:
    some = st.lists(st.sampled_from(released), unique=True)
    return st.builds(
        migration_use,
        st.just(name),
        writers=some,
        readers=some,
        operations=st.sampled_from([(), (), (FOR_GOOD,)]),
        approvals=st.sampled_from([("data-team",), ("data-team", "shop")]),
        provides=st.sampled_from([("books",), ()]),
        contract=st.sampled_from([Contract.NOW, Contract.NOW, Contract.LATER, Contract.ONLY]),
        soak=st.sampled_from([0.0, 60.0]),
    )
