"""Agreement with cases of the Pact specification, on a corpus of two made-up cases a version."""

import json
from pathlib import Path
from typing import Any

import pytest
from bench.contracts.pact import FOLDERS, main

UNREAD = "/expected/matchingRules/magic is not a group of matching rules"


def write(folder: Path, name: str, *, match: bool, expected: Any, actual: Any) -> None:
    file = folder / "testcases" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"match": match, "comment": "", "expected": expected, "actual": actual}))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which every version has two cases that we agree with."""
    for version in FOLDERS:
        folder = tmp_path / "pact-spec" / version
        write(folder, "request/path/same.json", match=True, expected={"path": "/a"}, actual={"path": "/a"})
        write(
            folder,
            "response/status/other.json",
            match=False,
            expected={"status": 200},
            actual={"status": 500},
        )
    monkeypatch.setattr("sys.argv", ["pact", "--data", str(tmp_path)])
    return tmp_path / "pact-spec"


def test_agreement_is_told_for_each_version(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert data.exists()
    assert main() == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{version:5} 2 of 2 cases agree" for version in ("v1", "v1.1", "v2", "v3", "v4")
    ]


def test_a_disagreement_and_an_unread_case_are_told(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    magic = {"contents": {"content": 1}, "matchingRules": {"magic": {}}}
    write(
        data / "v4",
        "message/body/magic.json",
        match=True,
        expected=magic,
        actual={"contents": {"content": 1}},
    )
    write(data / "v3", "request/path/wrong.json", match=True, expected={"path": "/a"}, actual={"path": "/b"})
    assert main() == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        'v3/testcases/request/path/wrong.json: match is True; path $ is "/b", not "/a" (no reason known)',
        f"v4/testcases/message/body/magic.json: match is True; {UNREAD} (no reason known)",
    ]


def test_a_version_without_cases_is_no_agreement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["pact", "--data", str(tmp_path)])
    assert main() == 1
