"""Definitions as they are sent: read in full, or refused with what is wrong."""

import pytest

from tidegate.core.errors import Refused
from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.ids import FlagKey
from tidegate.openfeature.definitions import flag_set

FULL = """{
  "flags": {
    "a": {"state": "DISABLED", "variants": {"x": 1, "y": null}, "defaultVariant": "x",
          "targeting": {"if": [true, "y"]}, "metadata": {"owner": "shop"}},
    "b": {"variants": {"x": {"deep": [1]}}, "defaultVariant": null}
  },
  "metadata": {"flagSetId": "shop"}
}"""


def test_everything_is_read() -> None:
    a, b = FlagKey("a"), FlagKey("b")
    assert flag_set(FULL) == FlagSet(
        flags={
            a: Flag(
                key=a,
                variants={"x": 1, "y": None},
                default="x",
                targeting={"if": [True, "y"]},
                enabled=False,
                metadata={"owner": "shop"},
            ),
            b: Flag(key=b, variants={"x": {"deep": [1]}}),
        },
        metadata={"flagSetId": "shop"},
    )


@pytest.mark.parametrize(
    ("definitions", "told"),
    [
        ("", "the document is not JSON"),
        ("[" * 100_000, "the document is not JSON"),
        ("[]", "the document is not an object"),
        ('{"flags": []}', "flags is not an object"),
        ('{"metadata": 1}', "metadata is not an object"),
        ('{"flags": {"a": 1}}', "flag 'a' is not an object"),
        ('{"flags": {"a": {}}}', "variants of flag 'a' is not an object"),
        ('{"flags": {"a": {"variants": {}, "targeting": 1}}}', "targeting of flag 'a' is not an object"),
        ('{"flags": {"a": {"variants": {}, "metadata": 1}}}', "metadata of flag 'a' is not an object"),
        (
            '{"flags": {"a": {"variants": {}, "defaultVariant": 1}}}',
            "defaultVariant of flag 'a' is not the name",
        ),
    ],
)
def test_what_is_no_document_of_flags_is_refused(definitions: str, told: str) -> None:
    with pytest.raises(Refused, match=told):
        flag_set(definitions)
