"""What each operator answers, by the examples of jsonlogic.com and flagd.dev, and where types are mixed."""

import math
from typing import Any

import pytest

from tidegate.core.flags.logic.checks import ARITIES
from tidegate.core.flags.logic.compiling import UnknownOperator, compiled
from tidegate.core.flags.logic.limits import MOST_DEPTH, MOST_ELEMENTS, MOST_MERGED, MOST_TEXT, Exceeded

DATA = {
    "a": 1,
    "text": "abc",
    "user": {"name": "ann", "tags": ["x", "y"]},
    "numbers": [1, 2, 3],
    "nothing": None,
    "empty": "",
    "targetingKey": "u1",
    "$flagd": {"flagKey": "flag", "timestamp": 5},
}

ANSWERS: list[tuple[Any, Any]] = [
    # -- constants
    (1, 1),
    ({}, {}),
    ({"one": 1, "two": 2}, {"one": 1, "two": 2}),
    ([1, {"var": "a"}], [1, 1]),
    # -- what is in the context
    ({"var": "a"}, 1),
    ({"var": ["a"]}, 1),
    ({"var": "user.name"}, "ann"),
    ({"var": "user.tags.1"}, "y"),
    ({"var": "user.tags.01"}, None),
    ({"var": "user.tags.2"}, None),
    ({"var": "user.tags.length"}, 2),
    ({"var": "text.length"}, 3),
    ({"var": "text.0"}, "a"),
    ({"var": "text.-1"}, None),
    ({"var": "text.9999999999"}, None),
    ({"var": "a.b"}, None),
    ({"var": ["a.b", 7]}, 7),
    ({"var": ["none", {"var": "a"}]}, 1),
    ({"var": "nothing"}, None),
    ({"var": ["nothing", 3]}, 3),
    ({"var": 1}, None),
    ({"var": {"cat": ["te", "xt"]}}, "abc"),
    ({"var": ""}, DATA),
    ({"var": []}, DATA),
    ({"var": None}, DATA),
    ({"var": "$flagd.flagKey"}, "flag"),
    ({"map": [{"var": "numbers"}, {"var": ""}]}, [1, 2, 3]),
    ({"map": [["ab"], {"var": 1}]}, ["b"]),
    ({"map": [["ab"], {"var": 1.5}]}, [None]),
    ({"map": [["ab"], {"var": "1"}]}, ["b"]),
    ({"map": [["ab", 3], {"var": "length"}]}, [2, None]),
    ({"missing": ["a", "b", "empty", "user.name"]}, ["b", "empty"]),
    ({"missing": [["a", "b"]]}, ["b"]),
    ({"missing": []}, []),
    ({"missing_some": [1, ["a", "b"]]}, []),
    ({"missing_some": [2, ["a", "b"]]}, ["b"]),
    ({"missing_some": [1, "a"]}, []),
    # -- choices
    ({"if": [True, "yes", "no"]}, "yes"),
    ({"if": [False, "yes", "no"]}, "no"),
    ({"?:": [[], "yes", "no"]}, "no"),
    ({"if": [False, "yes"]}, None),
    ({"if": ["yes"]}, "yes"),
    ({"if": []}, None),
    ({"if": [0, 1, "", 2, {"var": "a"}, 3, 4]}, 3),
    ({"and": [True, "", 3]}, ""),
    ({"and": [1, 2]}, 2),
    ({"and": []}, None),
    ({"or": [0, "a", {"never": 1}]}, "a"),
    ({"or": [0, ""]}, ""),
    ({"or": []}, None),
    # -- the same
    ({"==": [1, 1.0]}, True),
    ({"==": ["1", 1]}, True),
    ({"==": [1, "1"]}, True),
    ({"==": ["one", 1]}, False),
    ({"==": [0, None]}, True),
    ({"==": [None, None]}, True),
    ({"==": [None, ""]}, False),
    ({"==": [True, "1"]}, True),
    ({"==": [["a", "b"], "a,b"]}, True),
    ({"==": ["[object Object]", {"a": 1, "b": 2}]}, True),
    ({"==": [[1], [1]]}, False),
    ({"==": [{"var": "user"}, {"var": "user"}]}, True),
    ({"==": [[1], {}]}, False),
    ({"==": [1]}, False),
    ({"==": [1, 1, 2]}, True),
    ({"!=": [1, "1"]}, False),
    ({"===": [1, "1"]}, False),
    ({"===": ["a", "a"]}, True),
    ({"!==": [1, "1"]}, True),
    ({"!": [0]}, True),
    ({"!": 0}, True),
    ({"!": "a"}, False),
    ({"!": []}, True),
    ({"!": [[]]}, True),
    ({"!!": [math.nan]}, False),
    ({"!!": [{}]}, True),
    ({"!!": ["0"]}, True),
    # -- less and more
    ({"<": [1, 2]}, True),
    ({"<": [1, 1, 2]}, False),
    ({"<": [1, 2, 3]}, True),
    ({"<=": [1, 1, 2]}, True),
    ({"<=": [1, 2, 1]}, False),
    ({">": [2, "1"]}, True),
    ({">": ["10", "9"]}, False),
    ({">": ["10", 9]}, True),
    ({">": ["a", [9]]}, True),
    ({">=": [[2], [2]]}, True),
    ({">=": ["x", 1]}, False),
    ({"<": [None, 1]}, True),
    ({"<": [{}, 1]}, False),
    ({"<": ["inf", 1]}, False),
    # -- numbers
    ({"+": [1, "2", True]}, 4.0),
    ({"+": "3.5"}, 3.5),
    ({"+": []}, 0),
    ({"*": [2, [3]]}, 6),
    ({"-": [5, 2]}, 3),
    ({"-": 5}, -5),
    ({"/": [1, 2]}, 0.5),
    ({"%": [7, 3]}, 1),
    ({"min": [3, "1", 2]}, 1.0),
    ({"max": [3, [], 2]}, 3),
    ({"+": [2**64, 1]}, float(2**64)),
    ({"*": [2.0**1000, 2.0**1000]}, math.inf),
    # -- text
    ({"cat": ["a", 1, 1.0, 0.1, None, True, [1, [2]], {}]}, "a110.1nulltrue1,2[object Object]"),
    ({"cat": []}, ""),
    ({"substr": ["jsonlogic", 4]}, "logic"),
    ({"substr": ["jsonlogic", -5]}, "logic"),
    ({"substr": ["jsonlogic", 1, 3]}, "son"),
    ({"substr": ["jsonlogic", 4, -2]}, "log"),
    ({"substr": ["jsonlogic", 6, -9]}, ""),
    ({"substr": ["jsonlogic", -99]}, "jsonlogic"),
    ({"substr": ["jsonlogic", 99]}, ""),
    ({"substr": ["jsonlogic", "x", "y"]}, ""),
    ({"substr": [123, 1]}, "23"),
    ({"starts_with": ["abc", "ab"]}, True),
    ({"starts_with": [{"var": "text"}, "b"]}, False),
    ({"starts_with": ["abc", 1]}, None),
    ({"starts_with": ["abc"]}, None),
    ({"ends_with": ["abc", "bc"]}, True),
    ({"ends_with": [None, "bc"]}, None),
    ({"ends_with": ["a", "b", "c"]}, None),
    # -- lists
    ({"in": ["b", "abc"]}, True),
    ({"in": [1, "a1"]}, True),
    ({"in": ["a", ["a", "b"]]}, True),
    ({"in": ["a", 1]}, False),
    ({"merge": [[1], 2, [[3]]]}, [1, 2, [3]]),
    ({"map": [{"var": "numbers"}, {"*": [{"var": ""}, 2]}]}, [2, 4, 6]),
    ({"map": [{"var": "a"}, 1]}, []),
    ({"map": []}, []),
    ({"filter": [{"var": "numbers"}, {">": [{"var": ""}, 1]}]}, [2, 3]),
    ({"filter": [None, True]}, []),
    ({"all": [{"var": "numbers"}, {">": [{"var": ""}, 0]}]}, True),
    ({"all": [[], True]}, False),
    ({"all": ["no list", True]}, False),
    ({"all": [[1]]}, False),
    ({"some": [{"var": "numbers"}, {">": [{"var": ""}, 2]}]}, True),
    ({"some": [[], True]}, False),
    ({"none": [{"var": "numbers"}, {">": [{"var": ""}, 2]}]}, False),
    ({"none": ["no list", True]}, True),
    ({"reduce": [{"var": "numbers"}, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 10]}, 16),
    ({"reduce": ["no list", {"var": "current"}, 10]}, 10),
    ({"reduce": [[1, 2]]}, None),
    # -- the rest
    ({"log": "x"}, "x"),
]


