"""Recorded canaries: verdicts minute by minute on a made-up case, scores beside the peers', bad input by its line."""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from bench.gates.__main__ import main as command
from bench.gates.canaries import Case, arms, read_case, read_cases
from bench.gates.changerca import left_out, main
from bench.gates.levels import Judgement, Settings, judged
from bench.gates.peers import PEERS, failed_at

from tidegate.core.errors import Refused
from tidegate.core.gates.verdict import Outcome

START = 1_700_000_000
"""When the canary pods are ready; steps began a minute earlier."""
MINUTES = 18
HEADER = "timestamp,pod,caller,callee,success_rate_pct,latency_ms,cpu_pct,memory_pct"
SERVICES = ("ads", "cart", "mail")
OLD = ("a", "b", "c", "d")

Row = Mapping[str, float | str]
Change = Callable[[str, int], Row | None]
"""What is different about a pod in a minute; None leaves its row out."""


def healthy(pod: str, minute: int) -> Row:  # noqa: ARG001 - nothing is different
    return {}


def pod_named(service: str, name: str) -> str:
    return f"{service}-v{1 if name in OLD else 2}-x-{name}"


def write_case(folder: Path, change: Change = healthy, minutes: int = MINUTES) -> Path:
    """Three services behind `front`, of which cart calls ads; the canary `n` replaces the first of four old pods."""
    folder.mkdir(parents=True)
    before = [pod_named(service, name) for service in SERVICES for name in OLD]
    plan = {service: planned(service) for service in SERVICES}
    (folder / "case.json").write_text(json.dumps({"pods_before": before, "plan": plan, "detected_at": 0}))
    edges = [f"front,{service},1" for service in SERVICES]
    (folder / "edges.csv").write_text("\n".join(["Source,Target,Weight", *edges, "cart,ads,1"]) + "\n")
    rows = [HEADER, *rows_of(change, minutes)]
    (folder / "metrics.csv.gz").write_bytes(gzip.compress(("\n".join(rows) + "\n").encode()))
    return folder


def planned(service: str) -> dict[str, Any]:
    first = {
        "release_pod": [pod_named(service, "n")],
        "delete_pod": [pod_named(service, "a")],
        "release_complete_timestamp": START,
    }
    later = {"release_pod": [], "delete_pod": [], "release_complete_timestamp": START + 9999}
    return {"process": {str(START - 60): first, str(START + 5000): later}}


def rows_of(change: Change, minutes: int) -> Iterable[str]:
    for minute in range(-5, minutes):
        for pod in (pod_named(service, name) for service in SERVICES for name in (*OLD, "n")):
            if (pod.endswith("a") and minute >= 0) or (pod.endswith("n") and minute < 0):
                continue
            different = change(pod, minute)
            if different is not None:
                yield from rows_of_pod(pod, minute, different)


def rows_of_pod(pod: str, minute: int, different: Row) -> Iterable[str]:
    service, number = pod.partition("-")[0], OLD.index(pod[-1]) if pod[-1] in OLD else 1
    shown = {
        "success": 100,
        "outgoing": 100,
        "latency": 5 + number,
        "cpu": 20 + number,
        "memory": 3 * 9**number,
    }
    shown |= different
    of_pod = ",".join(str(shown[name]) for name in ("latency", "cpu", "memory"))
    at = START + 60 * minute + number % 2
    yield f"{at},{pod},front,{service},{shown['success']},{of_pod}"
    if service == "cart":
        yield f"{at},{pod},cart,ads,{shown['outgoing']},{of_pod}"


def of_cart_canary(different: Row | None) -> Change:
    return lambda pod, _: different if pod == "cart-v2-x-n" else {}


def verdicts(case: Case, settings: Settings | None = None) -> dict[str, Outcome]:
    return {service: said.verdict for service, said in judged(case, settings or Settings()).items()}


def of_cart(folder: Path, change: Change, minutes: int = MINUTES) -> Judgement:
    return judged(read_case(write_case(folder, change, minutes)), Settings())["cart"]


