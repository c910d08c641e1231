"""What the flags of a change need, and whether it will be there."""

from dataclasses import replace

import pytest
from tests.core.worlds import catalog_of, change_of, exposure_of, flag_of, release_of, removal_of, service_of

from tidegate.core.catalog import Catalog
from tidegate.core.change import Change
from tidegate.core.errors import Location, Problem
from tidegate.core.ids import FlagKey, ServiceName, Version
from tidegate.core.plan.flag_prerequisites import flag_problems

A = service_of("a")  # live: 1.0.0; a release is 2.0.0


def told(catalog: Catalog, change: Change) -> list[str]:
    return [str(problem) for problem in flag_problems(catalog, change)]


MET = [
    (catalog_of(A), change_of(exposures=[exposure_of("x", services={"a": "0.9.0"})])),
    (catalog_of(A), change_of(release_of("a"), exposures=[exposure_of("x", services={"a": "2.0.0"})])),
    (
        catalog_of(A, flags=[flag_of("y", default="on")]),
        change_of(exposures=[exposure_of("x", requires=["y"])]),
    ),
    (
        catalog_of(A, flags=[flag_of("y")]),
        change_of(exposures=[exposure_of("x", requires=["y"]), exposure_of("y")]),
    ),
    (catalog_of(A), change_of(exposures=[exposure_of("x", requires=["served-elsewhere"])])),
    (catalog_of(A, flags=[flag_of("x", default="on")]), change_of(removals=[removal_of("x")])),
    (
        catalog_of(A, flags=[flag_of("x")]),
        change_of(exposures=[exposure_of("x")], removals=[removal_of("x")]),
    ),
    (
        catalog_of(service_of("a", flags=["x"]), flags=[flag_of("x", default="on")]),
        change_of(release_of("a"), removals=[removal_of("x")]),
    ),
    (
        catalog_of(A, flags=[flag_of("x", default="on"), flag_of("y", default="on", requires="x")]),
        change_of(removals=[removal_of("x"), removal_of("y")]),
    ),
]


@pytest.mark.parametrize(("catalog", "change"), MET)
def test_nothing_is_missing(catalog: Catalog, change: Change) -> None:
    assert told(catalog, change) == []


UNMET = [
    (
        catalog_of(A),
        change_of(exposures=[exposure_of("x", services={"a": "1.1.0"})]),
        [
            "flag x needs a 1.1.0: 1.0.0 is live, and none is released (release a 1.1.0 in this change, or before it)"
        ],
    ),
    (
        catalog_of(replace(A, version=None)),
        change_of(exposures=[exposure_of("x", services={"a": "7"})]),
        [
            "flag x needs a 7: no version is live, and none is released (release a 7 in this change, or before it)"
        ],
    ),
    (
        catalog_of(replace(A, version=Version("3.0.0"))),
        change_of(release_of("a"), exposures=[exposure_of("x", services={"a": "3.0.0"})]),
        [
            "flag x needs a 3.0.0: 3.0.0 is live, and 2.0.0 is released (release a 3.0.0 in this change, or before it)"
        ],
    ),
    (
        catalog_of(A, flags=[flag_of("y")]),
        change_of(exposures=[exposure_of("x", requires=["y"])]),
        ["flag x requires flag y, which is not on for everyone (expose y in this change, or before it)"],
    ),
    (
        catalog_of(A, flags=[flag_of("x", requires="y"), flag_of("y", default="on", requires="x")]),
        change_of(exposures=[exposure_of("x")]),
        ["flags require each other in a circle: x → y → x (drop one of these requirements)"],
    ),
    (
        catalog_of(A),
        change_of(exposures=[exposure_of("x", requires=["x"])]),
        ["flags require each other in a circle: x → x (drop one of these requirements)"],
    ),
    (
        catalog_of(service_of("a", flags=["x"]), flags=[flag_of("x")]),
        change_of(removals=[removal_of("x")]),
        [
            "flag x is removed and not on for everyone (expose x to everyone in this change, or before it)",
            "flag x is removed, and a 1.0.0 evaluates it (release a version of a that does not)",
        ],
    ),
    (
        catalog_of(
            replace(service_of("a", flags=["x"]), version=None), A, flags=[flag_of("x", default="on")]
        ),
        change_of(release_of("a", evaluates=["x"]), removals=[removal_of("x")]),
        ["flag x is removed, and a 2.0.0 evaluates it (release a version of a that does not)"],
    ),
    (
        catalog_of(A, flags=[flag_of("x", default="on"), flag_of("y", requires="x")]),
        change_of(removals=[removal_of("x")]),
        ["flag x is removed, and flag y requires it (drop the requirement, or remove y as well)"],
    ),
]


@pytest.mark.parametrize(("catalog", "change", "expected"), UNMET)
def test_what_is_missing_is_told_with_what_to_do(
    catalog: Catalog, change: Change, expected: list[str]
) -> None:
    assert told(catalog, change) == expected


def test_a_circle_of_flags_that_this_change_does_not_touch_is_not_its_business() -> None:
    flags = [flag_of("y", requires="z"), flag_of("z", requires="y")]
    assert told(catalog_of(A, flags=flags), change_of(exposures=[exposure_of("x")])) == []


def test_a_service_that_is_live_in_no_known_version_may_still_evaluate_what_goes() -> None:
    live = replace(service_of("a", flags=["x"]), version=None)
    (problem,) = flag_problems(
        catalog_of(live, flags=[flag_of("x", default="on")]), change_of(removals=[removal_of("x")])
    )
    assert problem.message == "flag x is removed, and a as it is live evaluates it"


def test_problems_stand_where_the_flag_does() -> None:
    here = Location(file="c.yaml", line=7)
    exposure = replace(exposure_of("x", services={"a": "9.0.0"}), location=here)
    (problem,) = flag_problems(catalog_of(A), change_of(exposures=[exposure]))
    assert isinstance(problem, Problem)
    assert problem.location == here


def test_the_flags_of_a_change_are_named_once() -> None:
    change = change_of(
        exposures=[exposure_of("x"), exposure_of("y")], removals=[removal_of("x"), removal_of("z")]
    )
    assert change.flags == (FlagKey("x"), FlagKey("y"), FlagKey("z"))
    assert [each.service for each in exposure_of("x", services={"a": "1"}).implemented_by] == [
        ServiceName("a")
    ]
