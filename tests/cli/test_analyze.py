"""`tidegate analyze`: whole outputs and exit codes, for a file and for the evidence of a past rollout."""

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from tidegate.cli import main
from tidegate.cli.analyze import analyze
from tidegate.core.change import OnFailure
from tidegate.core.gates.evidence import Batch, CallEdge, Counts, Reading
from tidegate.core.gates.judge import Subject
from tidegate.core.ids import RolloutId, ServiceName, StepId, Version
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.steps import Deploy, Expose, Step
from tidegate.core.strategy import Gate, Stage
from tidegate.store.batches import BATCHES, READINGS
from tidegate.store.database import Store
from tidegate.store.records import EvidenceRecord, RolloutRecord
from tidegate.temporal.forms import PLAN_FORM
from tidegate.temporal.state_dir import StateDir


@dataclass(frozen=True, kw_only=True)
class Ran:
    code: int
    output: str


def run(*arguments: str) -> Ran:
    result = CliRunner().invoke(analyze, arguments)
    return Ran(code=result.exit_code, output=result.output)


def counts(bad: int, looks: int = 30, arms: tuple[str, ...] = ("canary", "control")) -> str:
    rows = {"canary": f"canary,50,{bad}", "control": "control,950,1"}
    lines = [f"2026-03-01T12:{look:02}:00Z,{rows[arm]}" for look in range(looks) for arm in arms]
    return "\n".join(["time,arm,requests,bad", *lines])


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("counts.csv")


FAIL = """\
fail: the canary is worse than control in errors: 5 of 50 requests (10 %)
  failed, of control 1 of 950 (0.1053 %) (a harmless release looks like this
  less than once in 1,200)
decided at 2026-03-01T12:00:00Z, in a record of 30 looks, 2026-03-01T12:00:00Z
  to 2026-03-01T12:29:00Z
bad: canary 10 %, control 0.1053 %, 95 times
difference: +9.89 points, 95 % confidence -0.562 to +46.4

check                       canary           control    harm, ln E    safe, ln E
errors                        5/50             1/950  8.17 of 5.70 -2.08 of 3.69
success rate                  5/50                 -  5.03 of 5.70 -2.17 of 3.69
"""


def test_harm(file: Path) -> None:
    file.write_text(counts(bad=5))
    ran = run("counts.csv")
    assert ran.code == 1
    assert ran.output == FAIL


@pytest.mark.parametrize(
    ("content", "options", "code", "first"),
    [
        (counts(bad=0), (), 0, "pass: the canary is not worse than control and keeps its success rate: 0 of"),
        (
            counts(bad=0, looks=3),
            (),
            3,
            "insufficient: the canary has 150 requests of about 550 needed to show",
        ),
        (
            counts(bad=0, looks=3),
            ("--worse-by", "20%"),
            0,
            "pass: the canary is not worse than control: 0 of 150",
        ),
        (counts(bad=0, looks=6), ("--success-rate", "90%"), 0, "pass: the canary keeps its success rate"),
        (counts(bad=0), ("--alpha-promote", "0.0001%"), 3, "insufficient: the canary has 1,500 requests of"),
        (counts(bad=5, looks=1), ("--alpha", "0.0001"), 3, "insufficient: the canary has 50 requests"),
        (counts(bad=0, looks=0), (), 3, "insufficient: the record has no rows"),
        (
            counts(bad=0, arms=("canary",)),
            (),
            3,
            "insufficient: the record has no requests of the control, so",
        ),
        (
            counts(bad=0, arms=("control",)),
            (),
            3,
            "insufficient: the record has no requests of the canary, so",
        ),
    ],
)
def test_the_exit_code_is_the_verdict(
    file: Path, content: str, options: tuple[str, ...], code: int, first: str
) -> None:
    file.write_text(content)
    ran = run("counts.csv", *options)
    assert ran.output.startswith(first[:60]), ran.output
    assert ran.code == code
    as_json = run("counts.csv", *options, "-o", "json")
    assert as_json.code == code
    assert json.loads(as_json.output)["verdict"] == first.partition(":")[0]


