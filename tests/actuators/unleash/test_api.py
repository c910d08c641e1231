"""What Unleash, or what stands where it should, may answer: an error that says who must act, and never the token."""

import socket
import time
from pathlib import Path

import pytest
from tests.observers.prometheus.worlds import Asked, answering

from tidegate.actuators.unleash import api as module
from tidegate.actuators.unleash.api import UnleashApi
from tidegate.core.errors import EffectFailed, Unavailable
from tidegate.core.ids import FlagKey
from tidegate.core.telemetry import Secret
from tidegate.sources.flag_systems import FlagSystem, UnleashServer

TOKEN = "*:*.secret-words"


def client(url: str, folder: Path, timeout: float = 5.0) -> UnleashApi:
    file = folder / "token"
    file.write_text(TOKEN)
    server = UnleashServer(url=url, environment="live", token=Secret(file=str(file)), timeout=timeout)
    return UnleashApi(FlagSystem(name="ours", unleash=server))


async def said(api: UnleashApi) -> tuple[type[Exception], str]:
    """The error of asking for a flag."""
    with pytest.raises((EffectFailed, Unavailable)) as failure:
        await api.feature(FlagKey("a/b"))
    await api.aclose()
    assert TOKEN not in str(failure.value)
    return type(failure.value), str(failure.value)


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (
            400,
            b'{"details": [{"message": "no such thing"}]}',
            EffectFailed,
            " refuses with 400: no such thing",
        ),
        (403, b'{"message": "may not\\n"}', EffectFailed, " refuses with 403: 'may not\\n'"),
        (409, b"[]", EffectFailed, " refuses with 409"),
        (422, TOKEN.encode().join([b'{"message": "', b'"}']), EffectFailed, " refuses with 422: …"),
        (401, b"", Unavailable, " answers 401 (check spec.unleash.token: Unleash does not know it)"),
        (302, b"", Unavailable, " answers 302 (set spec.unleash.url to the address that it redirects to)"),
        (429, b"", Unavailable, " answers 429 (wait, or allow more requests there)"),
        (500, b'{"message": "oh"}', Unavailable, " answers 500: oh (see the log of Unleash)"),
        (503, b"<html>", Unavailable, " answers 503 (is Unleash up behind its proxy?)"),
    ],
)
async def test_answers_that_are_no_good(
    tmp_path: Path, status: int, body: bytes, error: type[Exception], words: str
) -> None:
    with answering(lambda _: (status, body)) as url:
        assert await said(client(url, tmp_path)) == (error, f"flag system 'ours' ({url}){words}")


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b"null", b"{}", b'{"environments": [{}]}', b"[" * 100_000, b"\xff"]
)
async def test_answers_of_something_else(tmp_path: Path, body: bytes) -> None:
    with answering(lambda _: (200, body)) as url:
        error, words = await said(client(url, tmp_path))
    assert (error, words.partition("answers")[2]) == (
        Unavailable,
        " with something that is not Unleash's admin API (check spec.unleash.url: it ends before /api)",
    )


async def test_an_answer_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_BYTES", 1000)
    with answering(lambda _: (200, b" " * 2000)) as url:
        error, words = await said(client(url, tmp_path))
    assert (error, words.partition("answers")[2]) == (
        Unavailable,
        " with more than 1000 bytes (is it Unleash?)",
    )


async def test_an_answer_that_takes_too_long(tmp_path: Path) -> None:
    def slow(_: Asked) -> tuple[int, bytes]:
        time.sleep(0.5)
        return 200, b"{}"

    with answering(slow) as url:
        error, words = await said(client(url, tmp_path, timeout=0.1))
    assert (error, "does not answer: no answer within 0.1 s" in words) == (Unavailable, True)


async def test_nobody_there(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        error, words = await said(client(f"http://127.0.0.1:{closed.getsockname()[1]}", tmp_path))
    assert (error, "does not answer" in words) == (Unavailable, True)


@pytest.mark.parametrize("token", ["", "two\nlines", "naïve"])
async def test_a_token_that_cannot_be_one(tmp_path: Path, token: str) -> None:
    api = client("http://127.0.0.1:1", tmp_path)
    (tmp_path / "token").write_text(token)
    error, words = await said(api)
    assert (error, "spec.unleash.token" in words) == (Unavailable, True)


async def test_authorities_that_cannot_be_loaded(tmp_path: Path) -> None:
    secret = Secret(file=str(tmp_path / "token"))
    (tmp_path / "token").write_text(TOKEN)
    server = UnleashServer(url="https://127.0.0.1:1", environment="live", token=secret, ca="nosuch.pem")
    error, words = await said(UnleashApi(FlagSystem(name="ours", unleash=server)))
    expected = "cannot load nosuch.pem: No such file or directory (see spec.unleash.ca)"
    assert (error, words) == (Unavailable, expected)


async def test_names_are_one_part_of_the_path_and_the_token_is_a_header(tmp_path: Path) -> None:
    asked: list[Asked] = []

    def noted(each: Asked) -> tuple[int, bytes]:
        asked.append(each)
        return 404, b"{}"

    with answering(noted) as url:
        api = client(f"{url}/flags", tmp_path)
        assert await api.feature(FlagKey("a/../b?c")) is None
        await api.aclose()
    assert asked[0].path == "/flags/api/admin/projects/default/features/a%2F..%2Fb%3Fc"
    assert asked[0].headers["Authorization"] == TOKEN
