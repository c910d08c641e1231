"""What the OpenFeature API answers of a set: values of the type that was asked for, or the default with the reason."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagEvaluationDetails

from tidegate.core.errors import Refused
from tidegate.openfeature import FileProvider

DEFINITIONS = {
    "flags": {
        "boolean": {
            "state": "ENABLED",
            "variants": {"yes": True, "no": False},
            "defaultVariant": "no",
            "targeting": {"if": [{"==": [{"var": "targetingKey"}, "ada"]}, "yes"]},
            "metadata": {"owner": "group:shop"},
        },
        "since": {
            "state": "ENABLED",
            "variants": {"old": "old", "new": "new"},
            "defaultVariant": "old",
            "targeting": {"if": [{"==": [{"var": "joined"}, "2026-01-02T00:00:00+00:00"]}, "new"]},
        },
        "text": {"state": "ENABLED", "variants": {"a": "A"}, "defaultVariant": "a"},
        "whole": {"state": "ENABLED", "variants": {"a": 7}, "defaultVariant": "a"},
        "number": {"state": "ENABLED", "variants": {"a": 7.5}, "defaultVariant": "a"},
        "object": {"state": "ENABLED", "variants": {"a": {"deep": [1]}}, "defaultVariant": "a"},
        "unset": {"state": "ENABLED", "variants": {"a": True}},
    },
}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[OpenFeatureClient]:
    path = tmp_path / "flags.json"
    path.write_text(json.dumps(DEFINITIONS))
    api.set_provider_and_wait(FileProvider([path]), "evaluating")
    yield api.get_client("evaluating")
    api.clear_providers()


def told(found: FlagEvaluationDetails[Any]) -> tuple[Any, str | None, str]:
    return found.value, found.variant, str(found.reason)


ADA = EvaluationContext("ada")


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (("boolean", "boolean", True, None), (False, "no", "DEFAULT")),
        (("boolean", "boolean", False, ADA), (True, "yes", "TARGETING_MATCH")),
        (("boolean", "unset", True, None), (True, None, "DEFAULT")),
        (("string", "text", "", None), ("A", "a", "STATIC")),
        (("integer", "whole", 0, None), (7, "a", "STATIC")),
        (("float", "number", 0.0, None), (7.5, "a", "STATIC")),
        (("object", "object", {}, None), ({"deep": [1]}, "a", "STATIC")),
    ],
)
def test_a_flag_is_resolved(
    client: OpenFeatureClient,
    question: tuple[str, str, Any, EvaluationContext | None],
    found: object,
) -> None:
    kind, *asked = question
    assert told(getattr(client, f"get_{kind}_details")(*asked)) == found


@pytest.mark.parametrize(
    ("kind", "key", "default", "code"),
    [
        ("boolean", "text", True, ErrorCode.TYPE_MISMATCH),
        ("integer", "boolean", 3, ErrorCode.TYPE_MISMATCH),
        ("integer", "number", 3, ErrorCode.TYPE_MISMATCH),
        ("string", "nobody-knows", "mine", ErrorCode.FLAG_NOT_FOUND),
    ],
)
def test_where_there_is_no_value_the_default_is_given_with_the_reason(
    client: OpenFeatureClient, kind: str, key: str, default: Any, code: ErrorCode
) -> None:
    found = getattr(client, f"get_{kind}_details")(key, default)
    assert (*told(found), found.error_code) == (default, None, "ERROR", code)
    assert found.error_message


def test_facts_about_a_flag_come_with_it(client: OpenFeatureClient) -> None:
    assert client.get_boolean_details("boolean", False).flag_metadata == {"owner": "group:shop"}


def test_a_moment_is_compared_as_text(client: OpenFeatureClient) -> None:
    joined = EvaluationContext("ada", {"joined": datetime(2026, 1, 2, tzinfo=UTC)})
    assert client.get_string_value("since", "", joined) == "new"


def test_whoever_asks_asynchronously_has_the_same_answer(client: OpenFeatureClient) -> None:
    assert asyncio.run(client.get_boolean_value_async("boolean", False, ADA)) is True


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "flags.json"
    path.write_text("{")
    with pytest.raises(Refused, match=r"flags\.json:1"):
        api.set_provider_and_wait(FileProvider([path]), "refused")
    api.clear_providers()
