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
    release_of,
    removal_of,
    service_of,
)

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change
from tidegate.core.flags.definitions import FlagSet
from tidegate.core.ids import FlagKey

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