# --- verdicts


@pytest.mark.parametrize(
    ("different", "check"),
    [
        ({"success": 30}, "errors"),
        ({"outgoing": 30}, "outgoing"),
        ({"latency": 80}, "latency"),
        ({"cpu": 60}, "cpu"),
        ({"success": "NaN", "latency": 0}, "serving"),
        (None, "serving"),
    ],
)
def test_a_bad_canary_fails_alone_after_six_comparisons(
    tmp_path: Path, different: Row | None, check: str
) -> None:
    case = read_case(write_case(tmp_path / "x_1", of_cart_canary(different)))
    said = judged(case, Settings())
    failed = {service for service, judgement in said.items() if judgement.verdict is Outcome.FAIL}
    assert failed == {"cart"}
    assert said["mail"].verdict is Outcome.PASS
    assert said["cart"].reason.endswith(f": {check}")
    assert said["cart"].at == START + 361


def test_a_canary_whose_cpu_grows_fails_by_its_trend_before_its_level_is_high(tmp_path: Path) -> None:
    def growing(pod: str, minute: int) -> Row:
        return {"cpu": 5 * minute if pod == "cart-v2-x-n" else 90}

    said = of_cart(tmp_path / "x_1", growing, minutes=24)
    assert said.verdict is Outcome.FAIL
    assert said.reason.endswith(": cpu trend")


def test_what_comes_later_changes_no_verdict_that_was_reached(tmp_path: Path) -> None:
    def recovering(pod: str, minute: int) -> Row:
        return {"success": 30} if pod == "cart-v2-x-n" and minute <= 6 else {}

    long = of_cart(tmp_path / "long" / "x_1", recovering)
    assert long == of_cart(tmp_path / "short" / "x_1", recovering, minutes=7)
    assert of_cart(tmp_path / "shorter" / "x_1", recovering, minutes=6).verdict is Outcome.INSUFFICIENT


@pytest.mark.parametrize("silent", [("n",), ("b", "c", "d", "n")])
def test_a_canary_without_telemetry_never_passes(tmp_path: Path, silent: tuple[str, ...]) -> None:
    def lost(pod: str, minute: int) -> Row | None:
        return None if pod.startswith("cart") and pod[-1] in silent and minute >= 0 else {}

    said = of_cart(tmp_path / "x_1", lost)
    assert said.verdict is (Outcome.FAIL if silent == ("n",) else Outcome.INSUFFICIENT)


def test_too_few_comparisons_are_insufficient_and_say_which(tmp_path: Path) -> None:
    assert of_cart(tmp_path / "x_1", healthy, minutes=3) == Judgement(
        verdict=Outcome.INSUFFICIENT,
        at=START + 121,
        reason="; ".join(
            f"{check} not proven safe in 2 comparisons"
            for check in ("serving", "errors", "outgoing", "latency", "cpu")
        ),
    )


def test_harm_that_all_versions_share_holds_every_release_on_the_journey_and_fails_none(
    tmp_path: Path,
) -> None:
    def broken(pod: str, minute: int) -> Row:
        return {"success": 20} if pod.startswith("cart") and minute >= 0 else {}

    said = judged(read_case(write_case(tmp_path / "x_1", broken)), Settings())
    assert said["cart"].verdict is Outcome.INSUFFICIENT
    assert said["cart"].reason == "the journey front -> cart is broken, by which release is not known"
    assert said["ads"] == said["cart"]
    assert said["mail"].verdict is Outcome.PASS


def test_rows_that_bear_the_name_of_a_deleted_pod_are_no_control(tmp_path: Path) -> None:
    """The record repeats the canary's values under the name of the pod that it replaced."""
    folder = write_case(tmp_path / "x_1", of_cart_canary({"success": 30}))
    rows = gzip.decompress((folder / "metrics.csv.gz").read_bytes()).decode()
    copies = [line.replace("v2-x-n", "v1-x-a") for line in rows.splitlines() if ",cart-v2-x-n," in line]
    (folder / "metrics.csv.gz").write_bytes(gzip.compress((rows + "\n".join(copies) + "\n").encode()))
    assert verdicts(read_case(folder))["cart"] is Outcome.FAIL


