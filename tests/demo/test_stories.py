"""The demo's stories and the soak's rollouts, each once, on a real mesh with a real Temporal."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from bench.soak import soak_one

from tidegate.client import Client
from tidegate.demo.platform import Platform, platform
from tidegate.demo.stories import tell_story

SHOP = Path(__file__).parents[2] / "examples" / "shop"

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


def test_a_bad_release_is_found_contained_and_undone_in_order(tmp_path: Path) -> None:
    told: list[str] = []
    found = tell_story("faulty", SHOP, tmp_path, told.append)
    assert found.failures == []
    assert found.facts["failed user requests"] > 0  # the story shows something
    assert told


def test_a_rollout_under_fire_ends_as_it_should(tmp_path: Path) -> None:
    """`kill -9` for tidegate and Temporal at random moments of a healthy change."""
    found = soak_one("healthy", SHOP, tmp_path, random.Random(7))
    assert found.failures == []
    assert found.facts["kills"] > 0
    assert found.facts["failed user requests"] == 0


@contextmanager
def watching(folder: Path, id_: str) -> Iterator[subprocess.Popen[bytes]]:
    """`tidegate watch` as a terminal would start it: with Ctrl-C in force, even if it is ignored here."""
    here = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        command = [sys.executable, "-m", "tidegate", "watch", id_, "--state-dir", str(folder)]
        watcher = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    finally:
        signal.signal(signal.SIGINT, here)
    try:
        yield watcher
    finally:
        watcher.kill()
        watcher.wait()


def test_ctrl_c_of_a_watcher_does_not_stop_the_rollout(tmp_path: Path) -> None:
    with platform(Platform(folder=tmp_path), SHOP / "mesh.yaml") as stage:
        id_ = stage.apply(stage.plan(SHOP / "changes" / "minor-units.yaml")).id
        with watching(tmp_path, id_) as watcher:
            time.sleep(5)  # by now it watches; on a machine too busy for that, it is about to
            watcher.send_signal(signal.SIGINT)
            assert watcher.wait(60) in {130, -signal.SIGINT}
        view = stage.look(id_)
        assert view is not None
        assert view.phase == "running"
        Client(tmp_path).operate(id_, "rollback", "seen enough")
        *_, last = stage.follow(id_, 120)
        assert last.phase == "rolled_back"
