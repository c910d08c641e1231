"""The service graph follows from interfaces, and from `dependsOn` where no interface says so."""

from tests.core.worlds import catalog_of, service_of

from tidegate.core.catalog import Dependency
from tidegate.core.ids import InterfaceName, ServiceName

A, B = ServiceName("a"), ServiceName("b")
B_API = InterfaceName("b-api")


def test_an_edge_by_interface_covers_the_bare_one() -> None:
    catalog = catalog_of(service_of("a", needs={"b": "^1.0.0"}, depends_on=("b",)), service_of("b"))
    assert catalog.dependencies == (Dependency(consumer=A, provider=B, interface=B_API),)


def test_a_bare_edge_counts_only_towards_a_service_of_the_catalog() -> None:
    catalog = catalog_of(service_of("a", depends_on=("b", "a-database")), service_of("b"))
    assert catalog.dependencies == (Dependency(consumer=A, provider=B),)


def test_every_provider_of_an_interface_is_depended_on_except_oneself() -> None:
    other = service_of("c", offers={"b-api": ["1.0.0"]}, needs={"b": "^1.0.0", "nobody": "^1.0.0"})
    catalog = catalog_of(service_of("b"), other)
    assert catalog.providers[B_API] == (B, other.name)
    assert catalog.dependencies == (Dependency(consumer=other.name, provider=B, interface=B_API),)
