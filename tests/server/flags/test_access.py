"""Who may read what is served."""

from collections.abc import Mapping

import httpx
import pytest
from tests.server.flags.asking import (
    ACCESS,
    API_TOKEN,
    OPEN,
    TOKEN,
    MemoryFlags,
    asking,
    flag,
    reading,
    set_of,
)

from tidegate.server.flags.access import Access

ASKED = [
    ("POST", "/ofrep/v1/evaluate/flags"),
    ("POST", "/ofrep/v1/evaluate/flags/a"),
    ("GET", "/flags.json"),
]
KNOWN: list[Mapping[str, str]] = [
    {"X-API-Key": TOKEN},
    {"X-API-Key": API_TOKEN},
    {"Authorization": f"Bearer {TOKEN}"},
    {"Authorization": f"bearer  {API_TOKEN}"},
    {"Authorization": "Basic x", "X-API-Key": TOKEN},
    {"X-API-Key": TOKEN, "Host": "flags.example"},
]
STRANGE: list[Mapping[str, str]] = [
    {},
    {"X-API-Key": ""},
    {"X-API-Key": "wrong"},
    {"X-API-Key": f"{TOKEN}, x"},
    {"X-API-Key": ACCESS.ticket},
    {"Authorization": TOKEN},
    {"Authorization": f"Basic {TOKEN}"},
    {"Authorization": "Bearer "},
    {"Authorization": "Bearer \u00fc"},
]


async def status(access: Access, headers: Mapping[str, str], asked: tuple[str, str] = ASKED[0]) -> int:
    return (await answered(access, headers, asked)).status_code


async def answered(access: Access, headers: Mapping[str, str], asked: tuple[str, str]) -> httpx.Response:
    flags = MemoryFlags(set_of(flag("a")))
    encoded = {name.encode(): value.encode() for name, value in headers.items()}
    async with asking(reading(flags, access), {}) as http:
        return await http.request(*asked, headers=encoded)


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("access", [ACCESS, OPEN])
@pytest.mark.parametrize("headers", KNOWN)
async def test_whoever_has_a_token_may_read(
    asked: tuple[str, str], access: Access, headers: Mapping[str, str]
) -> None:
    assert await status(access, headers, asked) == 200


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("headers", STRANGE)
async def test_others_may_where_the_door_is_open(asked: tuple[str, str], headers: Mapping[str, str]) -> None:
    assert (await status(ACCESS, headers, asked), await status(OPEN, headers, asked)) == (401, 200)


@pytest.mark.parametrize("asked", ASKED)
async def test_a_ticket_for_events_opens_nothing_else(asked: tuple[str, str]) -> None:
    method, path = asked
    assert await status(ACCESS, {}, (method, f"{path}?ticket={ACCESS.ticket}")) == 401


@pytest.mark.parametrize(
    ("host", "wanted"),
    [
        ("127.0.0.1:8016", 200),
        ("localhost:1", 200),
        ("localhost", 200),
        ("[::1]:8016", 200),
        ("flags.example:8016", 403),
        ("127.0.0.1.example", 403),
        ("", 403),
    ],
)
async def test_an_open_door_has_names_that_only_this_machine_has(host: str, wanted: int) -> None:
    """A page of a name that leads here would otherwise read what is served."""
    assert await status(OPEN, {"Host": host}) == wanted


@pytest.mark.parametrize("access", [ACCESS, OPEN])
@pytest.mark.parametrize("headers", [{}, {"X-API-Key": TOKEN}])
async def test_pages_may_not(access: Access, headers: Mapping[str, str]) -> None:
    assert await status(access, {**headers, "Origin": "https://shop.example"}) == 403


async def test_what_strangers_are_told() -> None:
    answer = await answered(ACCESS, {}, ASKED[1])
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json() == {"key": "a", "errorDetails": "a token that may read flags is needed"}


def test_tickets_differ_and_do_not_tell_the_token() -> None:
    other = Access(token="another", also=API_TOKEN)
    assert ACCESS.ticket == OPEN.ticket != other.ticket
    assert TOKEN not in ACCESS.ticket
