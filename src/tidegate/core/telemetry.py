"""What a team measures and where: the value of a Telemetry file, as observers use it.

Times are in seconds, latencies in milliseconds. A secret is never part of it, only the place where it is found.
Paths are absolute or relative to the working directory.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tidegate.core.ids import ServiceName

Unit = Literal["seconds", "milliseconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Where a secret is found: a file, or else a variable of the environment."""

    file: str = ""
    variable: str = ""

    def __str__(self) -> str:
        return f"file {self.file}" if self.file else f"variable {self.variable}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basic:
    """Basic authentication."""

    username: str
    password: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """A token in the Authorization header."""

    token: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Files in PEM form; `ca` takes the place of the system's authorities, `server_name` that of the URL's host."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    server_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusServer:
    """A Prometheus and how it is reached; `interval` is how often it scrapes what is asked for.

    `targets` selects the `up` series of the targets that are relied upon.
    """

    url: str
    interval: float = 15.0
    timeout: float = 10.0
    targets: str = "up"
    auth: Basic | Bearer | None = None
    tls: Tls | None = None


NOBODY = PrometheusServer(url="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Which label says what; an empty name says that none does."""

    service: str
    version: str
    instance: str = "instance"
    caller: str = ""
    caller_version: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """Series as they were scraped: the name of a metric, with matchers in braces if need be."""

    selector: str

    @property
    def name(self) -> str:
        """The metric, without matchers."""
        return self.selector.partition("{")[0]

    def extended(self, suffix: str) -> "Metric":
        """The metric whose name goes on with `suffix`, with the same matchers."""
        name, brace, matchers = self.selector.partition("{")
        return Metric(selector=f"{name}{suffix}{brace}{matchers}")

    def narrowed(self, *added: str) -> "Metric":
        """The series that these matchers select, too."""
        name, _, matchers = self.selector.partition("{")
        given = matchers.removesuffix("}").strip().rstrip(",")
        return Metric(selector=f"{name}{{{','.join([*filter(None, [given]), *added])}}}")

    def __str__(self) -> str:
        return self.selector


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A PromQL expression that gives one series for each version, or for each of its instances."""

    expression: str

    def __str__(self) -> str:
        return self.expression


Source = Metric | Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """A counter of requests; `bad` and `rejected` are patterns that a whole status matches.

    Where a counter of its own has those that `failed`, `metric` has all of them, and no status is looked at. `path` is
    where the file says it.
    """

    metric: Metric
    labels: Labels
    bad: str = "5..|0"
    rejected: str = "4.."
    failed: Metric | None = None
    path: str = "spec.requests.metric"


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """A classic histogram of how long answers took.

    Where `labels.status` names a label, only answers that are neither bad nor rejected count. An answer above
    `threshold_ms` is slow.
    """

    histogram: Metric
    labels: Labels
    unit: Unit = "seconds"
    threshold_ms: float | None = None
    path: str = "spec.latency.histogram"

    @property
    def buckets(self) -> Metric:
        """The counters of the histogram's buckets."""
        return self.histogram.extended("_bucket")


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioSource:
    """A ratio of a team's own: attempts, and those of them that were `bad`, or else those that were `good`."""

    name: str
    labels: Labels
    total: Source
    bad: Source | None = None
    good: Source | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSource:
    """A level of a team's own, such as memory, of every instance of a version."""

    name: str
    labels: Labels
    value: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """The data points of one pushed metric that have all of these attributes, values written as text."""

    metric: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    def takes(self, metric: str, attributes: Mapping[str, str]) -> bool:
        """Whether a data point is one of them."""
        return metric == self.metric and self.attributes.items() <= attributes.items()


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedRatio:
    """A share of attempts that are bad, such as checkouts that failed; both are monotonic sums."""

    name: str
    requests: Selector
    bad: Selector


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedLevel:
    """A height that each instance has, such as memory: a gauge, or a sum that may fall.

    Points of one instance that differ in attributes are added up, so a gauge for which that makes no sense is
    selected by its attributes.
    """

    name: str
    of: Selector


@dataclass(frozen=True, slots=True, kw_only=True)
class Otlp:
    """What of all that applications and browsers push by OTLP is evidence, and which browsers may push.

    `front_ends` run in browsers: of them only ratios are counted, per session; they push with the ingest token from
    pages of `origins`. `interval` is how often applications push; who is silent for three times as long is stale.
    """

    interval: float = 60.0
    ratios: tuple[PushedRatio, ...] = ()
    levels: tuple[PushedLevel, ...] = ()
    front_ends: frozenset[ServiceName] = frozenset()
    origins: frozenset[str] = frozenset()
    ingest_token: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """Everything that is measured in one environment, by a Prometheus, by pushes, or both.

    Requests, latency, ratios and levels are what Prometheus is asked for; one without a URL is not asked.
    """

    name: str
    prometheus: PrometheusServer = NOBODY
    otlp: Otlp | None = None
    requests: Requests | None = None
    latency: Latency | None = None
    ratios: tuple[RatioSource, ...] = ()
    levels: tuple[LevelSource, ...] = ()
