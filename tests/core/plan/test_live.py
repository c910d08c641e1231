"""Every pair that may be live together is judged, and says so in a sentence."""

from tests.core.worlds import catalog_of, change_of, release_of, service_of

from tidegate.core.plan.live import Side, pairs

CATALOG = catalog_of(service_of("a", needs={"b": "^1.0.0"}), service_of("b"), service_of("c"))


def test_each_version_of_the_consumer_meets_each_of_the_provider() -> None:
    change = change_of(release_of("a", needs={"b": "^2.0.0"}), release_of("b", offers=["2.0.0"]))
    said = {pair.mixture: str(pair) for pair in pairs(CATALOG, change)}
    assert said == {
        (Side.OLD, Side.OLD): "a 1.0.0 works with b 1.0.0: it needs b-api ^1.0.0, provided as 1.0.0",
        (Side.OLD, Side.NEW): "a 1.0.0 does not work with b 2.0.0: it needs b-api ^1.0.0, provided as 2.0.0",
        (Side.NEW, Side.OLD): "a 2.0.0 does not work with b 1.0.0: it needs b-api ^2.0.0, provided as 1.0.0",
        (Side.NEW, Side.NEW): "a 2.0.0 works with b 2.0.0: it needs b-api ^2.0.0, provided as 2.0.0",
    }


def test_an_edge_that_the_change_does_not_touch_is_left_alone() -> None:
    assert pairs(CATALOG, change_of(release_of("c"))) == ()


def test_a_dependency_on_itself_or_on_nobody_is_none() -> None:
    catalog = catalog_of(service_of("a", depends_on=["a", "nobody", "b"]), service_of("b"))
    assert [str(pair) for pair in pairs(catalog, change_of(release_of("b")))] == [
        "a 1.0.0 is not known to work with b 1.0.0: it depends on it without naming an interface",
        "a 1.0.0 is not known to work with b 2.0.0: it depends on it without naming an interface",
    ]
    assert [pair.provider.service for pair in pairs(catalog, change_of(release_of("a")))] == ["b", "b"]
