"""Nothing begins to need a flag that is about to go."""

from dataclasses import replace
from datetime import date

import pytest
from tests.core.worlds import catalog_of, change_of, exposure_of, flag_of, release_of, removal_of, service_of

from tidegate.core.change import Change
from tidegate.core.errors import Location
from tidegate.core.plan.flag_expiry import expiring_dependencies

TODAY = date(2027, 1, 1)
CATALOG = catalog_of(
    service_of("a", flags=["gone"]),
    flags=[
        flag_of("gone", expires="2027-01-01"),
        flag_of("soon", expires="2027-01-31"),
        flag_of("later", expires="2027-02-01"),
        flag_of("stays"),
    ],
)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (change_of(exposures=[exposure_of("x", requires=["later", "stays"])]), []),
        (change_of(release_of("a", evaluates=["gone", "later"])), []),
        (
            change_of(exposures=[exposure_of("x", requires=["gone", "soon"])]),
            [
                "flag x requires flag gone, which expired on 2027-01-01",
                "flag x requires flag soon, which expires on 2027-01-31",
            ],
        ),
        (
            change_of(release_of("a", evaluates=["gone", "soon"])),
            ["a 2.0.0 begins to evaluate flag soon, which expires on 2027-01-31"],
        ),
        (
            change_of(exposures=[exposure_of("x", requires=["stays"])], removals=[removal_of("stays")]),
            ["flag x requires flag stays, which this change removes"],
        ),
    ],
)
def test_a_new_dependency_on_a_flag_that_is_about_to_go(change: Change, expected: list[str]) -> None:
    found = expiring_dependencies(CATALOG, change, today=TODAY)
    assert [problem.message for problem in found] == expected


def test_it_stands_where_the_dependency_does_and_says_what_to_do() -> None:
    here = Location(file="c.yaml", line=7)
    release = replace(release_of("a", evaluates=["soon"]), location=here)
    (problem,) = expiring_dependencies(CATALOG, change_of(release), today=TODAY)
    assert (problem.location, problem.hint) == (
        here,
        "do without soon, or give it a later date if it is to stay",
    )
