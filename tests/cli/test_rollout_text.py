"""Steps whose effects take long, where rollouts are shown."""

from rich.console import Console

from tidegate.cli.rollout_text import status_text, watched
from tidegate.server.views import RolloutView, StepView

STEP = StepView(
    id="migration/amounts/backfill",
    kind="migration",
    status="applying",
    stage=0,
    stages=(),
    exposure=0.0,
    since=0.0,
    reason="",
    reversibility="free",
    way_back="",
    evidence=None,
    progress="backfill 43 %: 0.9 of 2.0 million rows, 12,300 rows/s, 2 min left",
)
VIEW = RolloutView(
    id="r",
    change="c",
    phase="running",
    reason="",
    headline="r is running",
    started_at=0.0,
    ended_at=None,
    waves=((STEP,),),
    waiting=(),
    warnings=(),
)


def test_a_status_says_how_far_a_migration_is() -> None:
    assert status_text(VIEW).splitlines()[2:] == [
        "  migration/amounts/backfill applying",
        "    backfill 43 %: 0.9 of 2.0 million rows, 12,300 rows/s, 2 min left",
    ]


def test_a_watcher_sees_it_too() -> None:
    console = Console(width=120, record=True, file=None, quiet=False)
    with console.capture() as captured:
        console.print(watched(VIEW))
    assert f"{STEP.id}: {STEP.progress}" in captured.get()
