"""`tidegate schedule`: what people read, what programs read, and what is said when something has no place."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tidegate.cli import tidegate
from tidegate.cli.schedule_text import Row, Timetable, timetable_text
from tidegate.core.ids import StepId
from tidegate.core.schedule.bound import Bound

SHOP = Path(__file__).parents[2] / "examples" / "shop"
SCHEDULE = """
  schedule:
    timeZone: Europe/Berlin
    windows: [{days: [mon-thu], from: "09:00", to: "16:00"}]
    freezes: [{from: 2026-11-24, to: 2026-11-25, reason: fair}]
    atMost: {releases: 2, perOwner: 1, blastRadius: 80%}
"""


def schedule(*arguments: str) -> Result:
    return CliRunner().invoke(tidegate, ["schedule", *arguments])


@pytest.fixture
def change(tmp_path: Path) -> str:
    """Four releases of four and a half hours each, one after the other."""
    text = (SHOP / "changes" / "minor-units.yaml").read_text(encoding="utf-8")
    text = text.replace("catalog: ../catalog", f"catalog: {SHOP / 'catalog'}")
    text = text.replace("bake: 3s, wait: 3m", "bake: 90m, wait: 2h")
    (tmp_path / "c.yaml").write_text(text + SCHEDULE)
    return str(tmp_path / "c.yaml")


def test_a_flag_has_its_time_and_its_owner() -> None:
    result = schedule(str(SHOP / "changes" / "instant-refund.yaml"), "--from", "2026-12-01 10:00")
    assert result.output.splitlines()[:6] == [
        "Change instant-refund: 3 releases, flags and tasks from 2026-12-01 10:00 UTC",
        "",
        "begins    ends      service                 owner",
        "10:00:00  10:00:06  payments                money           ████████",
        "10:00:06  10:00:06  flag/instant-refund/s…  group:money             █",
        "10:00:06  10:00:15  flag/instant-refund     group:money             ████████████",
    ]


def test_parts_of_a_migration_come_when_they_may_and_contract_needs_no_schedule() -> None:
    result = schedule(str(SHOP / "changes" / "bookings-amount.yaml"), "--from", "2026-12-01 10:00")
    assert result.output.splitlines()[:8] == [
        "Change bookings-amount: 4 releases, migrations and tasks from 2026-12-01 10:00",
        "  UTC",
        "",
        "begins    ends      service                 owner",
        "10:00:00  10:00:00  bookings-amount/expand                  █",
        "10:00:00  10:00:00  bookings-amount/backf…                  █",
        "10:00:00  10:00:06  ledger                  money           ████████████████████",
        "10:00:06  10:00:06  bookings-amount/switch                                     █",
    ]


def test_a_schedule_as_text(change: str) -> None:
    result = schedule(change, "--from", "2026-11-23 10:00")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "Change minor-units: 4 releases and tasks from 2026-11-23 10:00 Europe/Berlin",
        "",
        "begins       ends         service             owner",
        "11-23 10:00  11-23 14:30  ledger              money         █",
        "11-26 09:00  11-26 13:30  payments            money                █",
        "11-30 09:00  11-30 13:30  checkout            storefront                     █",
        "12-01 09:00  12-01 13:30  web                 storefront                       █",
        "",
        "makespan 8d 3h 30m; no schedule takes less than 8d 3h 30m",
        "certified gap 0.0 % (greedy)",
        "limited by the longest chain of steps",
    ]


def test_a_schedule_as_json(change: str) -> None:
    result = schedule(change, "--from", "2026-11-23T10:00:00+01:00", "-o", "json")
    answer = json.loads(result.output)
    steps = answer.pop("steps")
    assert answer == {
        "change": "minor-units",
        "time_zone": "Europe/Berlin",
        "begins": 1795424400,
        "makespan": 703800,
        "bound": {"seconds": 703800, "limit": "the longest chain of steps"},
        "gap": 0.0,
        "method": "greedy",
    }
    assert steps[:2] == [
        {"step": "deploy/ledger", "service": "ledger", "owner": "money", "begins": 1795424400, "ends": 1795424400},
        {"step": "expose/ledger", "service": "ledger", "owner": "money", "begins": 1795424400, "ends": 1795440600},
    ]  # fmt: skip
    assert len(steps) == 8


def test_without_a_schedule_in_the_file_releases_run_as_soon_as_they_may() -> None:
    result = schedule(str(SHOP / "changes" / "minor-units.yaml"), "--budget", "0s")
    assert result.exit_code == 0
    assert "makespan 36s" in result.output


def test_rows_are_cut_to_80_columns_and_tasks_are_named_by_their_step() -> None:
    long, at = "a-service-with-a-very-long-name-indeed", 1795424400
    rows = [
        Row(step=StepId("deploy/x"), service="x", owner="o", begins=at, ends=at),
        Row(step=StepId(f"expose/{long}"), service=long, owner=long, begins=at, ends=at + 90_000),
        Row(step=StepId("task/warm"), service="", owner="", begins=at + 90_000, ends=at + 90_001),
    ]
    table = Timetable(
        change="c",
        time_zone="UTC",
        begins=at,
        makespan=90_001,
        bound=Bound(seconds=0, limit="releases at once"),
        gap=0.125,
        method="greedy",
        steps=tuple(rows),
    )
    lines = timetable_text(table).splitlines()
    assert max(map(len, lines)) == 80
    assert lines[0] == "Change c: 2 releases and tasks from 2026-11-23 09:00 UTC"
    assert lines[3:5] == [
        "11-23 09:00  11-24 10:00  a-service-with-a-…  a-service-w…  ████████████████████",
        "11-24 10:00  11-24 10:00  task/warm                                            █",
    ]
    assert lines[6:8] == [
        "makespan 1d 1h 1s; no schedule takes less than 0s",
        "certified gap 12.5 % (greedy)",
    ]


def test_a_release_that_fits_no_window_is_refused(change: str) -> None:
    Path(change).write_text(Path(change).read_text().replace("90m", "150m").replace("2h", "3h"))
    result = schedule(change, "--budget", "0s")
    assert str(result.exception) == (
        f"{change}: expose/web has no place in any schedule: it takes 27000 s, longer than any opening"
        " (longer windows, or overrun)"
    )


def test_without_a_plan_there_is_no_schedule() -> None:
    result = schedule(str(SHOP / "changes" / "deadlock.yaml"))
    assert result.exit_code == 2
    assert "no order of these releases is safe" in " ".join(result.stderr.split())
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "soon"), "'soon' is not a time such as 2026-01-01 09:00"),
        (("--budget", "2h"), "'2h' is not a duration of at most 1h, such as 10s"),
        (("--budget", "10"), "'10' is not a duration of at most 1h, such as 10s"),
    ],
)
def test_arguments_that_are_none(arguments: tuple[str, ...], said: str, change: str) -> None:
    result = schedule(change, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
