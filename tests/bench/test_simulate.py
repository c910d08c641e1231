"""`python -m bench.gates`: tables, document and pictures of a contest made small."""

import json
from pathlib import Path

import pytest
from bench.gates import __main__ as command
from bench.gates import report, simulate
from bench.gates.bounds import Efficiency, Promotion, Throughput
from bench.gates.contest import Detection, FalseAlarms
from bench.gates.streams import Rollout, Trouble

SETTING = Rollout(rate=0.001, share=0.05)
FAULT = Rollout(rate=0.001, share=0.05, ratio=2.0)
LATE = Rollout(rate=0.001, share=0.05, ratio=2.0, onset=30.0, minutes=90.0)
BURSTS = Rollout(rate=0.005, share=0.05, trouble=Trouble.CLIENT_BURSTS)

MADE_UP = simulate.Measured(
    false_alarms=(
        FalseAlarms(policy="tidegate", rollout=SETTING, share=0.004),
        FalseAlarms(policy="Argo tuned", rollout=SETTING, share=0.461),
    ),
    detections=(
        Detection(policy="tidegate", rollout=FAULT, found=1.0, minutes=5.25, excess=15.75),
        Detection(policy="Argo tuned", rollout=FAULT, found=1.0, minutes=8.0, excess=2_400.0),
        Detection(policy="tidegate", rollout=LATE, found=0.4, minutes=None, excess=None),
        Detection(policy="Argo tuned", rollout=LATE, found=0.0, minutes=None, excess=None),
    ),
    troubled_alarms=(FalseAlarms(policy="exact", rollout=BURSTS, share=0.96),),
    troubled_detections=(Detection(policy="exact", rollout=BURSTS, found=1.0, minutes=0.33, excess=1.0),),
    false_proofs=(FalseAlarms(policy="exact", rollout=BURSTS, share=0.66),),
    efficiency=(Efficiency(rate=0.001, share=0.05, ratio=20, bound=2_706.4, requests=3_734.0, excess=3.55),),
    promotion=(Promotion(rate=0.001, share=0.05, margin=0.005, bound=933.0, requests=653.0),),
    throughput=Throughput(plain=435_665.0, tempered=314_998.0),
)

TOLD = """\
False alarms over an hour of A/A traffic, 1,000 requests a second:

| policy | 0.1 %, share 5 % |
| --- | --- |
| tidegate | 0.4 % |
| Argo tuned | 46 % |

Median minutes until a fault is found, and failed requests beyond the control's until then
(* more than 1 % false alarms):

0.1 %, share 5 %:

| policy | x2 |
| --- | --- |
| tidegate | 5.2 min, 16 |
| Argo tuned* | 8 min, 2,400 |

0.1 %, share 5 %, fault after 30 min:

| policy | x2 |
| --- | --- |
| tidegate | over 60 min (40 % found) |
| Argo tuned* | over 60 min (0 % found) |

False alarms and median minutes to find twice the errors, 0.5 %, share 5 %:

| failures | exact |
| --- | --- |
| client bursts | 96 %; 0.33 min |

Canaries worse by just the margin that are let through within an hour, alpha 5 %:

| control | failures | exact |
| --- | --- | --- |
| 0.5 %, share 5 % | client bursts | 66 % |

Requests until a fault is found:

| error rate | share | ratio | bound | median requests | of the bound | excess failures |
| --- | --- | --- | --- | --- | --- | --- |
| 0.1 % | 5 % | x20 | 2,706 | 3,734 | 1.38 | 3.5 |

Requests until "not worse than the margin" is shown:

| error rate | share | margin | canary requests | of the bound |
| --- | --- | --- | --- | --- |
| 0.1 % | 5 % | 0.5 points | 653 | 0.70 |

435,665 stream updates a second of one core, 314,998 tempered"""


def test_everything_is_told_in_tables() -> None:
    assert simulate.told(MADE_UP) == TOLD


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0 %"), (0.0005, "0.05 %"), (0.0125, "1.2 %"), (0.1, "10 %"), (1.0, "100 %")]
)
def test_shares_are_rounded_to_what_runs_can_tell(share: float, text: str) -> None:
    assert report.percent(share) == text


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """One setting of each kind, and two minutes of it."""
    short = Rollout(rate=0.01, share=0.05, minutes=2.0)
    faulty = Rollout(rate=0.01, share=0.05, ratio=20.0, minutes=2.0)
    for name, rollout in (
        ("HARMLESS", short),
        ("AT_THE_MARGIN", short),
        ("TROUBLED", short),
        ("FAULTY", faulty),
        ("TROUBLED_FAULTY", faulty),
    ):
        monkeypatch.setattr(simulate, name, (rollout,))
    monkeypatch.setattr(simulate, "LATE", ())
    monkeypatch.setattr(simulate, "SETTINGS", ((0.01, 0.05, 20.0),))
    monkeypatch.setattr(simulate, "MARGINS", ((0.001, 0.05, 0.005),))
    monkeypatch.setattr(simulate, "throughput", lambda: MADE_UP.throughput)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("named", [[], ["simulate"]])
def test_the_document_holds_what_the_tables_tell(
    named: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([*named, "--runs", "8", "--json", str(tmp_path / "out.json")]) == 0
    document = json.loads((tmp_path / "out.json").read_text())
    assert capsys.readouterr().out.startswith("False alarms over an hour of A/A traffic")
    assert {key: len(rows) for key, rows in document.items()} == {
        "false_alarms": 12,
        "detections": 12,
        "troubled_alarms": 5,
        "troubled_detections": 5,
        "false_proofs": 2,
        "efficiency": 1,
        "promotion": 1,
        "throughput": 2,
    }
    assert document["detections"][0]["policy"] == "tidegate"
    assert document["detections"][0]["minutes"] == pytest.approx(5 / 60)


def test_pictures_are_the_same_on_every_run(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="drawn only where the dev extra is installed")
    from bench.gates import pictures  # noqa: PLC0415 - see above

    for folder in ("once", "again"):
        pictures.draw(MADE_UP, tmp_path / folder)
    names = sorted(path.name for path in (tmp_path / "once").iterdir())
    assert names == ["detection.svg", "evidence.svg", "false-alarms.svg"]
    for name in names:
        drawn = (tmp_path / "once" / name).read_text()
        assert drawn == (tmp_path / "again" / name).read_text()
        assert "<dc:date>" not in drawn
