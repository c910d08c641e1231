"""A version can be live where every version beside it works with it; going back is asked in the same way."""

from tidegate.core.catalog import Catalog, Provision, Requirement, Service
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.records import Deployment, Origin, Party, RecordedVersion, Records
from tidegate.core.ids import InterfaceName, ServiceName, Version
from tidegate.core.plan.deployable import Answer, can_be_live, deployed, earlier, environment_of
from tidegate.core.plan.live import by_ranges

CART, PRICES, WEB = map(ServiceName, ("cart", "prices", "web"))
API = InterfaceName("prices-api")


def service(name: ServiceName, version: str, *, offers: str = "", needs: str = "") -> Service:
    return Service(
        name=name,
        version=Version(version),
        provides=(Provision(interface=API, versions=(offers,)),) if offers else (),
        consumes=(Requirement(interface=API, range=needs),) if needs else (),
    )


def recorded(party: Service) -> RecordedVersion:
    assert party.version is not None
    return RecordedVersion(
        party=Party(party.name, party.version),
        provides=party.provides,
        consumes=party.consumes,
        origin=Origin(at=""),
    )


def deployment(name: ServiceName, version: str, day: int) -> Deployment:
    party = Party(name, Version(version))
    return Deployment(party=party, environment="production", origin=Origin(at=f"2026-11-{day:02}"))


CATALOG = Catalog(
    services={
        CART: service(CART, "1", needs="^1.0.0"),
        PRICES: service(PRICES, "1", offers="1.0.0"),
        WEB: service(WEB, "1"),
    }
)


def asked(wanted: Service, there: Catalog = CATALOG) -> Answer:
    return can_be_live(there, "production", wanted, by_ranges)


def shown(answer: Answer) -> list[str]:
    return [str(pair) for pair in answer.pairs]


def test_a_provider_is_judged_against_its_consumers() -> None:
    assert asked(service(PRICES, "2", offers="1.5.0")).answer is Compatibility.COMPATIBLE
    answer = asked(service(PRICES, "2", offers="2.0.0"))
    assert answer.answer is Compatibility.BREAKING
    assert shown(answer) == [
        "cart 1 does not work with prices 2: it needs prices-api ^1.0.0, provided as 2.0.0"
    ]


def test_a_consumer_is_judged_against_its_providers() -> None:
    answer = asked(service(CART, "2", needs="^2.0.0"))
    assert shown(answer) == [
        "cart 2 does not work with prices 1: it needs prices-api ^2.0.0, provided as 1.0.0"
    ]


def test_what_nobody_there_provides_is_named() -> None:
    alone = Catalog(services={WEB: CATALOG.services[WEB]})
    answer = asked(service(CART, "2", needs="^1.0.0"), alone)
    assert (answer.pairs, answer.answer) == ((), Compatibility.BREAKING)
    assert answer.unmet == ("cart needs prices-api, which nobody provides in production",)


def test_what_it_provides_itself_is_not_missed() -> None:
    own = service(CART, "2", offers="1.0.0", needs="^1.0.0")
    assert asked(own, Catalog(services={})).answer is Compatibility.COMPATIBLE


def test_a_version_is_known_from_its_record_or_from_the_catalog() -> None:
    new = service(CART, "2", needs="^2.0.0")
    stranger = service(ServiceName("tax"), "1", offers="3.0.0")
    records = Records.of((recorded(new), recorded(stranger)))
    assert deployed(CATALOG, records, Party(CART, Version("2"))) == new
    assert deployed(CATALOG, records, Party(stranger.name, Version("1"))) == stranger
    assert deployed(CATALOG, records, Party(CART, Version("1"))) == CATALOG.services[CART]
    assert deployed(CATALOG, records, Party(CART, Version("3"))) is None
    assert deployed(CATALOG, records, Party(ServiceName("nobody"), Version("1"))) is None


def test_an_environment_is_what_was_deployed_there_last() -> None:
    new = service(CART, "2", needs="^2.0.0")
    records = Records.of((recorded(new), deployment(CART, "1", 1), deployment(CART, "2", 2)))
    assert environment_of(CATALOG, records, "production").services == {CART: new}
    assert environment_of(CATALOG, records, "staging").services == {}


def test_the_way_back_is_to_what_was_live_before() -> None:
    records = Records.of(
        tuple(deployment(CART, version, day) for day, version in enumerate("123213", start=1))
    )
    assert earlier(records, "production", CART) == ("1", "2")
    assert earlier(records, "production", WEB) == ()
