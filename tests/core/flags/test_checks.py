"""What is wrong with flags before anybody is evaluated: each finding, where it is, and what to do."""

# ruff: noqa: E501 - each whole message stays on its row of the table

from typing import Any

import pytest

from tidegate.core.errors import Location, Problem
from tidegate.core.flags.checks import findings, problems_of, requirement_findings
from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.flags.finding import Finding
from tidegate.core.ids import FlagKey

KEY = FlagKey("sale")
ON_OFF = {"on": True, "off": False}


def flag(**definition: Any) -> Flag:
    return Flag(**{"key": KEY, "variants": ON_OFF, "default": "off", **definition})


def of_rule(
    rule: Any, path: tuple[str | int, ...], message: str, hint: str = ""
) -> tuple[Flag, list[Finding]]:
    return flag(targeting=rule), [Finding(message=message, path=("targeting", *path), hint=hint)]


def of_flag(
    path: tuple[str | int, ...], message: str, hint: str = "", **definition: Any
) -> tuple[Flag, list[Finding]]:
    return flag(**definition), [Finding(message=message, path=path, hint=hint)]


VARIANTS = "variants: on, off"
SHARE = 'such as ["on", 25]'
USER = {"var": "targetingKey"}


def fraction(*shares: Any) -> dict[str, Any]:
    return {"fractional": [USER, *shares]}


FOUND: list[tuple[Flag, list[Finding]]] = [
    of_flag(("variants",), "variants of different types: number, string", variants={"a": 1, "b": 2.5, "off": "x"}),
    of_flag(("variants",), "variants of different types: boolean, object", variants={"a": True, "off": {}}),
    of_flag(("defaultVariant",), "no variant 'onn'", VARIANTS, default="onn"),
    of_flag(("metadata", "off"), "no variant 'none'", VARIANTS, metadata={"off": "none"}),
    of_flag(("metadata", "since"), "since is '2026-02-30', which is not a date", "such as 2027-01-31", metadata={"since": "2026-02-30"}),
    of_flag(("metadata", "expires"), "expires is 2026, which is not a date", "such as 2027-01-31", metadata={"expires": 2026}),
    of_rule({"if": [{"startswith": []}, "on"]}, ("if", 0, "startswith"), "unknown operator 'startswith'", "did you mean 'starts_with'?"),
    of_rule({"if": [{"=": [1, 1]}, "on"]}, ("if", 0, "="), "unknown operator '='", "the operators are those of JSONLogic and of flagd"),
    of_rule({"soonest": []}, ("soonest",), "unknown operator 'soonest'", "the operators are those of JSONLogic and of flagd"),
    of_rule({"if": [{"$ref": "vip"}, "on"]}, ("if", 0, "$ref"), "no evaluator 'vip'", "define it under $evaluators"),
    of_rule({"if": [{"==": [1]}, "on"]}, ("if", 0, "=="), "'==' takes 2 arguments, not 1"),
    of_rule({"if": [{"!": [1, 2]}, "on"]}, ("if", 0, "!"), "'!' takes 1 argument, not 2"),
    of_rule({"if": [{"<": [1, 2, 3, 4]}, "on"]}, ("if", 0, "<"), "'<' takes 2 to 3 arguments, not 4"),
    of_rule({"if": []}, ("if",), "'if' takes at least 1, not 0"),
    of_rule({"if": [True, "onn", {"if": [False, "on", "off"]}]}, ("if", 1), "no variant 'onn'", VARIANTS),
    of_rule({"if": [True, "on", {"if": [False, "of", "off"]}]}, ("if", 2, "if", 1), "no variant 'of'", VARIANTS),
    of_rule({"if": [{"var": "$flagd.flagkey"}, "on"]}, ("if", 0, "var"), "flagd has no '$flagd.flagkey'", "known: $flagd.flagKey, $flagd.timestamp"),
    of_rule({"if": [{"sem_ver": ["1.x", "^", {"var": "v"}]}, "on"]}, ("if", 0, "sem_ver", 0), "'1.x' is not a semantic version", "such as 1.4.0"),
    of_rule({"if": [{"sem_ver": [{"var": "v"}, "==", "1"]}, "on"]}, ("if", 0, "sem_ver", 1), "unknown comparison '==' of versions", "known: =, !=, <, <=, >, >=, ^, ~"),
    of_rule(fraction(["on", -1], ["off", 2]), ("fractional", 1, 1), "the weight -1 is not a whole number from 0 on"),
    of_rule(fraction(["on", 0.5], ["off", 1]), ("fractional", 1, 1), "the weight 0.5 is not a whole number from 0 on"),
    of_rule(fraction(["on", True], ["off", 1]), ("fractional", 1, 1), "the weight True is not a whole number from 0 on"),
    of_rule(fraction("on", ["off", 1]), ("fractional", 1), "a share is a list of a variant and perhaps a weight", SHARE),
    of_rule(fraction(["on", 1, 2]), ("fractional", 1), "a share is a list of a variant and perhaps a weight", SHARE),
    of_rule(fraction(["on", 0], ["off", 0]), ("fractional",), "the weights add up to 0, not to 1 to 2147483647"),
    of_rule(fraction(["on", 2**31 - 1], ["off", 1]), ("fractional",), "the weights add up to 2147483648, not to 1 to 2147483647"),
    of_rule(fraction(["onn"], ["off"]), ("fractional", 1, 0), "no variant 'onn'", VARIANTS),
    of_rule({"fractional": [["onn", 1]]}, ("fractional", 0, 0), "no variant 'onn'", VARIANTS),
    of_rule({"if": [{"in": ["a", [{"soon": 1}]]}, "on"]}, ("if", 0, "in", 1, 0, "soon"), "unknown operator 'soon'", "the operators are those of JSONLogic and of flagd"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "found"), FOUND, ids=range(len(FOUND)))