def test_a_pod_does_not_count_before_it_is_warm(tmp_path: Path) -> None:
    case = read_case(write_case(tmp_path / "x_1", minutes=3))
    release, minutes = case.releases[1], {minute.at - START: minute for minute in case.minutes}
    assert [sorted(arm) for arm in arms(case, release, minutes[1], warm_up=60.0)] == [
        [],
        ["cart-v1-x-b", "cart-v1-x-c", "cart-v1-x-d"],
    ]
    assert list(arms(case, release, minutes[61], warm_up=60.0)[0]) == ["cart-v2-x-n"]
    assert "cart-v1-x-a" in arms(case, release, minutes[-59])[1]


# --- peers


def test_peers_roll_back_a_canary_with_errors_each_in_its_time(tmp_path: Path) -> None:
    case = read_case(write_case(tmp_path / "x_1", of_cart_canary({"success": 30})))
    ads, cart, _ = case.releases
    assert [failed_at(peer, case, ads) for peer in PEERS] == [None] * len(PEERS)
    after = {peer.name: failed_at(peer, case, cart) for peer in PEERS}
    assert {name: at and round((at - START) / 60) for name, at in after.items()} == {
        "Argo Rollouts, default": 0,
        "Argo Rollouts, documented": None,
        "Argo Rollouts, tuned": 3,
        "Flagger, default": 1,
        "Flagger, samples": 5,
        "Flagger, documented": 10,
        "Kayenta, once (75/50)": 9,
        "Kayenta, every 5 min (95/75)": 4,
    }


# --- the command


def two_days(folder: Path) -> Path:
    for name in ("2023-09-01_2", "2023-09-01_10", "2023-09-02_1"):
        write_case(folder / name, of_cart_canary({"success": 30}))
    labels = [f"{name},errors,cart" for name in ("2023-09-01_2", "2023-09-01_10", "2023-09-02_1")]
    (folder / "labels.csv").write_text("\n".join(["case,fault_kind,defective_service", *labels]) + "\n")
    return folder


SCORES = """\
                                   defective                 benign           minutes
                              failed    held  passed  failed    held  passed  to fail
tidegate                           3       0       0       0       3       3      7.0
Argo Rollouts, default             3       0       0       0       0       6      1.0
Argo Rollouts, documented          0       0       3       0       0       6        -
Argo Rollouts, tuned               3       0       0       0       0       6      4.0
Flagger, default                   3       0       0       0       0       6      2.0
Flagger, samples                   3       0       0       0       0       6      6.0
Flagger, documented                3       0       0       0       0       6     11.0
Kayenta, once (75/50)              3       0       0       0       0       6     10.0
Kayenta, every 5 min (95/75)       3       0       0       0       0       6      5.0
"""


def test_the_command_scores_ours_and_the_peers_verdicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.json"
    assert main([str(two_days(tmp_path / "data")), "--json", str(out)]) == 0
    assert capsys.readouterr().out == SCORES
    document = json.loads(out.read_text())
    assert [case["case"] for case in document["cases"]] == ["2023-09-01_2", "2023-09-01_10", "2023-09-02_1"]
    assert document["cases"][0]["verdicts"]["cart"] == {
        "verdict": "fail",
        "at": START + 361,
        "reason": "worse than the pods of the old version beside it: errors",
    }


