"""Who calls a changed service without being declared is named in a warning, with its share and the remedy."""

from dataclasses import replace

from tests.core.worlds import catalog_of, change_of, release_of, service_of

from tidegate.core.errors import Location
from tidegate.core.ids import ServiceName
from tidegate.core.plan.undeclared import undeclared_callers
from tidegate.core.traces.learned import LearnedEdge, LearnedGraph
from tidegate.core.traces.measured import Measured

PLACED = replace(service_of("search"), location=Location(file="catalog/search.yaml", line=7))
CATALOG = catalog_of(service_of("web", needs={"pay": "^1.0.0"}), PLACED, service_of("old"), service_of("pay"))


def seen(caller: str | None, callee: str, calls: int) -> LearnedEdge:
    return LearnedEdge(
        caller=None if caller is None else ServiceName(caller),
        callee=ServiceName(callee),
        declared=False,
        calls=calls,
        bad=0,
        rejected=0,
    )


def warnings(*edges: LearnedEdge) -> list[str]:
    measured = Measured(graph=LearnedGraph(edges=edges), at=0.0, seconds=7.0)
    return list(undeclared_callers(CATALOG, change_of(release_of("pay")), measured))


def test_each_undeclared_caller_of_what_changes() -> None:
    found = warnings(
        seen("web", "pay", 900), seen("search", "pay", 60), seen("old", "pay", 30), seen("cron", "pay", 10)
    )
    because = "which the catalog does not declare: nothing says whether it works with pay 2.0.0"
    assert found == [
        f"search calls pay (6 % of its calls), {because}; declare it at catalog/search.yaml:7",
        f"old calls pay (3 % of its calls), {because}; declare it",
        f"cron calls pay (1 % of its calls), {because}; declare cron in the catalog",
    ]


def test_nobody_is_warned_of_what_is_declared_own_from_outside_or_not_changed() -> None:
    assert (
        warnings(seen("web", "pay", 1), seen("pay", "pay", 1), seen(None, "pay", 1), seen("search", "web", 1))
        == []
    )
