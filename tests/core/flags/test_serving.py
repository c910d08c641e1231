"""What is served: who is exposed is drawn truly and stays in, who is not is served as defined, and off is off."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext

from tidegate.core.flags.definitions import Flag, FlagSet, Json
from tidegate.core.flags.document import document
from tidegate.core.flags.evaluation import Context, Evaluation, Reason
from tidegate.core.flags.evaluator import Evaluator
from tidegate.core.flags.serving import WHY_OFF, Exposure, Removal, Switch, served
from tidegate.core.ids import FlagKey, RolloutId, StepId

KEY, OTHER, THIRD = FlagKey("refund"), FlagKey("basket"), FlagKey("search")
STAFF = '{"var": "staff"}'
BETA: Mapping[str, Json] = {"if": [{"var": "beta"}, "beta"]}
COLOURS = Flag(key=KEY, variants={"on": 1, "off": 0, "beta": 2}, default="off", targeting=BETA)


def boolean(key: FlagKey = KEY, **changes: Any) -> Flag:
    return replace(Flag(key=key, variants={"on": True, "off": False}, default="off"), **changes)


def flag_set(*flags: Flag) -> FlagSet:
    return FlagSet(flags={flag.key: flag for flag in flags}, metadata={"owner": "shop"})


def exposure(share: float, **changes: Any) -> Exposure:
    made = Exposure(
        rollout=RolloutId("r-1"), step=StepId("flag/refund"), flag=KEY, variant="on", share=share, salt="r-1"
    )
    return replace(made, **changes)


def switch(key: FlagKey = KEY, variant: str = "off") -> Switch:
    return Switch(flag=key, variant=variant, by="ada", reason="refunds twice", at=0.0)


def removal(key: FlagKey) -> Removal:
    return Removal(rollout=RolloutId("r-1"), step=StepId(f"flag-removal/{key}"), flag=key)


def asked(flags: FlagSet, context: Context, key: FlagKey = KEY) -> Evaluation:
    return Evaluator(flags).evaluate(key, context, 0.0)


def variants(flags: FlagSet, users: int, **facts: Any) -> list[str | None]:
    """The variant of each user, with what is known of all of them."""
    evaluator = Evaluator(flags)
    return [
        evaluator.evaluate(KEY, {"targetingKey": f"user-{user}", **facts}, 0.0).variant
        for user in range(users)
    ]


def exposed(base: FlagSet, *exposures: Exposure) -> FlagSet:
    return served(base, exposures, (), ())


# Exposure

SHARES = st.floats(0.0, 1.0)
USERS = st.text(min_size=1, max_size=20)


@given(user=USERS, shares=st.tuples(SHARES, SHARES), salt=st.text(max_size=10))
def test_whoever_is_in_at_a_share_is_in_at_every_larger_one(
    user: str, shares: tuple[float, float], salt: str
) -> None:
    small, large = (exposed(flag_set(boolean()), exposure(each, salt=salt)) for each in sorted(shares))
    if asked(small, {"targetingKey": user}).variant == "on":
        assert asked(large, {"targetingKey": user}).variant == "on"


@given(user=USERS, share=SHARES, facts=st.dictionaries(st.sampled_from("abc"), st.integers()))
def test_who_is_in_depends_on_the_flag_the_salt_and_the_user_alone(
    user: str, share: float, facts: Mapping[str, int]
) -> None:
    alone = exposed(flag_set(boolean()), exposure(share))
    changed = boolean(metadata={"since": "2026-01-01"})
    beside = exposed(
        flag_set(boolean(OTHER), changed), exposure(share, step=StepId("later"), rollout=RolloutId("r-2"))
    )
    assert (
        asked(alone, {"targetingKey": user}).variant == asked(beside, {"targetingKey": user, **facts}).variant
    )


@pytest.mark.parametrize("share", [0.001, 0.05, 0.25, 0.5, 0.99])
def test_of_many_users_the_share_is_exposed(share: float) -> None:
    users = 20_000
    found = variants(exposed(flag_set(boolean()), exposure(share)), users).count("on")
    deviation = (users * share * (1 - share)) ** 0.5
    assert abs(found - users * share) < 4 * deviation


@pytest.mark.parametrize(
    "other",
    [exposure(0.5, salt="r-2"), exposure(0.5, flag=OTHER)],
    ids=["another rollout", "another flag"],
)
def test_being_exposed_once_says_nothing_of_another_time(other: Exposure) -> None:
    users, base = 10_000, flag_set(boolean(), boolean(OTHER))
    first, second = Evaluator(exposed(base, exposure(0.5))), Evaluator(exposed(base, other))
    contexts = [{"targetingKey": f"user-{user}"} for user in range(users)]
    both = sum(
        first.evaluate(KEY, each, 0.0).variant == second.evaluate(other.flag, each, 0.0).variant == "on"
        for each in contexts
    )
    assert abs(both - users / 4) < 4 * (users * 3 / 16) ** 0.5


@pytest.mark.parametrize(
    ("exposures", "context", "variant"),
    [
        ([exposure(1.0)], {}, "on"),
        ([exposure(1.0)], {"beta": True}, "on"),
        ([exposure(0.999)], {}, "off"),
        ([exposure(0.999)], {"targetingKey": ""}, "off"),
        ([exposure(0.999)], {"beta": True}, "beta"),
        ([exposure(1.0, audience=STAFF)], {"staff": True}, "on"),
        ([exposure(1.0, audience=STAFF)], {"staff": True, "beta": True}, "on"),
        ([exposure(1.0, audience=STAFF)], {"beta": True}, "beta"),
        ([exposure(1.0, audience=STAFF)], {}, "off"),
        ([exposure(0.999, audience=STAFF)], {"staff": True}, "off"),
        ([exposure(0.999, audience=STAFF)], {"targetingKey": "ada"}, "off"),
        ([exposure(1.0, audience=STAFF), exposure(1e-9)], {"staff": True}, "on"),
        ([exposure(1e-9), exposure(1.0, audience=STAFF)], {"staff": True}, "on"),
        ([exposure(1.0), exposure(1.0, variant="beta")], {}, "beta"),
        ([exposure(1.0), exposure(1.0, variant="beta", audience=STAFF)], {}, "on"),
        ([exposure(0.0)], {"targetingKey": "ada"}, "off"),
        ([exposure(1.0, variant="gone")], {}, "off"),
        ([exposure(1.0, flag=OTHER)], {}, "off"),
    ],
)
def test_who_is_in_is_exposed_and_everyone_else_is_served_as_before(
    exposures: Sequence[Exposure], context: Context, variant: str
) -> None:
    assert asked(exposed(flag_set(COLOURS), *exposures), context).variant == variant


def test_the_smallest_share_is_still_of_somebody() -> None:
    assert exposed(flag_set(boolean()), exposure(1e-12)) == exposed(flag_set(boolean()), exposure(1e-5))


@given(user=USERS, share=SHARES, beta=st.booleans())
def test_who_is_not_in_is_served_what_is_defined(user: str, share: float, beta: bool) -> None:
    context: Context = {"targetingKey": user, "beta": beta}
    found = asked(exposed(flag_set(COLOURS), exposure(share)), context)
    assert found.variant in ("on", asked(flag_set(COLOURS), context).variant)


def test_a_flag_of_one_variant_without_default_leaves_the_others_to_their_code() -> None:
    lonely = Flag(key=KEY, variants={"on": True})
    found = set(variants(exposed(flag_set(lonely), exposure(0.5)), 100))
    assert found == {"on", None}


@given(
    user=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1),
    share=SHARES,
    staff=st.booleans(),
    audience=st.sampled_from(["", STAFF]),
)
def test_the_evaluator_of_flagd_understands_what_is_served(
    user: str, share: float, staff: bool, audience: str
) -> None:
    """Hashes differ between its generations, so only what hangs on none is compared."""
    flags = exposed(flag_set(COLOURS), exposure(share, audience=audience))
    reference = FlagdCore()
    reference.set_flags(dict(document(flags)))
    found = reference.resolve_integer_value(KEY, -1, EvaluationContext(user, {"staff": staff})).variant
    ours = asked(flags, {"targetingKey": user, "staff": staff}).variant
    if share in (0.0, 1.0) or (audience and not staff):
        assert found == ours
    assert {found, ours} <= {"on", "off"}


# Off


def off(base: FlagSet, *switches: Switch, removals: Iterable[Removal] = ()) -> FlagSet:
    return served(base, [exposure(1.0)], switches, removals)


@pytest.mark.parametrize(
    ("flag", "by", "variant"),
    [
        (boolean(default="on"), switch(), "off"),
        (boolean(enabled=False), switch(), "off"),
        (COLOURS, switch(variant="beta"), "beta"),
        (boolean(default="on"), switch(variant="renamed"), "off"),
        (boolean(default="on", metadata={"off": "nowhere"}), switch(variant="off"), "off"),
        (boolean(default="on", metadata={"off": "nowhere"}), switch(variant=""), None),
        (Flag(key=KEY, variants={"a": 1, "b": 2}), switch(variant=""), None),
    ],
)
def test_what_is_switched_off_is_off_for_everyone_whatever_is_exposed(
    flag: Flag, by: Switch, variant: str | None
) -> None:
    found = asked(off(flag_set(flag), by), {"targetingKey": "ada", "beta": True})
    assert (found.variant, found.metadata[WHY_OFF]) == (variant, "ada: refunds twice")
    assert found.reason in (Reason.STATIC, Reason.DEFAULT)


def test_what_requires_a_flag_that_is_off_is_off_as_well_and_says_why() -> None:
    flags = off(
        flag_set(
            boolean(OTHER, default="on"),
            boolean(metadata={"requires": "basket"}),
            boolean(THIRD, default="on", metadata={"requires": "other, refund"}),
            boolean(FlagKey("alone"), default="on"),
        ),
        switch(OTHER),
    )
    found = {key: (flag.default, flag.metadata.get(WHY_OFF)) for key, flag in flags.flags.items()}
    assert found == {
        "basket": ("off", "ada: refunds twice"),
        "refund": ("off", "requires basket (ada: refunds twice)"),
        "search": ("off", "requires refund (requires basket (ada: refunds twice))"),
        "alone": ("on", None),
    }


def test_flags_that_require_each_other_go_off_together() -> None:
    ring = flag_set(
        boolean(default="on", metadata={"requires": "basket"}),
        boolean(OTHER, default="on", metadata={"requires": "refund"}),
    )
    assert [flag.default for flag in off(ring, switch()).flags.values()] == ["off", "off"]


def test_a_removed_flag_is_not_served_and_what_requires_it_is_off() -> None:
    base = flag_set(boolean(), boolean(OTHER, metadata={"requires": "refund"}, default="on"))
    flags = off(base, switch(), removals=[removal(KEY)])
    assert list(flags.flags) == [OTHER]
    assert flags.flags[OTHER].default == "off"
    assert flags.flags[OTHER].metadata[WHY_OFF] == "requires refund (removed)"


def test_without_anything_to_add_what_is_defined_is_served() -> None:
    base = flag_set(COLOURS, boolean(OTHER))
    assert served(base, (), [switch(THIRD)], [removal(THIRD)]) == base