def test_without_labels_there_are_verdicts_and_no_scores(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_case(tmp_path / "x_1", of_cart_canary(None))
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "x_1 ads: pass, every check is proven safe",
        "x_1 cart: fail, worse than the pods of the old version beside it: serving",
        "x_1 mail: pass, every check is proven safe",
    ]
    assert main([str(tmp_path), "-o", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["scores"] == []
    assert printed["cases"][0]["verdicts"]["cart"]["verdict"] == "fail"


def test_settings_are_chosen_by_the_days_that_they_are_not_reported_on(tmp_path: Path) -> None:
    """On day 1 the canary is 30 % slower and found by a low ratio; on day 2 it is a benign one that is."""

    def slow(service: str) -> Change:
        return lambda pod, _: {"latency": 130 if pod == f"{service}-v2-x-n" else 90}

    write_case(tmp_path / "2023-09-01_1", slow("cart"))
    write_case(tmp_path / "2023-09-02_1", slow("ads"))
    labels = {"2023-09-01_1": "cart", "2023-09-02_1": "cart"}
    scores = left_out(read_cases(tmp_path), labels, [Settings(latency_times=1.25)])
    assert [
        (score.judge.split(":")[0], score.bad[Outcome.FAIL], score.benign[Outcome.FAIL]) for score in scores
    ] == [
        ("2023-09-01 by the other days", 0, 0),
        ("2023-09-01 fixed", 0, 0),
        ("2023-09-02 by the other days", 0, 1),
        ("2023-09-02 fixed", 0, 0),
    ]


def test_old_pods_taken_for_canaries_are_never_defective(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three old pods of each service outlive the first step; one of cart's has been slow for ever."""
    write_case(tmp_path / "x_1", lambda pod, _: {"latency": 80} if pod == "cart-v1-x-b" else {})
    assert main([str(tmp_path), "--placebo", "-o", "json"]) == 0
    ours, *theirs = json.loads(capsys.readouterr().out)["scores"]
    assert ours == {
        "judge": "tidegate",
        "bad": {"pass": 0, "fail": 0, "insufficient": 0},
        "benign": {"pass": 8, "fail": 1, "insufficient": 0},
        "delay": None,
    }
    assert {sum(score["benign"].values()) for score in theirs} == {9}


def test_one_day_leaves_nothing_to_choose_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = two_days(tmp_path)
    for name in ("case.json", "edges.csv", "metrics.csv.gz"):
        (folder / "2023-09-02_1" / name).unlink()
    (folder / "2023-09-02_1").rmdir()
    assert main([str(folder), "--leave-one-day-out"]) == 2
    assert capsys.readouterr().err == "one day alone (2023-09-01) leaves nothing to choose by\n"


# --- bad input


def rewritten(name: str, old: str, new: str) -> Callable[[Path], None]:
    def rewrite(case: Path) -> None:
        path = case / name
        if path.suffix == ".gz":
            path.write_bytes(
                gzip.compress(gzip.decompress(path.read_bytes()).replace(old.encode(), new.encode(), 1))
            )
        else:
            path.write_text(path.read_text().replace(old, new, 1))

    return rewrite


def replaced(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda case: (case / name).write_bytes(content)


FIRST = "1699999700,ads-v1-x-a,front,ads,100,5,20,3"


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda case: (case / "case.json").unlink(), "cannot read '{case}/case.json': No such file"),
        (lambda case: (case / "edges.csv").unlink(), "cannot read '{case}/edges.csv': No such file"),
        (
            lambda case: (case / "metrics.csv.gz").unlink(),
            "cannot read '{case}/metrics.csv.gz': No such file",
        ),
        (replaced("case.json", b'{\n "plan": '), "{case}/case.json:2: not JSON: Expecting value"),
        (replaced("case.json", b"\xff"), "{case}/case.json:1: not JSON: 'utf-8' codec"),
        (
            replaced("case.json", b" " * 16_000_001),
            "{case}/case.json:1: not JSON: longer than 16000000 characters",
        ),
        (replaced("case.json", b"[" * 100_000), "{case}/case.json:1: not JSON: maximum recursion"),
        (replaced("case.json", b"[]"), "{case}/case.json:1: not a rollout plan: list indices"),
        (replaced("case.json", b'{"plan": {}}'), "{case}/case.json:1: not a rollout plan: no 'pods_before'"),
        (rewritten("case.json", str(START - 60), "noon"), "could not convert string to float: 'noon'"),
        (rewritten("case.json", '"cart-v2-x-n"', "7"), "[7] is no list of pods"),
        (rewritten("case.json", '["cart-v2-x-n"]', "[]"), "no step of 'cart' creates a pod"),
        (rewritten("case.json", '["cart-v2-x-n"]', '"cart"'), "'cart' is no list of pods"),
        (replaced("case.json", b"9" * 5000), "{case}/case.json:1: not JSON: Exceeds the limit"),
        (rewritten("case.json", str(START), "-1"), "-1 is no time in seconds since 1970"),
        (
            rewritten("edges.csv", "Source", "From"),
            "{case}/edges.csv:1: the columns are 'From,Target,Weight'",
        ),
        (rewritten("edges.csv", "front,ads,1", "front,ads"), "{case}/edges.csv:2: "),
        (replaced("edges.csv", b""), "{case}/edges.csv:1: no rows"),
        (rewritten("metrics.csv.gz", FIRST, ""), "{case}/metrics.csv.gz:2: "),
        (rewritten("metrics.csv.gz", FIRST, FIRST + ",9"), "{case}/metrics.csv.gz:2: "),
        (
            rewritten("metrics.csv.gz", ",100,5", ",101,5"),
            ":2: success_rate_pct is 101, which is more than 100",
        ),
        (rewritten("metrics.csv.gz", ",100,5", ",100,fast"), ":2: latency_ms is 'fast', which is no number"),
        (rewritten("metrics.csv.gz", ",20,3", ",-20,3"), ":2: cpu_pct is -20; it is finite and not negative"),
        (
            rewritten("metrics.csv.gz", ",20,3", ",20,inf"),
            ":2: memory_pct is inf; it is finite and not negative",
        ),
        (rewritten("metrics.csv.gz", FIRST, "x" * 5000), ":2: more than 4096 characters"),
        (rewritten("metrics.csv.gz", FIRST, '"' + FIRST), ":2: cannot be read: "),
        (
            replaced("metrics.csv.gz", b"not compressed"),
            "{case}/metrics.csv.gz:1: cannot be read: Not a gzipped",
        ),
        (
            replaced("metrics.csv.gz", gzip.compress(HEADER.encode())[:-9]),
            "{case}/metrics.csv.gz:1: cannot be",
        ),
    ],
)
def test_bad_input_is_told_with_its_place_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Path], object], told: str
) -> None:
    folder, out = tmp_path / "data", tmp_path / "out.json"
    case = write_case(folder / "x_1", minutes=1)
    spoil(case)
    assert main([str(folder), "--json", str(out)]) == 2
    assert told.format(case=case) in capsys.readouterr().err
    assert not out.exists()


def test_problems_of_a_table_are_told_together_up_to_twenty(tmp_path: Path) -> None:
    case = write_case(tmp_path / "x_1", lambda _pod, minute: {"cpu": "?"} if minute >= 0 else {})
    with pytest.raises(Refused) as refused:
        read_case(case)
    assert len(refused.value.problems) == 20


def test_a_folder_that_is_not_there_or_holds_no_case_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "nowhere")]) == 2
    assert f"no folder '{tmp_path / 'nowhere'}'" in capsys.readouterr().err
    assert command(["changerca", str(tmp_path)]) == 2
    assert f"no case in '{tmp_path}'" in capsys.readouterr().err


def test_one_case_may_be_given_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(write_case(tmp_path / "x_1"))]) == 0
    assert capsys.readouterr().out.startswith("x_1 ads: pass")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_case(tmp_path / "data" / "x_1", minutes=1)
    assert main([str(tmp_path / "data"), "--json", str(tmp_path / "no" / "out.json")]) == 2
    assert "cannot write" in capsys.readouterr().err
