"""A real Prometheus that scrapes small servers, whose metrics the tests write. Everything on loopback."""

import asyncio
import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tidegate.core.gates.evidence import Reading
from tidegate.core.telemetry import Labels, Metric, PrometheusServer, Requests, Telemetry
from tidegate.observers.prometheus import PrometheusObserver

INTERVAL = 0.2
GZIP = b"\x1f\x8b"
EXTRACTED = Path(__file__).parents[3] / ".venv/parts/prometheus/usr/bin/prometheus"
LABELS = Labels(service="app", version="version", status="code")


def binary() -> str:
    """The prometheus on PATH, else the one that `make install` puts beside the environment."""
    found = shutil.which("prometheus") or shutil.which(EXTRACTED)
    assert found, f"no prometheus on PATH and none at {EXTRACTED}: run `make install`, or install prometheus"
    return found


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


# -- small servers -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What a small server was asked."""

    path: str
    headers: Mapping[str, str]
    body: bytes


Reply = Callable[[Asked], tuple[int, bytes]]
"""Status and content of the answer."""


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, reply: Reply, *arguments: object) -> None:
        self.reply = reply
        super().__init__(*arguments)  # type: ignore[arg-type]  # socket, address and server, as they come

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, content = self.reply(Asked(path=self.path, headers=dict(self.headers), body=body))
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        if content.startswith(GZIP):
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(OSError):  # whoever asked has heard enough
            self.wfile.write(content)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - as its parent names it
        """Quiet."""


@contextmanager
def answering(reply: Reply) -> Iterator[str]:
    """The URL of a server of its own thread and port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, reply))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# -- targets -------------------------------------------------------------------------------------------------


@dataclass
class Pod:
    """One scraped process: serves whatever its counters are at the moment, in the text format."""

    labels: Mapping[str, str] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    healthy: bool = True
    port: int = 0

    def add(self, series: str, more: float = 1.0) -> None:
        self.values[series] = self.values.get(series, 0.0) + more

    def text(self) -> str:
        """`name{a="b"} 1`, with the pod's own labels in every series."""
        return "".join(f"{self._named(name)} {value}\n" for name, value in list(self.values.items()))

    def _named(self, series: str) -> str:
        name, _, rest = series.partition("{")
        own = [f'{label}="{value}"' for label, value in self.labels.items()]
        return f"{name}{{{','.join([*own, *filter(None, [rest.rstrip('}')])])}}}"


@contextmanager
def serving(pod: Pod) -> Iterator[Pod]:
    """A pod that answers on a port of its own."""
    with answering(lambda _: (200 if pod.healthy else 503, pod.text().encode())) as url:
        pod.port = int(url.rpartition(":")[2])
        yield pod


# -- Prometheus ----------------------------------------------------------------------------------------------


CONFIG = """
global: {{scrape_interval: {ms}ms, scrape_timeout: {ms}ms}}
scrape_configs:
  - job_name: unnamed
    file_sd_configs: [{{files: ["{folder}/targets.json"], refresh_interval: 100ms}}]
"""


@dataclass
class Job:
    """Some pods that are scraped together."""

    name: str
    pods: list[Pod]


@dataclass
class Server:
    """A Prometheus process in `folder`, which scrapes `jobs`."""

    folder: Path
    port: int
    jobs: Sequence[Job] = ()
    arguments: Sequence[str] = ()
    scheme: str = "http"
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.scrape(self.jobs)
        config = self.folder / "prometheus.yml"
        config.write_text(CONFIG.format(ms=int(INTERVAL * 1000), folder=self.folder))
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    binary(),
                    f"--config.file={config}",
                    f"--storage.tsdb.path={self.folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                    *self.arguments,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(self._listens)

    def scrape(self, jobs: Sequence[Job]) -> None:
        """Scrape these jobs and no others; Prometheus takes some seconds to see it."""
        groups = [
            {"targets": [f"127.0.0.1:{pod.port}" for pod in job.pods], "labels": {"job": job.name}}
            for job in jobs
        ]
        (self.folder / "targets.new").write_text(json.dumps(groups))
        (self.folder / "targets.new").replace(self.folder / "targets.json")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def _listens(self) -> bool:
        assert self.process, "not started"
        assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def asked(self, query: str) -> list[dict[str, Any]]:
        """The series that answer an instant query, each with its labels and value; none while it does not answer."""
        form = urllib.parse.urlencode({"query": query}).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query", form, timeout=5) as answer:
                found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        except OSError:
            return []
        return found

    def scraping(self) -> bool:
        """Whether every target has been scraped."""
        found = self.asked("count(up == 1 and timestamp(up) > time() - 1)")
        return bool(found) and int(found[0]["value"][1]) == sum(len(job.pods) for job in self.jobs)


@contextmanager
def running(
    folder: Path, jobs: Sequence[Job] = (), *arguments: str, scheme: str = "http"
) -> Iterator[Server]:
    """A Prometheus that scrapes all pods of its jobs."""
    server = Server(folder=folder, port=free_port(), jobs=jobs, arguments=arguments, scheme=scheme)
    try:
        server.start()
        if jobs:
            eventually(server.scraping)
        yield server
    finally:
        server.stop()


def eventually(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


def telemetry_of(url: str, job: str) -> Telemetry:
    """Requests of one job."""
    return Telemetry(
        name="test",
        prometheus=PrometheusServer(url=url, interval=INTERVAL, targets=f'up{{job="{job}"}}'),
        requests=Requests(metric=Metric(selector=f'rq_total{{job="{job}"}}'), labels=LABELS),
    )


async def read_until(observer: PrometheusObserver, holds: Callable[[Reading], object]) -> Reading:
    """The first reading of which something holds."""
    deadline = time.monotonic() + 20.0
    while not holds(reading := await observer.read()):
        assert time.monotonic() < deadline, f"not within 20 s: {reading}"
        await asyncio.sleep(INTERVAL / 2)
    return reading