def test_what_is_wrong_with_a_flag(wrong: Flag, found: list[Finding]) -> None:
    assert list(findings(wrong)) == found


FINE: list[Flag] = [
    flag(),
    flag(default=None),
    flag(variants={"a": 1, "b": 2.5}, default="a"),
    flag(metadata={"since": "2026-01-31", "expires": "2027-01-31", "off": "off"}),
    flag(targeting={"if": [{"var": "vip"}, "on", None]}),
    flag(targeting={"if": [{"var": ["vip", False]}, "on", {"var": "chosen"}]}),
    flag(targeting={"var": []}, variants={"x": 1}, default=None),
    flag(targeting=fraction([{"var": "color"}, {"var": "weight"}], ["off", 0])),
    flag(targeting={"fractional": [["on"], ["off", 3]]}),
    flag(targeting={"if": [{"fractional": [[True, 1], [False, 1]]}, "on"]}),
    flag(targeting={"==": [1, {"var": "x"}]}, variants={"true": 1, "false": 2}, default=None),
    flag(targeting={"if": [{"sem_ver": [{"var": "v"}, {"var": "sign"}, "1.2"]}, "on"]}),
]


@pytest.mark.parametrize("fine", FINE, ids=range(len(FINE)))
def test_nothing_is_wrong_with_a_good_flag(fine: Flag) -> None:
    assert list(findings(fine)) == []


def test_a_variant_that_is_true_is_named_by_a_rule_that_says_true() -> None:
    (found,) = findings(flag(targeting={"if": [{"var": "vip"}, True, "off"]}))
    assert found == Finding(message="no variant 'true'", path=("targeting", "if", 1), hint=VARIANTS)


def test_problems_stand_where_the_flag_does() -> None:
    place = Location(file="flags.yaml", line=7)
    assert problems_of(flag(default="onn", location=place)) == (
        Problem(message="sale: no variant 'onn'", location=place, hint=VARIANTS),
    )


def test_required_flags_are_there_and_not_in_a_circle() -> None:
    needs = {"a": "b, c", "b": "c", "c": "a", "d": "d", "e": "a, lost"}
    flags = {FlagKey(key): flag(key=FlagKey(key), metadata={"requires": need}) for key, need in needs.items()}
    path = ("metadata", "requires")
    assert list(requirement_findings(FlagSet(flags=flags))) == [
        ("e", Finding(message="requires the unknown flag 'lost'", path=path, hint="define it too")),
        (
            "a",
            Finding(
                message="flags require each other: a \u2192 c \u2192 a", path=path, hint="let one of them go"
            ),
        ),
        ("d", Finding(message="flags require each other: d \u2192 d", path=path, hint="let one of them go")),
    ]
