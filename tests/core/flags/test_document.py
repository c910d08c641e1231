"""A set of flags as flagd's document, whole; and that the reader makes the same set of it."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.flags.document import document
from tidegate.core.ids import FlagKey
from tidegate.sources.flags import read_flags


def test_a_document() -> None:
    rule: dict[str, Any] = {"if": [{"var": "vip"}, "on"]}
    full = Flag(
        key=FlagKey("b"),
        variants={"on": True, "off": False},
        default="off",
        targeting=rule,
        metadata={"owner": "x"},
    )
    bare = Flag(key=FlagKey("a"), variants={"v": 1}, enabled=False)
    found = document(FlagSet(flags={full.key: full, bare.key: bare}, metadata={"version": 2}))
    assert list(found["flags"]) == ["a", "b"]
    assert found == {
        "flags": {
            "a": {"state": "DISABLED", "variants": {"v": 1}},
            "b": {
                "state": "ENABLED",
                "variants": {"on": True, "off": False},
                "defaultVariant": "off",
                "targeting": {"if": [{"var": "vip"}, "on"]},
                "metadata": {"owner": "x"},
            },
        },
        "metadata": {"version": 2},
    }
    assert document(FlagSet()) == {"flags": {}}


LETTERS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=6)
NUMBERS = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))
OBJECTS = st.dictionaries(LETTERS, st.one_of(LETTERS, NUMBERS, st.booleans(), st.lists(LETTERS)), max_size=3)
METADATA = st.dictionaries(LETTERS, st.one_of(LETTERS, NUMBERS, st.booleans()), max_size=3)


@st.composite
def flags(draw: st.DrawFn) -> Flag:
    values = draw(st.sampled_from([st.booleans(), LETTERS, NUMBERS, OBJECTS]))
    variants: dict[str, Any] = draw(st.dictionaries(LETTERS, values, min_size=1, max_size=3))
    chosen = st.sampled_from(sorted(variants))
    rules: st.SearchStrategy[Any] = st.one_of(
        st.just({}),
        chosen.map(lambda name: {"if": [{"var": "x"}, name, {"fractional": [[name, 3], [name]]}]}),
    )
    return Flag(
        key=FlagKey(draw(LETTERS)),
        variants=variants,
        default=draw(st.none() | chosen),
        targeting=draw(rules),
        enabled=draw(st.booleans()),
        metadata=draw(METADATA),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(flags(), max_size=4), METADATA)
def test_what_is_written_is_read_again(given_flags: list[Flag], metadata: dict[str, Any]) -> None:
    flag_set = FlagSet(flags={flag.key: flag for flag in given_flags}, metadata=metadata)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "flags.json"
        path.write_text(json.dumps(document(flag_set), ensure_ascii=False), encoding="utf-8")
        assert read_flags([path]) == flag_set
