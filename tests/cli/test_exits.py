"""Every refusal: what happened, what next, and the exit code, as a user's shell sees it."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SHOP = Path(__file__).parents[2] / "examples" / "shop"

BAD = """\
apiVersion: tidegate.dev/v1alpha1
kind: Change
metadata: {name: bad}
spec:
  catalog: CATALOG
  stratgy: {}
  strategy:
    canary: {stages: [{exposure: 10%, bake: 3s}]}
  releases:
    - {service: ledgr, version: "2.0.0", artifact: x, digest: "sha256:12"}
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tidegate", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


KINDS = (
    "Change, ContractRecord, Database, Experiment, FlagSystem, "
    "LearnedGraph, Mesh, Migration, ServiceVersion, Telemetry"
)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["plan", "nosuch.yaml"], 2, "cannot read 'nosuch.yaml': No such file or directory"),
        (["catalog", "check", "nowhere"], 2, "no folder 'nowhere'"),
        (
            ["schema", "Nosuch"],
            2,
            f"unknown kind 'Nosuch' (kinds: {KINDS})",
        ),
        (["rollouts"], 3, "no tidegate is running on"),
        (["status", "x", "--state-dir", "s"], 3, "start it with `tidegate up --state-dir"),
        (["mesh", "status", "--dir", "m"], 3, "start one with `tidegate mesh up FILE`"),
        (["mesh", "down", "--dir", "m"], 3, "no mesh is up in"),
        (["promote", "x"], 2, "Missing option '--reason'"),
        (["nosuch"], 2, "No such command 'nosuch'"),
        (["demo"], 2, "there is no example in examples/shop"),
    ],
)
def test_what_happened_and_what_next(tmp_path: Path, arguments: list[str], code: int, told: str) -> None:
    ended = run(tmp_path, *arguments)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert told in ended.stderr
    assert not list(tmp_path.iterdir()), "a refusal leaves nothing behind"


def test_all_problems_of_a_file_come_at_once_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD.replace("CATALOG", str(SHOP / "catalog")))
    ended = run(tmp_path, "plan", "bad.yaml")
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "bad.yaml:6: unknown field 'stratgy' in spec (did you mean 'strategy'?)",
        "bad.yaml:10: spec.releases[0].digest is 'sha256:12', which is not sha256: and 64 hexadecimal digits",
        "bad.yaml:10: unknown service 'ledgr' in releases (did you mean 'ledger'?)",
    ]


def test_a_state_directory_of_another_layout_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "format.json").write_text(json.dumps({"layout": 99, "temporal": None}))
    ended = run(tmp_path, "up", "--state-dir", "s")
    assert ended.returncode == 2
    assert "has layout 99, this tidegate knows layout 1" in ended.stderr


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run(tmp_path, "up", "--state-dir", "s", "--port", str(port))
    assert ended.returncode == 2
    assert f"port {port} on 127.0.0.1 is in use (name another --port, or 0 for any)" in ended.stderr


def test_a_cluster_that_does_not_answer_is_named(tmp_path: Path) -> None:
    ended = run(tmp_path, "up", "--state-dir", "s", "--temporal", "127.0.0.1:9")
    assert ended.returncode == 3
    assert "no Temporal server answers at 127.0.0.1:9" in ended.stderr


@contextmanager
def tidegate_up(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tidegate", "up", "--state-dir", "s"], cwd=folder, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + 60
        while not (folder / "s" / "api.json").exists():
            assert process.poll() is None, (folder / "up.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.real
def test_a_running_tidegate_refuses_a_second_and_a_change_without_a_mesh(tmp_path: Path) -> None:
    with tidegate_up(tmp_path) as first:
        second = run(tmp_path, "up", "--state-dir", "s")
        apply = run(tmp_path, "apply", str(SHOP / "changes" / "minor-units.yaml"), "--state-dir", "s")
        listed = run(tmp_path, "rollouts", "--state-dir", "s", "-o", "json")
        unknown = run(tmp_path, "status", "nosuch", "--state-dir", "s")
    assert second.returncode == 2
    assert f"is already up on {tmp_path / 's'} (process {first.pid})" in second.stderr
    assert (apply.returncode, json.loads(listed.stdout)) == (3, [])
    assert "no mesh is up in" in apply.stderr
    assert unknown.returncode == 2
    assert "there is no rollout 'nosuch' (see `tidegate rollouts`)" in unknown.stderr
    assert first.returncode == 0, "asked to stop, it ends well"
    assert not (tmp_path / "s" / "api.json").exists()