def test_as_json(file: Path) -> None:
    file.write_text(counts(bad=0, looks=2))
    found = json.loads(run("counts.csv", "-o", "json").output)
    assert list(found) == [
        "verdict",
        "reason",
        "decided_at",
        "began_at",
        "ended_at",
        "intervals",
        "canary",
        "control",
        "effect",
        "enough",
        "checks",
        "missing",
        "clients",
        "over_time",
    ]
    assert (found["missing"], found["clients"]) == ([], {"folded_rows": 0, "forgotten": 0})
    assert (found["began_at"], found["ended_at"]) == (1772366400.0, 1772366460.0)
    assert [point["canary"]["requests"] for point in found["over_time"]] == [50, 100]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "give either a FILE, --replay ID or --prometheus TELEMETRY"),
        (("x.csv", "--replay", "r"), "give either a FILE, --replay ID or --prometheus TELEMETRY"),
        (("x.csv", "--worse-by", "0.5"), "Invalid value for '--worse-by': '0.5' is not a share such as 0.5%"),
        (("x.csv", "--worse-by", "0%"), "0% is not more than 0%"),
        (("x.csv", "--alpha", "50%"), "50% is not less than 50%"),
        (("x.csv", "--alpha", "1e-3"), "'1e-3' is not a share such as 0.5%"),
    ],
)
def test_options_that_cannot_be(options: tuple[str, ...], words: str) -> None:
    ran = run(*options)
    assert ran.code == 2
    assert words in ran.output


PAST = ("--prometheus", "t.yaml", "--service", "pay", "--canary", "2", "--control", "1")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("x.csv", "--service", "pay"), "--service is for --prometheus"),
        (PAST, "--prometheus needs --from, --to too"),
        ((*PAST, "--from", "noon"), "'noon' is not a time such as 2026-03-01T12:00:00Z"),
        ((*PAST, "--from", "2026-03-01T12:00:00Z", "--to", "1"), "--from is not before --to"),
        ((*PAST, "--from", "1", "--to", "2", "--canary", "1"), "--canary and --control are the same version"),
        ((*PAST, "--from", "1", "--to", "2", "--step", "0s"), "'0s' is not a duration such as 15s"),
        ((*PAST, "--from", "1", "--to", "60", "--step", "5s"), "than spec.prometheus.interval, 15 s"),
        (
            (*PAST, "--from", "0", "--to", "1000000"),
            "the interval has 66,667 steps; give a --step for at most",
        ),
    ],
)
def test_options_of_a_past_interval(file: Path, options: tuple[str, ...], words: str) -> None:
    file.with_name("t.yaml").write_text(
        "apiVersion: tidegate.dev/v1alpha1\nkind: Telemetry\nmetadata: {name: shop}\nspec:\n"
        "  prometheus: {url: 'http://127.0.0.1:9'}\n"
        "  requests: {metric: rq_total, labels: {service: app, version: version, status: code}}\n"
    )
    ran = run(*options)
    assert ran.code == 2
    assert words in ran.output


def test_rows_of_one_client_are_said_to_be_folded(file: Path) -> None:
    rows = "1,canary,8,0,a\n1,canary,1,0,a\n1,canary,1,0,b\n1,control,9,0,c\n1,control,9,0,c\n"
    file.write_text(f"time,arm,requests,bad,client\n{rows}")
    found = json.loads(run("counts.csv", "-o", "json").output)
    assert (found["canary"], found["control"]) == ({"requests": 2, "bad": 0}, {"requests": 1, "bad": 0})
    assert found["clients"] == {"folded_rows": 2, "forgotten": 0}
    text = " ".join(run("counts.csv").output.split())
    assert "2 rows were no news of their client and are folded into the others" in text


