"""SLIs, SLOs and where their data comes from, by the names of OpenSLO v1 (see `sources.openslo` for the files)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tidegate.core.errors import Location
from tidegate.core.ids import ServiceName
from tidegate.core.slo.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """Who answers queries; without a name where a metric gives only the type.

    Of its connection details only the `url` is kept: the others may be credentials.
    """

    name: str = ""
    type: str = ""
    url: str = ""
    location: Location | None = None

    @property
    def prometheus(self) -> bool:
        """Whether its queries are PromQL."""
        return self.type.casefold() == "prometheus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A query and whom to ask; the query is empty where a source of another type has it in other words."""

    source: DataSource
    query: str


class Side(StrEnum):
    """What a numerator counts."""

    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioMetric:
    """`part` of `total`: counters that only rise, or else gauges."""

    part: Metric
    side: Side
    total: Metric
    counter: bool

    @property
    def source(self) -> DataSource:
        """Whom to ask."""
        return self.total.source


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRatio:
    """A share that the source has reckoned out already; each sample counts as one event."""

    metric: Metric
    side: Side

    @property
    def source(self) -> DataSource:
        """Whom to ask."""
        return self.metric.source


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdMetric:
    """A level, each sample of which is good if it is on the right side of the objective's `value`."""

    metric: Metric

    @property
    def source(self) -> DataSource:
        """Whom to ask."""
        return self.metric.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Sli:
    """An indicator: how good and bad are told apart and counted."""

    name: str
    measure: RatioMetric | RawRatio | ThresholdMetric
    location: Location | None = None


class Op(StrEnum):
    """How a good sample of a threshold metric compares with the objective's `value`."""

    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"


class BudgetingMethod(StrEnum):
    """What the error budget is counted in.

    Occurrences: events. Timeslices: slices of time, each good or bad. RatioTimeslices: slices too, each of which is
    bad to the share that its events are.
    """

    OCCURRENCES = "Occurrences"
    TIMESLICES = "Timeslices"
    RATIO_TIMESLICES = "RatioTimeslices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """The share that must be good: `target`, between 0 and 1.

    `op` and `value` are for threshold metrics; `slice_seconds` is for both methods of slices, and `slice_target`, the
    share of its events from which a slice is good, for Timeslices only.
    """

    target: float
    name: str = ""
    op: Op | None = None
    value: float | None = None
    slice_target: float | None = None
    slice_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """A promise about a service; several objectives are promises of different strength about the same indicator."""

    name: str
    service: ServiceName
    sli: Sli
    window: Window
    method: BudgetingMethod
    objectives: tuple[Objective, ...]
    location: Location | None = None

    @property
    def unit(self) -> str:
        """What is counted."""
        if self.method is not BudgetingMethod.OCCURRENCES:
            return "slices"
        return "events" if isinstance(self.sli.measure, RatioMetric) else "samples"

    def title(self, objective: Objective) -> str:
        """The name of one objective: the SLO's, with what tells it from the others."""
        if len(self.objectives) == 1:
            return self.name
        return f"{self.name} ({objective.name or f'{objective.target:.10g}'})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service as OpenSLO files declare it; the catalog has the rest."""

    name: ServiceName
    title: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevels:
    """Everything that a folder of OpenSLO files declares, by name."""

    slos: Mapping[str, Slo]
    slis: Mapping[str, Sli]
    services: Mapping[str, Service]
    data_sources: Mapping[str, DataSource]
