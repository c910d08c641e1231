"""Flags beside rollouts: `tidegate up --flags`, on a Temporal that is there already."""

import asyncio
import json
from pathlib import Path

import pytest
from tests.server.flags.test_serve import WHY, Served, document, eventually, published

from tidegate.server.flags.serving import FlagOptions
from tidegate.server.up import Options, up
from tidegate.temporal.client import Cluster
from tidegate.temporal.state_dir import StateDir

pytestmark = pytest.mark.real


async def test_flags_are_served_guarded_and_switched_by_the_api_of_rollouts(
    temporal_address: str, tmp_path: Path
) -> None:
    file, state = tmp_path / "flags.json", StateDir(tmp_path / "state")
    file.write_text(json.dumps(document("on")))
    options = Options(
        state_dir=state.path,
        mesh_dir=tmp_path / "mesh",
        cluster=Cluster(address=temporal_address),
        flags=FlagOptions(files=(file,), grpc_port=0),
    )
    served = Served(state)
    running = asyncio.create_task(up(options, served.told.append))
    await eventually(lambda: running.done() or published(served))
    try:
        assert state.api().url == served.address.url
        assert (await served.ask("POST", "/ofrep/v1/evaluate/flags")).status_code == 401
        reader = {"X-API-Key": state.flags_token()}
        assert await served.value(headers=reader) is True
        assert (await served.ask("GET", "/v1/rollouts", reader)).status_code == 401
        assert (await served.ask("GET", "/v1/rollouts", served.api)).json() == []
        off = await served.ask("POST", "/v1/flags/instant-refund/off", served.api, WHY)
        assert (off.status_code, await served.value(headers=reader)) == (200, False)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert not published(served)
