"""The levels that the cases of the oasdiff corpus are given, by the names of checks."""

import pytest
from bench.contracts.oasdiff_cases import Level, cases, level


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("request-property-became-required", Level.ERROR),
        ("request-property-became-optional", Level.INFO),
        ("response-property-became-optional", Level.ERROR),
        ("response-property-became-required", Level.INFO),
        ("response-media-type-removed", Level.ERROR),
        ("response-property-pattern-changed", Level.WARNING),
        ("request-parameter-removed", Level.WARNING),
        ("endpoint-added", Level.INFO),
    ],
)
def test_a_check_has_the_level_that_its_name_tells(check: str, expected: Level) -> None:
    assert level(check) is expected


def test_a_case_is_two_files_and_its_gravest_check() -> None:
    by_name = {case.name: case for case in cases()}
    assert by_name["checker/if_added"].level is Level.ERROR
    case = by_name["pattern-base.yaml > pattern-modified.yaml"]
    assert (case.old, case.new) == ("pattern-base.yaml", "pattern-modified.yaml")
