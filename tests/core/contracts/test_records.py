"""Of two records about the same thing the later one holds, in whatever order they are read."""

from itertools import permutations

from tidegate.core.contracts.records import (
    Deployment,
    Origin,
    Party,
    RecordedContract,
    RecordedSpecification,
    RecordedVersion,
    Records,
    TestResult,
)
from tidegate.core.ids import InterfaceName, ServiceName, Version

CART, PRICES = (Party(ServiceName(name), Version("1")) for name in ("cart", "prices"))
API = InterfaceName("prices-api")


def origin(day: int) -> Origin:
    return Origin(at=f"2026-11-{day:02}T00:00:00Z")


def test_the_later_record_holds() -> None:
    first, second = (
        TestResult(consumer=CART, provider=PRICES, passed=passed, origin=origin(day))
        for day, passed in ((1, False), (2, True))
    )
    for order in permutations((first, second)):
        assert Records.of(order).tests == {(CART, PRICES): second}


def test_records_are_found_by_what_they_are_about() -> None:
    contract = RecordedContract(consumer=CART, interface=API, file="p.json", origin=origin(1))
    specifications = [
        RecordedSpecification(interface=InterfaceName(name), version=version, file="", origin=origin(1))
        for name, version in (("prices-api", "1.0.0"), ("other", "3.0.0"), ("prices-api", "2.0.0"))
    ]
    version = RecordedVersion(party=CART, origin=origin(1))
    found = Records.of((contract, *specifications, version))
    assert found.contracts == {(CART, API): contract}
    assert found.versions == {CART: version}
    assert found.specified(API) == ("1.0.0", "2.0.0")


def test_deployments_are_a_history() -> None:
    parties = [Party(ServiceName("cart"), Version(v)) for v in ("1", "2", "3")]
    found = [
        Deployment(party=party, environment="production", origin=origin(day))
        for day, party in enumerate(parties, start=1)
    ]
    for order in permutations(found):
        assert Records.of(order).deployments == {"production": {"cart": tuple(found)}}


def test_an_origin_as_people_read_it() -> None:
    assert str(origin(3)) == "2026-11-03"
    assert str(Origin(at="2026-11-03T00:00:00Z", by="ci/4")) == "2026-11-03 by ci/4"
    assert str(CART) == "cart 1"
