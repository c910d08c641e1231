"""What a flag is for somebody, as a table; and that whoever asks is always answered."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.flags.evaluation import ErrorCode, Evaluation, Reason
from tidegate.core.flags.evaluator import Evaluator
from tidegate.core.flags.logic.limits import MOST_DEPTH, MOST_ELEMENTS
from tidegate.core.ids import FlagKey

KEY = FlagKey("sale")
ON_OFF = {"on": True, "off": False}
NOW = 1_800_000_000.75


def asked(context: Any = None, *, metadata: Any = None, **definition: Any) -> Evaluation:
    flag = Flag(key=KEY, **{"variants": ON_OFF, "default": "off", **definition})
    flags = FlagSet(flags={KEY: flag}, metadata=metadata or {})
    return Evaluator(flags).evaluate(KEY, context or {}, NOW)


def served(reason: Reason, variant: str | None, value: Any) -> Evaluation:
    return Evaluation(reason=reason, variant=variant, value=value)


OFF = served(Reason.DEFAULT, "off", False)
MATCHED = served(Reason.TARGETING_MATCH, "on", True)
WORDS = {"true": 1, "false": 0, "7": 7, "1.5": 2}

TABLE: list[tuple[dict[str, Any], dict[str, Any], Evaluation]] = [
    ({}, {}, served(Reason.STATIC, "off", False)),
    ({"default": None}, {}, served(Reason.DEFAULT, None, None)),
    ({"enabled": False}, {}, served(Reason.DISABLED, None, None)),
    ({"variants": {"zero": 0}, "default": "zero"}, {}, served(Reason.STATIC, "zero", 0)),
    ({"targeting": {"if": [{"var": "vip"}, "on"]}}, {"vip": True}, MATCHED),
    ({"targeting": {"if": [{"var": "vip"}, "on"]}}, {}, OFF),
    ({"targeting": {"if": [{"var": "vip"}, "on"]}, "default": None}, {}, served(Reason.DEFAULT, None, None)),
    ({"targeting": {"==": [1, 1]}, "variants": WORDS}, {}, served(Reason.TARGETING_MATCH, "true", 1)),
    ({"targeting": {"==": [1, 2]}, "variants": WORDS}, {}, served(Reason.TARGETING_MATCH, "false", 0)),
    ({"targeting": {"var": "n"}, "variants": WORDS}, {"n": 7}, served(Reason.TARGETING_MATCH, "7", 7)),
    ({"targeting": {"var": "n"}, "variants": WORDS}, {"n": 1.5}, served(Reason.TARGETING_MATCH, "1.5", 2)),
    ({"targeting": {"if": [{"==": [{"var": "$flagd.flagKey"}, "sale"]}, "on"]}}, {}, MATCHED),
    ({"targeting": {"if": [{"===": [{"var": "$flagd.timestamp"}, 1_800_000_000]}, "on"]}}, {}, MATCHED),
    (
        {"targeting": {"if": [{"===": [{"var": "$flagd.timestamp"}, 1]}, "on"]}},
        {"$flagd": {"timestamp": 1}},
        OFF,
    ),
]


@pytest.mark.parametrize(("definition", "context", "found"), TABLE)
def test_a_flag_for_somebody(definition: dict[str, Any], context: dict[str, Any], found: Evaluation) -> None:
    answer = asked(context, **definition)
    assert (answer, type(answer.value)) == (found, type(found.value))


def test_what_is_said_of_the_set_holds_unless_the_flag_says_otherwise() -> None:
    found = asked(metadata={"team": "a", "version": 1}, enabled=False)
    assert found.metadata == {"team": "a", "version": 1}
    flag = Flag(key=KEY, variants=ON_OFF, default="on", metadata={"team": "b"})
    flags = FlagSet(flags={KEY: flag}, metadata={"team": "a", "version": 1})
    assert Evaluator(flags).evaluate(KEY, {}, NOW).metadata == {"team": "b", "version": 1}


def nested(levels: int) -> Any:
    return {"!": nested(levels - 1)} if levels else 1


def deep_list(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


ERRORS: list[tuple[dict[str, Any], dict[str, Any], ErrorCode, str]] = [
    ({"default": "onn"}, {}, ErrorCode.GENERAL, "sale has no variant 'onn'"),
    ({"targeting": {"var": "x"}}, {"x": "onn"}, ErrorCode.GENERAL, "sale has no variant 'onn'"),
    ({"targeting": {"var": "x"}}, {"x": [1]}, ErrorCode.GENERAL, "sale has no variant 'a list or an object'"),
    (
        {"targeting": {"var": "x"}},
        {"x": "y" * 500},
        ErrorCode.GENERAL,
        f"sale has no variant '{'y' * 80}\\u2026'",
    ),
    (
        {"targeting": {"var": "x"}, "variants": {"a": None}},
        {"x": "a"},
        ErrorCode.GENERAL,
        "sale has no variant 'a'",
    ),
    ({"targeting": {"soon": 1}}, {}, ErrorCode.PARSE_ERROR, "sale: unknown operator 'soon'"),
    (
        {"targeting": nested(MOST_DEPTH + 1)},
        {},
        ErrorCode.PARSE_ERROR,
        "sale: a rule nested deeper than 100 levels",
    ),
    (
        {"targeting": {"/": [1, {"var": "x"}]}},
        {"x": 0},
        ErrorCode.GENERAL,
        "sale: ZeroDivisionError: division by zero",
    ),
    (
        {"targeting": {"map": [{"var": "x"}, 1]}},
        {"x": [0] * (MOST_ELEMENTS + 1)},
        ErrorCode.INVALID_CONTEXT,
        "sale: Exceeded: a list of 1001 elements is longer than 1000",
    ),
    (
        {"targeting": {"cat": [{"var": "x"}]}},
        {"x": deep_list(100_000)},
        ErrorCode.INVALID_CONTEXT,
        "sale: RecursionError: maximum recursion depth exceeded",
    ),
    (
        {"targeting": {"fractional": [{"var": "x"}, ["on"]]}},
        {"x": "\ud800"},
        ErrorCode.GENERAL,
        "sale: UnicodeEncodeError: 'utf-8' codec can't encode character",
    ),
]


@pytest.mark.parametrize(("definition", "context", "code", "message"), ERRORS, ids=range(len(ERRORS)))
def test_what_cannot_be_evaluated_is_an_error_without_a_variant(
    definition: dict[str, Any], context: dict[str, Any], code: ErrorCode, message: str
) -> None:
    found = asked(context, **definition)
    assert (found.reason, found.error, found.variant, found.value) == (Reason.ERROR, code, None, None)
    assert found.message.startswith(message)
    assert len(found.message) < 200


def test_an_unknown_flag_is_not_found() -> None:
    found = Evaluator(FlagSet()).evaluate(FlagKey("new\n"), {}, NOW)
    message = r"no flag 'new\n'"
    assert found == Evaluation(reason=Reason.ERROR, error=ErrorCode.FLAG_NOT_FOUND, message=message)


def test_the_keys_are_those_of_the_set() -> None:
    flags = {FlagKey(name): Flag(key=FlagKey(name), variants=ON_OFF) for name in ("b", "a")}
    assert Evaluator(FlagSet(flags=flags)).keys == ("b", "a")


class Hostile:
    """Something that no JSON holds."""

    def __eq__(self, other: object) -> bool:
        raise KeyError(other)

    __hash__ = None  # type: ignore[assignment]  # as dictionaries that someone puts into a context


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.builds(Hostile) | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
    max_leaves=8,
)
RULES: list[Any] = [
    {"fractional": [{"var": "x"}, ["on", 1]]},
    {"fractional": [["on", {"var": "x"}]]},
    {"if": [{"==": [{"var": "x"}, {"var": "y"}]}, "on"]},
    {"if": [{"<": [{"var": "x"}, {"var": "y"}]}, "on"]},
    {"if": [{"in": [{"var": "x"}, {"var": "y"}]}, "on"]},
    {"cat": [{"var": "x"}, {"var": "y"}]},
    {"sem_ver": [{"var": "x"}, "=", {"var": "y"}]},
    {"*": [{"var": "x"}, {"var": "y"}]},
    {"substr": [{"var": "x"}, {"var": "y"}]},
    {"var": [{"var": "x"}]},
    {"map": [{"var": "x"}, {"var": {"var": "y"}}]},
    {"missing": [{"var": "x"}, {"var": "y"}]},
]


@given(st.sampled_from(RULES), ANYTHING, ANYTHING)
def test_whatever_a_context_holds_there_is_an_answer(rule: Any, first: Any, second: Any) -> None:
    found = asked({"x": first, "y": second, "targetingKey": first}, targeting=rule)
    assert (found.reason is Reason.ERROR) == (found.error is not None)
    assert found.variant in (None, "on", "off")
