"""What is on record about contracts: specifications, consumer contracts, test results, versions, deployments.

Each record says when it was made and by whom; of two about the same thing the later one holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, assert_never

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.errors import Location
from tidegate.core.ids import InterfaceName, ServiceName, Version


class Party(NamedTuple):
    """One version of one service."""

    service: ServiceName
    version: Version

    def __str__(self) -> str:
        return f"{self.service} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """When something was recorded (RFC 3339, in UTC), by whom, and where the record stands."""

    at: str
    by: str = ""
    location: Location | None = None

    def __str__(self) -> str:
        return f"{self.at[:10]}{f' by {self.by}' if self.by else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """Two versions were run against each other."""

    __test__ = False  # not a case for pytest

    consumer: Party
    provider: Party
    passed: bool
    summary: str = ""
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedContract:
    """What a consumer version needs of an interface: the path of a Pact file."""

    consumer: Party
    interface: InterfaceName
    file: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedSpecification:
    """The specification of one version of an interface: the path of a file or folder."""

    interface: InterfaceName
    version: str
    file: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedVersion:
    """What a service version offers and needs."""

    party: Party
    provides: tuple[Provision, ...] = ()
    consumes: tuple[Requirement, ...] = ()
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A version is live in an environment, from then until the next deployment of its service there."""

    party: Party
    environment: str
    origin: Origin


Record = TestResult | RecordedContract | RecordedSpecification | RecordedVersion | Deployment


@dataclass(frozen=True, kw_only=True)
class Records:
    """Everything on record, by what it is about; `deployments` are by environment and service, oldest first."""

    tests: Mapping[tuple[Party, Party], TestResult] = field(default_factory=dict)
    contracts: Mapping[tuple[Party, InterfaceName], RecordedContract] = field(default_factory=dict)
    specifications: Mapping[tuple[InterfaceName, str], RecordedSpecification] = field(default_factory=dict)
    versions: Mapping[Party, RecordedVersion] = field(default_factory=dict)
    deployments: Mapping[str, Mapping[ServiceName, tuple[Deployment, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, records: "tuple[Record, ...]") -> "Records":
        """Records in any order; what is recorded twice is what was recorded last."""
        tests: dict[tuple[Party, Party], TestResult] = {}
        contracts: dict[tuple[Party, InterfaceName], RecordedContract] = {}
        specifications: dict[tuple[InterfaceName, str], RecordedSpecification] = {}
        versions: dict[Party, RecordedVersion] = {}
        deployments: dict[str, dict[ServiceName, tuple[Deployment, ...]]] = {}
        for record in sorted(records, key=lambda record: record.origin.at):
            match record:
                case TestResult(consumer=consumer, provider=provider):
                    tests[consumer, provider] = record
                case RecordedContract(consumer=consumer, interface=interface):
                    contracts[consumer, interface] = record
                case RecordedSpecification(interface=interface, version=version):
                    specifications[interface, version] = record
                case RecordedVersion(party=party):
                    versions[party] = record
                case Deployment(party=party, environment=environment):
                    there = deployments.setdefault(environment, {})
                    there[party.service] = (*there.get(party.service, ()), record)
                case _:
                    assert_never(record)
        return cls(
            tests=tests,
            contracts=contracts,
            specifications=specifications,
            versions=versions,
            deployments=deployments,
        )

    def specified(self, interface: InterfaceName) -> tuple[str, ...]:
        """The versions of an interface whose specification is on record."""
        return tuple(version for name, version in self.specifications if name == interface)
