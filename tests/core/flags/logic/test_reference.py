"""On rules and contexts made at random the evaluator of reference answers alike.

Two things are not alike: it writes `True` where JSONLogic and every other evaluator of flagd write `true`, which is
mended in it beforehand; and it fails where a share is drawn among the elements of a list, which answers null here.
"""

import json
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openfeature.contrib.tools.flagd.core.targeting.targeting import targeting as reference
from openfeature.evaluation_context import EvaluationContext

from tidegate.core.flags.logic.compiling import compiled

KEY = "flag"
NAMES = st.sampled_from(
    ["a", "b", "c", "a.b", "list", "list.0", "list.length", "version", "targetingKey", "none"]
)
NUMBERS = st.one_of(st.integers(-100, 100), st.floats(-100, 100).map(lambda number: round(number, 3)))
TEXTS = st.sampled_from(
    ["", "a", "ab", "b", "1", " 2 ", "-3.5", "x,y", "1.2.3", "v1.2", "2.0.0-rc.1", "inf", "é"]
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
WRITTEN = st.one_of(st.none(), NUMBERS, TEXTS)

VALUES: Any = st.recursive(
    WRITTEN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
)
CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "a": VALUES,
        "b": VALUES,
        "c": SCALARS,
        "list": st.lists(VALUES, max_size=4),
        "version": TEXTS,
        "targetingKey": st.text("uv1", min_size=1, max_size=4),
    },
)

BY_COUNT = {
    1: ("!", "!!", "-", "log"),
    2: (
        "==",
        "!=",
        "===",
        "!==",
        "<",
        "<=",
        ">",
        ">=",
        "-",
        "in",
        "starts_with",
        "ends_with",
        "and",
        "or",
        "if",
        "%",
    ),
    3: ("<", "<=", "if", "?:", "substr"),
    4: ("if", "min", "max", "+", "*", "merge", "cat", "and", "or"),
}
OVER_LISTS = ("map", "filter", "all", "some", "none")


def operations(inner: Any) -> Any:
    called = [
        st.builds(
            lambda name, args: {name: args}, st.sampled_from(names), st.lists(inner, min_size=n, max_size=n)
        )
        for n, names in BY_COUNT.items()
    ]
    listed = st.one_of(st.just({"var": "list"}), inner)
    over = st.builds(
        lambda name, items, rule: {name: [items, rule]}, st.sampled_from(OVER_LISTS), listed, inner
    )
    reduced = st.builds(
        lambda items, rule, initial: {"reduce": [items, rule, initial]}, listed, inner, WRITTEN
    )
    return st.one_of(*called, over, reduced)


SHARES = st.lists(
    st.one_of(st.tuples(TEXTS, st.integers(-1, 50)).map(list), TEXTS.map(lambda text: [text])),
    min_size=1,
    max_size=4,
)
SIGNS = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "^", "~", "=="])
LEAVES = st.one_of(
    WRITTEN,
    NAMES.map(lambda name: {"var": name}),
    st.tuples(NAMES, WRITTEN).map(lambda both: {"var": list(both)}),
    st.lists(NAMES, max_size=3).map(lambda names: {"missing": names}),
    st.tuples(st.integers(0, 3), st.lists(NAMES, max_size=3)).map(lambda both: {"missing_some": list(both)}),
    st.sampled_from([{"var": "current"}, {"var": "accumulator"}, {"var": "accumulator.length"}]),
    SHARES.map(lambda shares: {"fractional": shares}),
    SHARES.map(lambda shares: {"fractional": [{"cat": ["salt", {"var": "targetingKey"}]}, *shares]}),
    st.builds(lambda sign, other: {"sem_ver": [{"var": "version"}, sign, other]}, SIGNS, TEXTS),
)
RULES = st.recursive(LEAVES, operations, max_leaves=8).filter(lambda rule: isinstance(rule, dict))


def answered(ask: Any) -> Any:
    """What is answered; an error is one whichever it is, and what is no number equals itself."""
    try:
        with redirect_stdout(StringIO()):
            answer = ask()
    except Exception:  # noqa: BLE001 - the two fail differently
        return "error"
    return json.dumps(answer, default=str, sort_keys=True)


builtins = import_module("json_logic.builtins")
written_by_reference = builtins.to_string


def in_small_letters(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(in_small_letters, value))
    return str(value).lower() if isinstance(value, bool) else str(written_by_reference(value))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RULES, CONTEXTS)
def test_the_reference_answers_alike(rule: dict[str, Any], context: dict[str, Any]) -> None:
    attributes = {name: value for name, value in context.items() if name != "targetingKey"}
    with patch.object(builtins, "to_string", in_small_letters):
        theirs = answered(
            lambda: reference(KEY, rule, EvaluationContext(context.get("targetingKey"), attributes))
        )
    ours = answered(lambda: compiled(rule)({**context, "$flagd": {"flagKey": KEY}}))
    assert ours == theirs or (theirs == "error" and "fractional" in json.dumps(rule))
