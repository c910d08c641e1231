"""`tidegate up --databases`: what the server says of migrations on a PostgreSQL, and of one that is away."""

import asyncio
import json
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from tests.server.flags.test_serve import eventually

from tidegate.cli.migrations import migrations
from tidegate.server.up import Options, up
from tidegate.temporal.client import Cluster
from tidegate.temporal.state_dir import StateDir

pytestmark = pytest.mark.real

DATABASE = "apiVersion: tidegate.dev/v1alpha1\nkind: Database\nmetadata: {name: %s}\nspec: {url: '%s'}\n"
MIGRATION = """\
apiVersion: tidegate.dev/v1alpha1
kind: Migration
metadata: {name: notes}
spec:
  operations:
    - addColumn: {table: bookings, column: {name: note, type: text, nullable: true}}
"""


def write(folder: Path, url: str) -> None:
    """The files of a migration and of two databases."""
    (folder / "shop.yaml").write_text(DATABASE % ("shop", url), encoding="utf-8")
    away = DATABASE % ("away", "postgresql://ann@127.0.0.1:1/away")
    (folder / "away.yaml").write_text(away, encoding="utf-8")
    (folder / "notes.yaml").write_text(MIGRATION, encoding="utf-8")


def invoke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(migrations, arguments)
    return result.exit_code, result.stdout


async def test_the_server_shows_every_database_also_one_that_is_away(
    temporal_address: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bookings (id int PRIMARY KEY)")
    write(tmp_path, url)
    state = StateDir(tmp_path / "state")
    options = Options(
        state_dir=state.path,
        mesh_dir=tmp_path / "mesh",
        cluster=Cluster(address=temporal_address),
        databases=(Path("shop.yaml"), Path("away.yaml")),
    )
    told: list[str] = []
    running = asyncio.create_task(up(options, told.append))
    try:
        await eventually(lambda: running.done() or bool(told))
        run = await asyncio.to_thread(invoke, "run", "notes.yaml", "--database", "shop.yaml")
        assert run[0] == 0
        code, out = await asyncio.to_thread(invoke, "status", "--state-dir", str(state.path))
        assert (code, out.splitlines()[:3]) == (
            0,
            [
                "notes (shop, schema public)",
                "  switch is through",
                "  next: contract; the way back is open",
            ],
        )
        assert "away: database away does not answer" in out
        answer = await asyncio.to_thread(invoke, "status", "--state-dir", str(state.path), "-o", "json")
        shop, away = json.loads(answer[1])
        assert ([each["name"] for each in shop["migrations"]], away["migrations"]) == (["notes"], [])
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
