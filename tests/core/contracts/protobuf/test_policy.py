"""What a `buf.yaml` of any version counts as breaking, and what in it is not followed."""

import pytest

from tidegate.core.contracts.protobuf.policy import policy_of
from tidegate.core.contracts.protobuf.rules import RULES, Category
from tidegate.core.contracts.specification import Value

UNKNOWN_FIELD = (
    "buf.yaml: unknown field 'ignroe' in `breaking` "
    "(known here: disable_builtin, except, ignore, ignore_only, ignore_unstable_packages, use)"
)


def of(category: Category) -> set[str]:
    return {rule.id for rule in RULES.values() if category in rule.categories}


@pytest.mark.parametrize(
    ("document", "counted"),
    [
        (None, of(Category.WIRE_JSON)),
        ({"version": "v2"}, of(Category.WIRE_JSON)),
        ({"version": "v2", "modules": "none", "breaking": 7}, of(Category.FILE)),
        (
            {"version": "v2", "breaking": {"except": ["FILE_NO_DELETE"]}},
            of(Category.FILE) - {"FILE_NO_DELETE"},
        ),
        ({"version": "v2", "breaking": {"use": ["WIRE"]}}, of(Category.WIRE)),
        ({"version": "v2", "breaking": {"use": ["RPC_NO_DELETE", 7]}}, {"RPC_NO_DELETE"}),
        ({"version": "v2", "breaking": {"use": ["WIRE"], "disable_builtin": True}}, set()),
        ({"version": "v1", "breaking": {"use": ["WIRE"]}}, of(Category.WIRE) - {"FIELD_SAME_DEFAULT"}),
        ({"version": "v1", "breaking": {"use": ["FIELD_SAME_CTYPE"]}}, {"FIELD_SAME_CPP_STRING_TYPE"}),
        ({"version": "v1", "breaking": {"use": ["FILE_SAME_PHP_GENERIC_SERVICES"]}}, set()),
    ],
)
def test_what_counts(document: Value, counted: set[str]) -> None:
    assert policy_of(document).counted == counted


def test_a_category_overrides_what_is_used_and_nothing_else() -> None:
    document: Value = {
        "version": "v2",
        "breaking": {"use": ["FILE"], "except": ["FIELD_SAME_ONEOF"], "ignore": ["a"]},
    }
    policy = policy_of(document, Category.WIRE)
    assert policy.counted == of(Category.WIRE) - {"FIELD_SAME_ONEOF"}
    assert policy.excepted == {"FIELD_SAME_ONEOF"}
    assert policy.ignored == ("a",)


def test_modules_and_ignored_paths_are_seen_from_the_folder() -> None:
    ignored: dict[str, Value] = {
        "ignore": ["a/c"],
        "ignore_only": {"FIELD_SAME_LABEL": ["a"], "RPC_NO_DELETE": ["./b"]},
        "ignore_unstable_packages": True,
    }
    old = policy_of({"version": "v1beta1", "build": {"roots": ["x", "y/"]}, "breaking": ignored})
    assert (old.roots, old.ignored) == (("x", "y"), ("x/a/c", "y/a/c"))
    assert old.ignored_only["FIELD_SAME_CARDINALITY"] == ("x/a", "y/a")
    new = policy_of({"version": "v2", "modules": [{"path": "x"}, {"path": "x"}, 7], "breaking": ignored})
    assert (new.roots, new.ignored, new.ignores_unstable) == (("x",), ("a/c",), True)
    assert new.ignored_only["RPC_NO_DELETE"] == ("b",)
    assert policy_of(None).roots == (".",)


@pytest.mark.parametrize(
    ("document", "doubt"),
    [
        (7, "buf.yaml: `version` is 'none' (known are v1beta1, v1, v2)"),
        ({"breaking": {"use": ["WIRE"]}}, "buf.yaml: `version` is 'none' (known are v1beta1, v1, v2)"),
        ({"version": "v3"}, "buf.yaml: `version` is 'v3' (known are v1beta1, v1, v2)"),
        (
            {"version": "v2", "breaking": {"ignroe": ["a"]}},
            UNKNOWN_FIELD,
        ),
        (
            {"version": "v2", "breaking": {"use": ["WIRE", "ENUM_SUFFIXES"]}},
            "buf.yaml: the rule 'ENUM_SUFFIXES' is not one of buf's (rules of plugins are not run)",
        ),
        (
            {"version": "v2", "policies": [{"policy": "p.yaml"}]},
            "buf.yaml: `policies` are not applied (name their rules under `breaking`)",
        ),
        (
            {"version": "v2", "modules": [{"path": "x", "breaking": {"use": ["WIRE"]}}]},
            "buf.yaml: `breaking` of a single module is not applied (write it for all modules)",
        ),
    ],
)
def test_what_is_not_followed_is_a_doubt(document: Value, doubt: str) -> None:
    assert [str(found) for found in policy_of(document).doubts] == [doubt]


def test_a_plain_configuration_leaves_no_doubt() -> None:
    document: Value = {"version": "v1", "breaking": {"use": ["FIELD_SAME_LABEL", "CSR"]}}
    assert policy_of({"version": "v1", "breaking": {"use": ["FIELD_SAME_LABEL"]}}).doubts == ()
    assert len(policy_of(document).doubts) == 1
    assert policy_of(None).doubts == ()
