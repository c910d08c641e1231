"""What the logs of others say is counted exactly, and what is not evidence is left out."""

import json
from pathlib import Path

import pytest
from tests.core.worlds import catalog_of, change_of, release_of, service_of

from tidegate.demo.evidence import Evidence

CALLS = [
    {"time": "2026-01-01T00:00:01.500Z", "caller": "-", "cluster": "a@1.0.0", "code": 200},
    {"time": "2026-01-01T00:00:02.000Z", "caller": "a@1.0.0", "cluster": "b@2.0.0", "code": 503},
    {"time": "2026-01-01T00:00:04.000Z", "caller": "a@2.0.0", "cluster": "b@1.0.0", "code": 200},
    {"time": "2026-01-01T00:00:05.000Z", "caller": "a@1.0.0", "cluster": "b@2.0.0", "code": 200},
]
REQUESTS = [
    {"status": 200, "error": ""},
    {"status": 502, "error": "b@1.0.0: failed"},
    {"status": 0, "error": "no answer: TimeoutError"},
    {"status": 0, "error": "not sent: 48 requests are open"},
]


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    for name, lines in (("access.jsonl", CALLS), ("load.jsonl", REQUESTS)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / name).write_text(text + '{"half a li')
    return Evidence(logs=tmp_path)


def test_user_requests_that_failed_are_those_that_were_sent(evidence: Evidence) -> None:
    assert [request["status"] for request in evidence.failed_user_requests()] == [502, 0]


def test_when_a_version_served_and_failed(evidence: Evidence) -> None:
    first, last = evidence.first_and_last("b@2.0.0") or (0.0, 0.0)
    assert last - first == 3.0
    assert evidence.first_failure("b@2.0.0") == first
    assert evidence.first_failure("a@1.0.0") is None
    assert evidence.first_and_last("c@1.0.0") is None


def test_incompatible_pairs_that_met_are_counted(evidence: Evidence) -> None:
    """a 2.0.0 needs what only b 2.0.0 offers, and was served by b 1.0.0 once."""
    catalog = catalog_of(service_of("a", needs={"b": "^1.0.0"}), service_of("b"))
    change = change_of(release_of("a", needs={"b": "^2.0.0"}), release_of("b", offers=["1.0.0", "2.0.0"]))
    assert evidence.incompatible(catalog, change) == {("a@2.0.0", "b@1.0.0"): 1}


def test_no_logs_are_no_calls(tmp_path: Path) -> None:
    assert not list(Evidence(logs=tmp_path).calls())
