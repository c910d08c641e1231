"""A client of Prometheus' HTTP API, and of what speaks it (Thanos, Mimir, VictoriaMetrics).

    async with Prometheus("http://localhost:9090") as prometheus:
        answer = await prometheus.query('http_requests_total{job="shop"}[2m]', at=1764000000.0)

Answers are bounded in size and time. Nothing of the environment is used: no proxies, no .netrc. Secrets are read
anew for every request, so one that is replaced is seen, and never become part of a message.
"""

import asyncio
import json
import ssl
from base64 import b64encode
from collections.abc import Mapping
from functools import cached_property
from math import isfinite
from types import TracebackType
from typing import Any, Final, Self

import httpx

from tidegate.core.errors import Unavailable
from tidegate.core.telemetry import Basic, Bearer, PrometheusServer, Tls
from tidegate.observers.prometheus.series import Answer, Sample, Series
from tidegate.sources.secrets import secret_in
from tidegate.sources.words import quoted

ANSWER_BYTES: Final = 32 * 1024 * 1024
ERROR_LENGTH: Final = 500


class BadQuery(Unavailable):
    """Prometheus refuses one query: it is wrong, or asks for too much. Others can be answered."""


class Prometheus:
    """Asks the Prometheus at `url`; raises `Unavailable` where there is no answer, `timeout` in seconds."""

    def __init__(
        self,
        url: str,
        *,
        auth: Basic | Bearer | None = None,
        tls: Tls | None = None,
        timeout: float = 10.0,
        answer_bytes: int = ANSWER_BYTES,
    ) -> None:
        self.url = url.rstrip("/")
        self._auth = auth
        self._tls = tls
        self._timeout = timeout
        self._answer_bytes = answer_bytes

    @classmethod
    def of(cls, server: PrometheusServer) -> Self:
        """The client for what a Telemetry file says."""
        return cls(server.url, auth=server.auth, tls=server.tls, timeout=server.timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        if "_client" in self.__dict__:
            await self._client.aclose()

    async def query(self, expression: str, at: float | None = None) -> Answer:
        """The answer at an instant (seconds since 1970; Prometheus' own now if absent).

        A range selector such as `metric[2m]` gives raw samples. Raises `BadQuery` where it is this query that
        Prometheus refuses.
        """
        form = {"query": expression, "timeout": f"{self._timeout:g}s"}
        if at is not None:
            form["time"] = f"{at:.3f}"
        try:
            body = await self._asked("POST", "/api/v1/query", form)
        except BadQuery as error:
            raise BadQuery(f"{quoted(expression)}: {error.message}", error.hint) from None
        try:
            return await asyncio.to_thread(_answer, body)
        except _NativeHistogram:
            message = f"{quoted(expression)} gives native histograms"
            raise BadQuery(message, "ask for a metric with classic buckets") from None
        except (AttributeError, LookupError, TypeError, ValueError, OverflowError):
            raise self._strange() from None

    async def names(self) -> tuple[str, ...]:
        """The metrics that Prometheus knows, whether they have samples now or not."""
        body = await self._asked("GET", "/api/v1/label/__name__/values", {})
        names = body.get("data")
        if not isinstance(names, list):
            raise self._strange()
        return tuple(map(str, names))

    async def now(self) -> float:
        """Prometheus' clock, in seconds since 1970."""
        answer = await self.query("time()")
        if answer.kind != "scalar":
            raise self._strange()
        return answer.series[0].samples[0][1]

    # -- one request -----------------------------------------------------------------------------------------

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            verify=self._trust(), timeout=self._timeout, trust_env=False, follow_redirects=False
        )

    def _trust(self) -> ssl.SSLContext | bool:
        """What TLS trusts, and who it says we are; nothing to load where there is none."""
        if not self.url.startswith("https:"):
            return False
        tls = self._tls or Tls()
        try:
            context = ssl.create_default_context(cafile=tls.ca or None)
            if tls.cert:
                context.load_cert_chain(tls.cert, tls.key or None)
        except OSError as error:
            files = " or ".join(filter(None, (tls.ca, tls.cert, tls.key)))
            reason = error.strerror or str(error)
            hint = "spec.prometheus.tls names PEM files"
            raise Unavailable(
                f"cannot load the certificates for {self.url} from {files}: {reason}", hint
            ) from None
        return context

    async def _asked(self, method: str, path: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(self._timeout):
                status, content = await self._sent(method, path, form)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:  # a refused certificate is an OSError
            raise self._silent(error) from None
        return await asyncio.to_thread(self._body, status, content)

    async def _sent(self, method: str, path: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and content; nothing is decompressed, so that a small answer cannot unfold into a large one."""
        headers = {"Accept-Encoding": "identity", **await asyncio.to_thread(_authorization, self._auth)}
        named = {"sni_hostname": self._tls.server_name} if self._tls and self._tls.server_name else {}
        request = self._client.stream(
            method, self.url + path, data=dict(form) or None, headers=headers, extensions=named
        )
        content = bytearray()
        async with request as response:
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > self._answer_bytes:
                    message = f"{self.url} answers with more than {self._answer_bytes} bytes"
                    raise BadQuery(message, "narrow what is asked for with matchers")
        return response.status_code, bytes(content)

    def _silent(self, error: Exception) -> Unavailable:
        """No answer came at all."""
        if isinstance(error, (httpx.TimeoutException, TimeoutError)):
            reason = f"no answer within {self._timeout:g} s"
        else:
            reason = str(error) or type(error).__name__
        return Unavailable(
            f"{self.url} does not answer: {reason}", "is Prometheus up and reachable from here?"
        )

    def _body(self, status: int, content: bytes) -> Mapping[str, Any]:
        """The body of a good answer; what Prometheus says against the query, or what else is wrong."""
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            body = None
        if isinstance(body, dict) and body.get("status") == "success" and status == httpx.codes.OK:
            return body
        if status in _NEXT:
            raise Unavailable(f"{self.url} answers {status}", _NEXT[status])
        if not isinstance(body, dict) or body.get("status") != "error":
            if status == httpx.codes.SERVICE_UNAVAILABLE:
                raise Unavailable(f"{self.url} is not ready", "wait until Prometheus has started")
            raise self._strange(status)
        words = str(body.get("error", ""))[:ERROR_LENGTH]
        if status in (httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY):
            raise BadQuery(words, "mend the expression")
        raise Unavailable(f"{self.url} answers {status}: {words}", "see the log of Prometheus")

    def _strange(self, status: int | None = None) -> Unavailable:
        said = f" {status}" if status else ""
        return Unavailable(
            f"{self.url} answers{said} with something that is not Prometheus' API",
            "check spec.prometheus.url",
        )


_NEXT: Final[Mapping[int, str]] = {
    401: "check spec.prometheus.auth: user, password or token",
    403: "check spec.prometheus.auth: this login may not query",
    404: "check spec.prometheus.url: it ends before /api/v1",
    **dict.fromkeys((301, 302, 303, 307, 308), "set spec.prometheus.url to the address that it redirects to"),
    **dict.fromkeys((502, 504), "is Prometheus up behind its proxy?"),
}

# -- secrets -------------------------------------------------------------------------------------------------


def _authorization(auth: Basic | Bearer | None) -> Mapping[str, str]:
    """The header that logs in."""
    if auth is None:
        return {}
    if isinstance(auth, Bearer):
        token = secret_in(auth.token, "spec.prometheus.auth")
        if not token.isascii():
            raise Unavailable(f"the token in {auth.token} is not ASCII", "see spec.prometheus.auth")
        return {"Authorization": f"Bearer {token}"}
    login = f"{auth.username}:{secret_in(auth.password, 'spec.prometheus.auth')}"
    return {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}


# -- answers -------------------------------------------------------------------------------------------------


class _NativeHistogram(Exception):  # noqa: N818 - never leaves this file
    """A sample is a histogram of its own."""


def _answer(body: Mapping[str, Any]) -> Answer:
    """A checked body as a value; raises the errors of a wrong shape."""
    data = body["data"]
    kind, result = data["resultType"], data["result"]
    warnings = tuple(map(str, body.get("warnings") or ()))
    if kind not in ("vector", "matrix", "scalar", "string"):
        raise ValueError(kind)
    if kind == "string":
        return Answer(kind=kind, warnings=warnings)
    if kind == "scalar":
        return Answer(kind=kind, series=(Series(labels={}, samples=(_sample(result),)),), warnings=warnings)
    return Answer(kind=kind, series=tuple(map(_series, result)), warnings=warnings)


def _series(item: Mapping[str, Any]) -> Series:
    if "histogram" in item or "histograms" in item:
        raise _NativeHistogram
    samples = item["values"] if "values" in item else [item["value"]]
    if not samples:
        raise ValueError("a series without samples")
    labels = {str(name): str(value) for name, value in item["metric"].items()}
    return Series(labels=labels, samples=tuple(map(_sample, samples)))


def _sample(pair: tuple[float, str]) -> Sample:
    at, value = pair
    if not isfinite(at):
        raise ValueError(at)
    return float(at), float(value)
