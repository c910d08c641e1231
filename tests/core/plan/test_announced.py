"""What a release takes away is looked up in the specifications on record, and with it who uses it."""

from dataclasses import dataclass, field
from datetime import date

from tests.core.worlds import catalog_of, change_of, release_of, service_of

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison, Difference, Position
from tidegate.core.contracts.evidence import Evidence, Kept
from tidegate.core.contracts.records import Origin, Party, RecordedContract, Records
from tidegate.core.contracts.retirement import Retirement
from tidegate.core.contracts.specification import Kind, Place
from tidegate.core.ids import InterfaceName, ServiceName, Version
from tidegate.core.plan.announced import announced
from tidegate.core.plan.retirement import Specified

API = InterfaceName("b-api")
GONE, OTHER = (
    Difference(
        rule="property-removed",
        position=Position.RESPONSE,
        place=Place(path=path),
        reason="it is gone",
        old_consumer_new_provider=Compatibility.BREAKING,
        new_consumer_old_provider=Compatibility.COMPATIBLE,
        part=(path,),
    )
    for path in ("GET /a", "GET /b")
)
GOES = Retirement(
    part=("GET /a",), path="GET /a", deprecated=True, sunset=date(2027, 1, 31), place=Place(path="")
)


@dataclass
class Shelf:
    """A library with one comparison, in which `uses` says what counts for whom."""

    uses: dict[str, frozenset[Difference]] = field(default_factory=dict)

    def compare(self, _: InterfaceName, old: str, new: str) -> Comparison | None:
        known = (old, new) == ("1.0.0", "2.0.0")
        return Comparison(kind=Kind.OPENAPI, differences=(GONE, OTHER)) if known else None

    def keeps(self, _: Party, __: InterfaceName, version: str, ___: tuple[str, ...]) -> Kept | None:
        raise AssertionError(version)

    def retirements(self, _: InterfaceName, version: str) -> tuple[Retirement, ...]:
        return (GOES,) if version == "1.0.0" else ()

    def counting(self, consumer: Party, _: InterfaceName, old: str, new: str) -> frozenset[Difference]:
        return self.uses.get(str(consumer), frozenset()) if (old, new) == ("1.0.0", "2.0.0") else frozenset()


def evidence(*contracts: str, uses: dict[str, frozenset[Difference]]) -> Evidence:
    parties = [contract.split(" ") for contract in contracts]
    records = tuple(
        RecordedContract(
            consumer=Party(ServiceName(service), Version(version)),
            interface=InterfaceName(interface),
            file="",
            origin=Origin(at=""),
        )
        for service, version, interface in parties
    )
    return Evidence(records=Records.of(records), library=Shelf(uses))


CATALOG = catalog_of(service_of("a", needs={"b": "^1.0.0"}), service_of("b"), service_of("c"))


def test_what_goes_is_told_with_its_announcement_and_its_users() -> None:
    """Of a: not what an earlier version used, nor of an interface that stays, nor of a service nobody knows."""
    known = evidence(
        "a 1.0.0 b-api",
        "a 0.9.0 b-api",
        "c 1.0.0 c-api",
        "gone 1.0.0 b-api",
        uses={name: frozenset({GONE}) for name in ("a 1.0.0", "a 0.9.0", "c 1.0.0", "gone 1.0.0")},
    )
    assert announced(known, CATALOG, change_of(release_of("b", offers=["2.0.0"]))) == {
        (ServiceName("b"), API): Specified(
            comparison=Comparison(kind=Kind.OPENAPI, differences=(GONE, OTHER)),
            retirements=(GOES,),
            users={GONE: (ServiceName("a"),)},
        )
    }


def test_a_consumer_in_the_change_is_asked_in_its_new_version() -> None:
    known = evidence("a 2.0.0 b-api", uses={"a 2.0.0": frozenset({OTHER})})
    change = change_of(release_of("b", offers=["2.0.0"]), release_of("a", needs={"b": "^2.0.0"}))
    (specified,) = announced(known, CATALOG, change).values()
    assert specified.users == {OTHER: (ServiceName("a"),)}


def test_nothing_is_told_of_what_stays_or_is_not_on_record() -> None:
    known = evidence(uses={})
    for offers in (["1.0.0", "2.0.0"], [], ["3.0.0"]):
        assert announced(known, CATALOG, change_of(release_of("b", offers=offers))) == {}
