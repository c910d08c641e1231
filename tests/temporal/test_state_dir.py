"""What a state directory says of flags: who serves them, where they are switched, and what they are read with."""

import os
import stat
from pathlib import Path

import pytest

from tidegate.core.errors import Refused, Unavailable
from tidegate.temporal.state_dir import ApiAddress, StateDir

ADDRESS = ApiAddress(url="http://127.0.0.1:8016", token="t", pid=os.getpid(), flags_grpc="127.0.0.1:8015")


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return StateDir.open(tmp_path / "s")


def test_where_flags_are_switched_is_told_while_they_are_served(state: StateDir) -> None:
    with pytest.raises(Unavailable, match="no flags are served from"):
        state.flags()
    state.publish_flags(ADDRESS)
    assert state.flags() == ADDRESS
    state.withdraw_flags()
    with pytest.raises(Unavailable, match="no flags are served from"):
        state.flags()


def test_flags_are_switched_apart_from_rollouts(state: StateDir) -> None:
    state.publish_flags(ADDRESS)
    with pytest.raises(Unavailable, match="no tidegate is running on"):
        state.api()


def test_who_died_is_not_told_of(state: StateDir) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    state.publish_flags(ApiAddress(url="http://127.0.0.1:1", token="t", pid=child))
    with pytest.raises(Unavailable, match="no flags are served from"):
        state.flags()


def test_the_token_is_drawn_once_and_for_its_owner(state: StateDir, tmp_path: Path) -> None:
    token = state.flags_token()
    path = state.path / "flags.token"
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == (f"{token}\n", 0o600)
    assert StateDir.open(state.path).flags_token() == token
    assert StateDir.open(tmp_path / "other").flags_token() != token
    assert len(token) >= 40


@pytest.mark.parametrize("text", ["", "\n", "short"])
def test_a_token_that_can_be_guessed_is_refused(state: StateDir, text: str) -> None:
    (state.path / "flags.token").write_text(text)
    with pytest.raises(Refused, match="has no token that is hard to guess"):
        state.flags_token()


def test_one_serves_the_flags_of_a_directory_beside_the_one_that_is_up(state: StateDir) -> None:
    holder = rf"flags are already served from .* \(process {os.getpid()}\)"
    with state.locked(), state.serving_flags(), pytest.raises(Refused, match=holder):
        state.serving_flags().__enter__()
    with state.serving_flags():
        pass
