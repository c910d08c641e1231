"""How a Prometheus is reached: its own basic authentication and TLS, a token that a proxy asks for, and refusals."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tidegate.core.errors import Unavailable
from tidegate.core.telemetry import Basic, Bearer, PrometheusServer, Secret, Tls
from tidegate.observers.prometheus import Prometheus

from .worlds import Reply, Server, answering, running

PASSWORD = "kept-in-a-file"
HASHED = "$2b$04$abcdefghijklmnopqrstuux2qKB633g/A7W8NYAw0VkcqFJ/uiZNa"
WEB = """
tls_server_config: {{cert_file: server.crt, key_file: server.key, client_ca_file: ca.crt, client_auth_type: RequireAndVerifyClientCert}}
basic_auth_users: {{tide: "{hashed}"}}
"""  # noqa: E501 - one line of a configuration


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def authority(folder: Path, name: str) -> None:
    openssl(
        folder,
        *(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
        ),
        *("-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt"),
    )


def certificate(folder: Path, name: str, host: str) -> None:
    """A certificate of `ca` for a host."""
    (folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{host}\n")
    openssl(
        folder,
        *(
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            f"/CN={host}",
        ),
        *("-keyout", f"{name}.key", "-out", f"{name}.csr"),
    )
    openssl(
        folder,
        *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"),
        *("-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.crt"),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys and certificates, and the password."""
    folder = tmp_path_factory.mktemp("secure")
    authority(folder, "ca")
    authority(folder, "stranger")
    certificate(folder, "server", "prometheus.test")
    certificate(folder, "client", "tidegate.test")
    (folder / "password").write_text(f"{PASSWORD}\n")
    (folder / "wrong").write_text("guessed\n")
    return folder


@pytest.fixture(scope="module")
def secure(folder: Path) -> Iterator[Server]:
    web = folder / "web.yml"
    web.write_text(WEB.format(hashed=HASHED))
    with running(folder, (), f"--web.config.file={web}", scheme="https") as server:
        yield server


@pytest.fixture
def access(secure: Server, folder: Path) -> PrometheusServer:
    """What a Telemetry file says that reaches `secure`."""
    files = {
        name: str(folder / file)
        for name, file in [("ca", "ca.crt"), ("cert", "client.crt"), ("key", "client.key")]
    }
    return PrometheusServer(
        url=secure.url,
        timeout=5.0,
        auth=Basic(username="tide", password=Secret(file=str(folder / "password"))),
        tls=Tls(server_name="prometheus.test", **files),
    )


async def refusal(server: PrometheusServer) -> str:
    async with Prometheus.of(server) as client:
        with pytest.raises(Unavailable) as refused:
            await client.now()
    return str(refused.value)


@pytest.mark.real
async def test_both_sides_prove_who_they_are_and_the_user_logs_in(
    access: PrometheusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDE_PASSWORD", PASSWORD)
    async with Prometheus.of(access) as client:
        assert await client.now() > 0
    by_variable = Basic(username="tide", password=Secret(variable="TIDE_PASSWORD"))
    async with Prometheus.of(replace(access, auth=by_variable)) as client:
        assert await client.now() > 0


@pytest.mark.real
async def test_refusals_say_what_is_wrong_and_never_the_secret(
    access: PrometheusServer, folder: Path
) -> None:
    tls = access.tls or Tls()
    basic = Basic(username="tide", password=Secret(file=str(folder / "wrong")))
    url = access.url
    assert await refusal(replace(access, auth=basic)) == (
        f"{url} answers 401 (check spec.prometheus.auth: user, password or token)"
    )
    assert await refusal(replace(access, auth=None)) == (
        f"{url} answers 401 (check spec.prometheus.auth: user, password or token)"
    )
    stranger = replace(tls, ca=str(folder / "stranger.crt"))
    assert "certificate verify failed" in await refusal(replace(access, tls=stranger))
    assert "certificate is not valid for '127.0.0.1'" in await refusal(
        replace(access, tls=replace(tls, server_name=""))
    )
    unproven = replace(tls, cert="", key="")
    assert f"{url} does not answer" in await refusal(replace(access, tls=unproven))
    absent = replace(tls, ca=str(folder / "absent.crt"))
    assert await refusal(replace(access, tls=absent)) == (
        f"cannot load the certificates for {url} from {absent.ca} or {tls.cert} or {tls.key}: "
        "No such file or directory (spec.prometheus.tls names PEM files)"
    )


# -- a token -------------------------------------------------------------------------------------------------


ONE = b'{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}'


def gate(token: str) -> Reply:
    """Lets in whoever brings the token."""
    return lambda asked: (200, ONE) if asked.headers["Authorization"] == f"Bearer {token}" else (401, b"who?")


async def test_a_token_is_read_anew_for_every_request(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")
    with answering(gate("second")) as url:
        async with Prometheus(url, auth=Bearer(token=Secret(file=str(token)))) as client:
            with pytest.raises(Unavailable, match="401"):
                await client.now()
            token.write_text("second\n")
            assert await client.now() == 1.0


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("secret", "content", "message"),
    [
        (Secret(file="token"), None, "cannot read the secret in file token: No such file or directory"),
        (Secret(variable="UNSET"), None, "cannot read the secret in variable UNSET: it is not set"),
        (Secret(file="token"), b" \n", "the secret in file token is empty or of several lines"),
        (Secret(file="token"), b"a\nb", "the secret in file token is empty or of several lines"),
        (Secret(file="token"), b"\xff\xfe", "cannot read the secret in file token: it is not text"),
        (Secret(file="token"), "é".encode(), "the token in file token is not ASCII"),
    ],
)
async def test_a_secret_that_is_none(secret: Secret, content: bytes | None, message: str, here: Path) -> None:
    if content is not None:
        (here / "token").write_bytes(content)
    told = await refusal(PrometheusServer(url="http://127.0.0.1:9", auth=Bearer(token=secret)))
    assert told == f"{message} (see spec.prometheus.auth)"
