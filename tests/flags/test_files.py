"""Files that change are served as soon as they are good; what is wrong with them is told once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tidegate.core.errors import Problem, Refused, Unavailable
from tidegate.core.flags.definitions import FlagSet
from tidegate.core.ids import FlagKey
from tidegate.flags import files as files_module
from tidegate.flags.desk import FlagDesk
from tidegate.flags.files import FlagFiles

from .desks import boolean, desk_in, flag_set

PATIENCE = 20.0


def keys_in(paths: Sequence[Path]) -> FlagSet:
    """A file here is a list of keys."""
    try:
        keys = " ".join(path.read_text() for path in paths).split()
    except OSError as error:
        raise Refused([Problem(message="it is not there")]) from error
    if "wrong" in keys:
        raise Refused([Problem(message="'wrong' is no flag"), Problem(message="nor is anything")])
    return flag_set(*(boolean(FlagKey(key)) for key in keys))


@asynccontextmanager
async def followed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[FlagDesk, asyncio.Queue[str]]]:
    """A desk that follows the file `flags` of a folder, and what is told of it."""
    monkeypatch.setattr(files_module, "LOOK_SECONDS", 0.001)
    (folder / "flags").write_text("basket")
    files, told = FlagFiles([folder / "flags"], keys_in), asyncio.Queue[str]()
    async with desk_in(folder, files.read()) as desk:
        following = asyncio.create_task(files.follow(desk, told.put_nowait))
        try:
            yield desk, told
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


def replaced(folder: Path, keys: str) -> None:
    """As editors and clusters do: another file takes the place of the old."""
    (folder / "new").write_text(keys)
    (folder / "new").replace(folder / "flags")


async def heard(told: asyncio.Queue[str]) -> str:
    return await asyncio.wait_for(told.get(), PATIENCE)


async def test_a_good_version_is_served_a_bad_one_is_told_and_what_was_good_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with followed(tmp_path, monkeypatch) as (desk, told):
        replaced(tmp_path, "basket refund")
        assert await heard(told) == "the flag files were read again: 2 defined"
        before = desk.served()
        replaced(tmp_path, "wrong")
        assert (
            await heard(told) == "what was served before stays served:\n'wrong' is no flag\nnor is anything"
        )
        (tmp_path / "flags").unlink()
        assert await heard(told) == "what was served before stays served:\nit is not there"
        assert list(desk.served().flags.flags) == ["basket", "refund"]
        assert desk.served() is before
        replaced(tmp_path, "search")
        assert await heard(told) == "the flag files were read again: 1 defined"
        assert list(desk.served().flags.flags) == ["search"]
        assert told.empty()


async def test_a_good_version_is_not_lost_while_the_store_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve, failures = FlagDesk.with_base, iter([Unavailable("the store is away")])

    async def fails_once(desk: FlagDesk, base: FlagSet) -> None:
        for failure in failures:
            raise failure
        await serve(desk, base)

    async with followed(tmp_path, monkeypatch) as (desk, told):
        monkeypatch.setattr(FlagDesk, "with_base", fails_once)
        replaced(tmp_path, "refund")
        assert await heard(told) == "what was served before stays served: the store is away"
        assert await heard(told) == "the flag files were read again: 1 defined"
        assert list(desk.served().flags.flags) == ["refund"]