def test_bad_input_is_refused_with_2(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("time,arm,requests,bad\n1,canary,2,3\n1,x,1,1\n")
    monkeypatch.setattr("sys.argv", ["tidegate", "analyze", "counts.csv"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert capsys.readouterr().err == (
        "counts.csv:2: 3 bad of 2 requests (bad requests are counted among the requests)\n"
        "counts.csv:3: unknown arm 'x' (allowed: canary, control)\n"
    )


# -- a past rollout


CART = Subject(service=ServiceName("cart"), old=Version("1.0.0"), new=Version("2.0.0"))
OTHER = StepId("expose/web")
EXPOSE = StepId("expose/cart")
PLAN = Plan(
    change="c",
    on_failure=OnFailure.ALL,
    steps=(
        Step(
            id=StepId("deploy/cart"),
            action=Deploy(service=CART.service, version=CART.new, artifact="a", digest="d"),
        ),
        Step(
            id=EXPOSE,
            action=Expose(service=CART.service, old=CART.old, new=CART.new),
            stages=(Stage(exposure=0.1, gates=(Gate(),)), Stage(exposure=1.0)),
        ),
        Step(
            id=OTHER,
            action=Expose(service=ServiceName("web"), old=CART.old, new=CART.new),
            stages=(Stage(exposure=0.5, gates=(Gate(),)),),
        ),
    ),
    edges=(),
)
ROLLOUT = RolloutId("c-1")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with a rollout whose one judged step passed after a minute."""
    place = StateDir.open(tmp_path / "state")
    with closing(Store.open(place.store_url)) as store:
        store.add_rollout(
            RolloutRecord(
                id=ROLLOUT,
                change="c",
                environment="local",
                phase="completed",
                created=START,
                requester="me",
                plan=PLAN_FORM.dump_python(PLAN, mode="json"),
            )
        )
        for number in range(10):
            at = START.timestamp() + 10 * number
            edges = {
                CallEdge(caller=None, callee=CART.canary): Counts(requests=100),
                CallEdge(caller=None, callee=CART.control): Counts(requests=900, bad=1),
            }
            batch = Batch(edges=edges if number else {})
            store.append_evidence(
                EvidenceRecord(
                    rollout=ROLLOUT,
                    step=EXPOSE,
                    sequence=number + 1,
                    at=datetime.fromtimestamp(at, UTC),
                    stage=0,
                    batch={
                        "batch": BATCHES.encoded(batch),
                        "until": {"memory": READINGS.encoded(Reading(at=at, epoch="1"))},
                    },
                )
            )
    return place.path


REPLAY = """\
c-1: 2 gated steps, judged again

expose/cart, 10 looks: pass before, insufficient now
  before 10 %  pass at 2026-03-01T12:00:50Z, after 50 s: cart 2.0.0 keeps its
    success rate: 0 of 500 requests (0 %) failed
  now    10 %  insufficient: cart 2.0.0 has 900 requests of about 34,000 needed
    to show that it is not more than 1.5 times worse than 1.0.0; waits 510 s
    more, then holds

expose/web: no evidence is stored; the step was never judged
"""


def test_a_past_rollout_is_judged_by_its_gate_and_by_another(state: Path) -> None:
    ran = run(
        "--replay", ROLLOUT, "--state-dir", str(state), "--worse-by", "0.0001%", "--success-rate", "99.99%"
    )
    assert ran.code == 3
    assert ran.output == REPLAY


def test_without_options_both_verdicts_are_the_same(state: Path) -> None:
    ran = run("--replay", ROLLOUT, "--state-dir", str(state), "-o", "json")
    assert ran.code == 0
    cart, web = json.loads(ran.output)
    assert cart["before"] == cart["now"]
    assert (cart["step"], cart["looks"], cart["now"]["verdict"]) == ("expose/cart", 10, "pass")
    assert START.timestamp() < cart["now"]["decided_at"] < START.timestamp() + 90
    assert web == {
        "step": "expose/web",
        "looks": 0,
        "before": {"verdict": "insufficient", "decided_at": None, "stages": []},
        "now": {"verdict": "insufficient", "decided_at": None, "stages": []},
    }


@pytest.mark.parametrize(
    ("id_", "folder", "message"),
    [
        ("c-9", "state", "there is no rollout 'c-9' (there are c-1)\n"),
        ("c-1", "gone", "there is no store in gone (name the --state-dir of the tidegate up that ran it)\n"),
    ],
)
def test_what_is_not_there_is_refused_and_not_made(  # noqa: PLR0917 - fixtures and a row
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    id_: str,
    folder: str,
    message: str,
) -> None:
    monkeypatch.chdir(state.parent)
    monkeypatch.setattr("sys.argv", ["tidegate", "analyze", "--replay", id_, "--state-dir", folder])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert capsys.readouterr().err == message
    assert not (state.parent / "gone").exists()
