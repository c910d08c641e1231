"""Random small worlds: services that call each other, in circles too, and a change of some of them."""

from hypothesis import strategies as st
from tests.core.worlds import catalog_of, change_of, lane_of, release_of, service_of

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change

Case = tuple[Catalog, Change]

VERSIONS = st.sampled_from([["1.0.0"], ["2.0.0"], ["1.0.0", "2.0.0"]])
RANGES = st.sampled_from(["^1.0.0", "^2.0.0", ">=1.0.0 <3.0.0"])


@st.composite
def worlds(draw: st.DrawFn, names: str = "abcd", *, lanes: bool = False) -> Case:
    """Services of these names with random dependencies, and releases that offer and need what they like."""
    calls = draw(st.sets(st.sampled_from([(c, p) for c in names for p in names if c != p])))
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