@pytest.mark.parametrize(("rule", "answer"), ANSWERS, ids=str)
def test_an_operator_answers(rule: Any, answer: Any) -> None:
    found = compiled(rule)(DATA)
    assert (found, type(found)) == (answer, type(answer))


@pytest.mark.parametrize(
    "rule", [{"min": []}, {"max": []}, {"+": ["x"]}, {"-": [[1, 2]]}, {"%": [1, {}]}], ids=str
)
def test_what_is_no_number_is_said_to_be_none(rule: Any) -> None:
    assert math.isnan(compiled(rule)(DATA))


def test_every_operator_has_an_example() -> None:
    fractions_and_versions = {"fractional", "sem_ver"}
    assert {
        name for rule, _ in ANSWERS if isinstance(rule, dict) for name in rule
    } >= ARITIES.keys() - fractions_and_versions


def test_an_unknown_operator_fails_where_a_rule_comes_to_it_and_nowhere_else() -> None:
    rule = compiled({"if": [{"var": "bad"}, {"soon": 1}, "no"]})
    assert rule({}) == "no"
    with pytest.raises(UnknownOperator, match="soon"):
        rule({"bad": True})


TOO_MUCH: list[tuple[Any, str]] = [
    ({"reduce": [{"var": "list"}, {"cat": [{"var": "accumulator"}] * 2}, "x"]}, f"longer than {MOST_TEXT}"),
    (
        {"reduce": [{"var": "list"}, {"merge": [{"var": "accumulator"}] * 2}, [1]]},
        f"longer than {MOST_MERGED}",
    ),
    ({"map": [{"var": "long"}, 1]}, f"{MOST_ELEMENTS + 1} elements is longer than {MOST_ELEMENTS}"),
    ({"reduce": [{"var": "long"}, 1]}, f"longer than {MOST_ELEMENTS}"),
]


@pytest.mark.parametrize(("rule", "message"), TOO_MUCH)
def test_a_context_cannot_make_a_rule_work_without_end(rule: Any, message: str) -> None:
    with pytest.raises(Exceeded, match=message):
        compiled(rule)({"list": list(range(100)), "long": list(range(MOST_ELEMENTS + 1))})


def test_digits_do_not_grow_from_step_to_step() -> None:
    squares = compiled({"reduce": [{"var": "list"}, {"*": [{"var": "accumulator"}] * 2}, 3]})
    assert squares({"list": list(range(1000))}) == math.inf


def test_a_rule_nested_too_deeply_is_not_compiled() -> None:
    rule: Any = 1
    for _ in range(MOST_DEPTH):
        rule = {"!": rule}
    assert compiled(rule)({}) is True
    with pytest.raises(Exceeded, match=f"deeper than {MOST_DEPTH} levels"):
        compiled({"!": rule})
