"""Nothing goes before its date or under a consumer; what was never announced is a warning."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from tests.core.worlds import catalog_of, change_of, release_of, service_of

from tidegate.core.catalog import Catalog, Interface, Sunset
from tidegate.core.change import Change
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison, Difference, Part, Position
from tidegate.core.contracts.judgement import EvidenceKind, Judgement
from tidegate.core.contracts.retirement import Retirement
from tidegate.core.contracts.specification import Kind, Place
from tidegate.core.errors import Location, Problem
from tidegate.core.ids import InterfaceName, OwnerName, ServiceName
from tidegate.core.plan.live import pairs
from tidegate.core.plan.retirement import Findings, Specified, early_retirements

API = InterfaceName("b-api")
PLACE = Location(file="change.yaml", line=7)
TODAY = date(2027, 1, 31)
BEFORE, AFTER = date(2027, 1, 30), date(2027, 2, 1)


def catalog(
    *sunsets: Sunset, needs: str = "^2.0.0", b: Sequence[str] = ("1.0.0",), c: Sequence[str] = ()
) -> Catalog:
    """a calls b, and c if that offers b-api too."""
    a = replace(service_of("a", needs={"b": needs}), owner=OwnerName("team-a"))
    others = (service_of("b", offers={"b-api": b}), service_of("c", offers={"b-api": c} if c else {}))
    return replace(catalog_of(a, *others), interfaces={API: Interface(name=API, sunsets=sunsets)})


def to(*versions: str) -> Change:
    return change_of(replace(release_of("b", offers=versions), location=PLACE))


def sunset(range_: str, day: date | None = None) -> Sunset:
    return Sunset(range=range_, on=day)


NOTHING = Findings()
UNANNOUNCED = Findings(warnings=("b 2.0.0 retires b-api 1.0.0, which was never announced as deprecated",))


@pytest.mark.parametrize(
    ("before", "change", "found"),
    [
        (catalog(), to("2.0.0"), UNANNOUNCED),
        (catalog(sunset("^1")), to("2.0.0"), NOTHING),
        (catalog(sunset("^3", AFTER)), to("2.0.0"), UNANNOUNCED),
        (catalog(sunset("^1", BEFORE)), to("2.0.0"), NOTHING),
        (catalog(sunset("^1", TODAY)), to("2.0.0"), NOTHING),
        (catalog(sunset("^1", BEFORE), sunset("1.0.0")), to("2.0.0"), NOTHING),
        (catalog(), to("1.0.0", "2.0.0"), NOTHING),
        (catalog(sunset("^1", AFTER)), to("1.1.0"), NOTHING),
        (catalog(needs="^1.0.0"), to("1.1.0"), NOTHING),
        (catalog(needs="^1.0.0", c=["1.2.0"]), to("2.0.0"), NOTHING),
        (catalog(needs=""), to("2.0.0"), UNANNOUNCED),
        (replace(catalog(), interfaces={}), to("2.0.0"), UNANNOUNCED),
        (catalog(), change_of(), NOTHING),
    ],
    ids=[
        "unannounced",
        "announced without a date",
        "another version announced",
        "after its date",
        "on its date",
        "announced twice",
        "still offered",
        "a compatible version in its place",
        "and its consumers go on",
        "offered by another service",
        "a consumer of which nothing is known is for the pairs to judge",
        "an interface that the catalog does not know",
        "nothing released",
    ],
)
def test_what_may_go(before: Catalog, change: Change, found: Findings) -> None:
    assert early_retirements(before, change, today=TODAY) == found


def test_a_version_that_goes_before_its_date_is_refused_where_it_is_released() -> None:
    sunsets = (sunset("1.0.0", BEFORE), sunset("^1", AFTER))
    assert early_retirements(catalog(*sunsets), to("2.0.0"), today=TODAY).problems == (
        Problem(
            message="b 2.0.0 retires b-api 1.0.0 before its sunset on 2027-02-01",
            location=PLACE,
            hint="go on providing it until then, or release on 2027-02-01 or later",
        ),
    )


def test_a_version_that_somebody_still_uses_is_refused_with_its_owner_and_its_date() -> None:
    used = catalog(sunset("^1", BEFORE), needs=">=1.0.0 <2.0.0")
    assert early_retirements(used, to("2.0.0"), today=TODAY).problems == (
        Problem(
            message="b 2.0.0 retires b-api 1.0.0, which a still uses (owner: team-a)",
            location=PLACE,
            hint="go on providing it until a has moved, announced until 2027-01-30",
        ),
    )


def test_a_consumer_that_moves_in_the_same_change_uses_it_no_more() -> None:
    change = change_of(release_of("b", offers=["2.0.0"]), release_of("a", needs={"b": "^2.0.0"}))
    assert early_retirements(catalog(sunset("^1"), needs="^1.0.0"), change, today=TODAY) == NOTHING


# --- parts of specifications --------------------------------------------------------------------------------

GONE: Part = ("GET /pets", "response", "200", "application/json", "name")


def difference(
    part: Part = GONE, spared: Part | None = None, answer: Compatibility = Compatibility.BREAKING
) -> Difference:
    return Difference(
        rule="r",
        position=Position.RESPONSE,
        place=Place(path=" ".join(part)),
        reason="because",
        old_consumer_new_provider=answer,
        new_consumer_old_provider=Compatibility.COMPATIBLE,
        part=part,
        spared_by=spared,
    )


def announced(part: Part, day: date | None = None) -> Retirement:
    return Retirement(part=part, path=" ".join(part), deprecated=True, sunset=day, place=Place(path=""))


def found(*retirements: Retirement, gone: Difference | None = None, users: Sequence[str] = ()) -> Findings:
    gone = gone or difference()
    specified = Specified(
        comparison=Comparison(kind=Kind.OPENAPI, differences=(gone,)),
        retirements=retirements,
        users={gone: tuple(map(ServiceName, users))},
    )
    key = (ServiceName("b"), API)
    return early_retirements(catalog(), to("1.0.0"), today=TODAY, specifications={key: specified})


SAID = "b 2.0.0 retires GET /pets response 200 application/json name of b-api"


def test_a_part_is_announced_by_itself_or_by_what_holds_it() -> None:
    assert found().warnings == (f"{SAID}, which was never announced as deprecated",)
    assert found(announced(GONE)) == NOTHING
    assert found(announced(GONE[:1], BEFORE)) == NOTHING
    assert found(announced((*GONE, "first"), BEFORE)).warnings
    (problem,) = found(announced(GONE[:1], AFTER), announced(GONE, BEFORE)).problems
    assert problem.message == f"{SAID} before its sunset on 2027-02-01"


def test_a_part_that_a_consumer_contract_uses_is_refused() -> None:
    (problem,) = found(announced(GONE), users=["a"]).problems
    assert problem.message == f"{SAID}, which a still uses (owner: team-a)"
    (problem,) = found(announced(GONE), users=["b"]).problems
    assert problem.message == f"{SAID}, which b still uses (owner: nobody, says the catalog)"


@pytest.mark.parametrize(
    "harmless",
    [
        difference(answer=Compatibility.COMPATIBLE),
        difference(answer=Compatibility.UNKNOWN),
        difference(spared=GONE),
    ],
    ids=["breaks nobody", "nothing known", "asks for more"],
)
def test_a_difference_that_takes_nothing_away_retires_nothing(harmless: Difference) -> None:
    assert found(gone=harmless) == NOTHING


# --- what is known beyond ranges -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "answer", "refused"),
    [
        (EvidenceKind.SPECIFICATION, Compatibility.COMPATIBLE, False),
        (EvidenceKind.VERSION_RANGE, Compatibility.COMPATIBLE, True),
        (EvidenceKind.SPECIFICATION, Compatibility.BREAKING, True),
    ],
)
def test_a_consumer_that_is_known_to_work_with_what_comes_is_not_in_the_way(
    kind: EvidenceKind, answer: Compatibility, refused: bool
) -> None:
    before = catalog(sunset("^1", BEFORE), needs="^1.0.0")
    judged = Judgement(answer=answer, evidence="was compared", kind=kind)
    found = pairs(before, to("2.0.0"), lambda *_: judged)
    assert bool(early_retirements(before, to("2.0.0"), found, today=TODAY).problems) == refused
