"""Recorded canaries ranked: on made-up cases, beside the floors, by what is written and what is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from bench.attribution.__main__ import main as command
from bench.attribution.changerca import at_random, scored
from bench.attribution.floors import differing, latest
from bench.attribution.recorded import edges_of, intervals_of, releases_of
from bench.gates.canaries import read_case
from tests.bench.test_changerca import START, Change, healthy, of_cart_canary, pod_named, write_case

from tidegate.core.attribution.edges.observed import Edge
from tidegate.core.ids import ServiceName

LABELS = "case,fault_kind,defective_service\nx_1,errors,cart\n"


def detected(folder: Path, at: float | None = START + 120.0) -> Path:
    """The same case, with when its failure was noticed."""
    path = folder / "case.json"
    document = json.loads(path.read_text())
    document.pop("detected_at")
    path.write_text(json.dumps(document if at is None else {**document, "detected_at": at}))
    return folder


def written(tmp_path: Path, change: Change = healthy) -> Path:
    return detected(write_case(tmp_path / "data" / "x_1", change))


def ranked(tmp_path: Path) -> dict[str, object]:
    out = tmp_path / "out.json"
    assert command(["changerca", str(tmp_path / "data"), "--json", str(out)]) == 0
    (case,) = json.loads(out.read_text())["cases"]
    return dict(case)


# --- the command


def test_the_guilty_release_is_first_and_blamed_without_any_label(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, of_cart_canary({"success": 30}))
    said = ranked(tmp_path)
    assert said["case"] == "x_1"
    assert said["ranking"] == ["cart", "ads", "mail"]
    assert (said["answer"], said["culprits"]) == ("one", ["cart"])
    assert capsys.readouterr().out == "x_1: one; cart, ads, mail\n"


def test_a_pod_without_a_row_is_a_sign(tmp_path: Path) -> None:
    written(tmp_path, of_cart_canary(None))
    assert ranked(tmp_path)["ranking"] == ["cart", "ads", "mail"]


def test_labels_are_for_scores_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, of_cart_canary({"success": 30}))
    without = ranked(tmp_path)
    (tmp_path / "data" / "labels.csv").write_text(LABELS.replace("cart", "mail"))
    capsys.readouterr()
    assert ranked(tmp_path) == without
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["tidegate,", "all", "that", "is", "recorded", "1", "0", "0.0%", "1", "3.00"]
    assert [line.split("  ")[0] for line in lines[-4:-1]] == [
        "latest change",
        "per-pod canary difference",
        "random, expected",
    ]
    assert lines[-1] == "answers: one 1; blamed 1, wrongly 1 x_1"


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (lambda folder: (folder / "edges.csv").unlink(), "edges.csv"),
        (lambda folder: detected(folder, float("nan")), "not a rollout plan"),
        (lambda folder: (folder / "case.json").write_text("{"), "not JSON"),
    ],
)
def test_a_bad_folder_is_refused_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spoilt: Callable[[Path], object], said: str
) -> None:
    spoilt(written(tmp_path))
    assert command(["changerca", str(tmp_path / "data")]) == 2
    assert said in capsys.readouterr().err


def test_what_cannot_be_written_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path)
    assert command(["changerca", str(tmp_path / "data"), "--json", str(tmp_path / "no" / "out")]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_an_unknown_command_is_told_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["changercb"]) == 2
    assert "changerca" in capsys.readouterr().err


# --- reading


def test_a_case_is_read_as_attribution_wants_it(tmp_path: Path) -> None:
    case = read_case(written(tmp_path))
    assert [release.service for release in releases_of(case)] == ["ads", "cart", "mail"]
    assert all((each.began, each.reached) == (START - 60, START) for each in releases_of(case))
    front, ads, cart = map(ServiceName, ("front", "ads", "cart"))
    assert {Edge(front, cart), Edge(cart, ads)} < edges_of(case)
    rows = intervals_of(case)
    assert [str(rows[0].instances[pod_named("cart", name)].version) for name in "ab"] == ["cart@old"] * 2
    assert not rows[5].instances[pod_named("cart", "n")].warm
    assert rows[7].instances[pod_named("cart", "n")].warm
    assert len(intervals_of(case, until=START)) == 5


def test_a_name_that_outlives_its_pod_is_one_more_record_of_its_successor(tmp_path: Path) -> None:
    case = read_case(written(tmp_path))
    new, old = pod_named("cart", "n"), pod_named("cart", "a")
    minute = case.minutes[8]
    seen = minute.pods[new]
    ghost = type(seen)(latency=seen.latency, cpu=seen.cpu, memory=seen.memory, incoming={"front": 40.0})
    row = replace(minute, pods={**minute.pods, old: ghost})
    case = replace(case, minutes=(*case.minutes[:8], row, *case.minutes[9:]))
    assert old not in intervals_of(case)[8].instances
    assert intervals_of(case)[8].instances[new].answers == {"front": 0.4}
    ghost.incoming["front"] = 100.0
    seen.incoming["front"] = 70.0
    assert intervals_of(case)[8].instances[new].answers == {"front": 0.7}


def test_a_case_that_does_not_say_when_it_was_detected_is_ranked_too(tmp_path: Path) -> None:
    detected(written(tmp_path, of_cart_canary({"success": 30})), None)
    assert ranked(tmp_path)["ranking"] == ["cart", "ads", "mail"]


# --- floors and scores


def test_floors_guess_by_one_thing_each(tmp_path: Path) -> None:
    case = read_case(written(tmp_path, of_cart_canary({"success": 30})))
    assert latest(case) == ["ads", "cart", "mail"]
    assert differing(case) == ["cart", "ads", "mail"]


def test_scores_count_what_is_labelled_and_in_progress() -> None:
    rankings = {"a": ["x", "y"], "b": ["x", "y", "z", "w"], "c": ["x"]}
    labels = {"a": "x", "b": "w", "c": "gone"}
    score = scored("ours", rankings, labels)
    assert (score.cases, score.first, score.within_three, score.mean_rank) == (2, 1, 1, 2.5)
    chance = at_random(rankings, labels)
    assert (chance.cases, chance.first, chance.within_three, chance.mean_rank) == (2, 0.75, 1.75, 2.0)
