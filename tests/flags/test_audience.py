"""A rule that cannot be evaluated is told, and never becomes part of what is served."""

import pytest

from tidegate.flags.audience import MOST_CHARACTERS, unsound

CANNOT = "audience 'staff': its rule cannot be read: "
DEEP = 70


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("", []),
        ('{"var": "staff"}', []),
        ('{"ends_with": [{"var": "email"}, "@shop.example"]}', []),
        ("{", [f"{CANNOT}Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"]),
        ("true", [f"{CANNOT}it is not an object"]),
        ('{"==": [{"var": "age"}, NaN]}', [f"{CANNOT}NaN is not JSON"]),
        ('{"vra": "staff"}', ["audience 'staff': unknown operator 'vra' (did you mean 'var'?)"]),
        ('{"starts_with": ["x"]}', ["audience 'staff': 'starts_with' takes 2 arguments, not 1"]),
        ('{"!": ' * DEEP + "1" + "}" * DEEP, ["audience 'staff': its rule is nested too deeply"]),
        (
            f'{{"var": "{"x" * MOST_CHARACTERS}"}}',
            [f"{CANNOT}it is longer than {MOST_CHARACTERS} characters"],
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_told(rule: str, told: list[str]) -> None:
    assert [str(problem) for problem in unsound(rule, "audience 'staff'")] == told


def test_a_rule_deeper_than_any_parser_goes_is_told_as_well() -> None:
    (problem,) = unsound("[" * 20_000, "audience 'staff'")
    assert str(problem).startswith(CANNOT)
