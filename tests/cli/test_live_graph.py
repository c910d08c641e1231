"""`tidegate graph --live`: what was called between two views, how it differs, and what is missing of it."""

# ruff: noqa: E501 - each whole message stays on its row of the table

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import TypeAdapter
from tests.observers.prometheus.worlds import Asked, answering

from tidegate.cli.graph import graph
from tidegate.cli.live_graph import seen_between
from tidegate.core.catalog import Catalog
from tidegate.core.errors import Unavailable
from tidegate.core.gates.evidence import CallEdge, Counts, VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces.learned import Drift, DriftKind
from tidegate.core.traces.reading import EdgeFlow, Share
from tidegate.server.graph_view import CountedEdge, Epochs, GraphView, TracedEdge
from tidegate.sources.backstage import read_catalog
from tidegate.sources.learned_graph import read_learned_graph
from tidegate.temporal.state_dir import ApiAddress, StateDir

WEB, CART, SEARCH, CRON = map(ServiceName, ("web", "cart", "search", "cron"))
FILE = """\
kind: Group
metadata: {name: team}
---
kind: API
metadata: {name: cart-api, annotations: {tidegate.dev/version: '1.0.0'}}
spec: {type: openapi, owner: team}
---
kind: Component
metadata: {name: web, annotations: {tidegate.dev/version: '1.0.0'}}
spec: {owner: team, consumesApis: [cart-api], dependsOn: ['component:search']}
---
kind: Component
metadata: {name: cart, annotations: {tidegate.dev/version: '1.0.0'}}
spec: {owner: team, providesApis: [cart-api]}
---
kind: Component
metadata: {name: search}
spec: {owner: team}
"""


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    monkeypatch.chdir(tmp_path)
    Path("catalog-info.yaml").write_text(FILE)
    return read_catalog(Path())


def version(name: str) -> VersionedService:
    service, _, number = name.partition("@")
    return VersionedService(service=ServiceName(service), version=Version(number))


def edge(callee: str, caller: str = "") -> CallEdge:
    return CallEdge(caller=version(caller) if caller else None, callee=version(callee))


def view(at: float, times: int, **more: object) -> GraphView:
    """Everything counted after so many times the same traffic."""
    counted = {
        edge("web@1.0.0"): Counts(requests=400 * times, rejected=2 * times),
        edge("cart@1.0.0", "web@1.0.0"): Counts(requests=300 * times, bad=3 * times),
        edge("cart@9.0.0", "web@1.0.0"): Counts(requests=20 * times),
        edge("search@1", "cart@1.0.0"): Counts(requests=10 * times),
        edge("cart@1.0.0", "cron@1"): Counts(requests=5 * times),
    }
    traced = {
        edge("web@1.0.0"): EdgeFlow(calls=40 * times, journeys=40 * times, waited_ms=300.0 * times),
        edge("cart@1.0.0", "web@1.0.0"): EdgeFlow(
            calls=60 * times, retries=10 * times, journeys=20 * times, waited_ms=100.0 * times
        ),
    }
    made = GraphView(
        at=at,
        epochs=Epochs(counted="e", traced="t"),
        counted=tuple(CountedEdge(edge=on, counts=counts) for on, counts in counted.items()),
        traced=tuple(TracedEdge(edge=on, flow=flow) for on, flow in traced.items()),
        entries={WEB: Share(journeys=40 * times, through={WEB: 40 * times, CART: 20 * times})},
        lost={"a span from the future": 2 * times},
    )
    return replace(made, **more)  # type: ignore[arg-type]  # fields of the view, by their names


BEFORE, AFTER = view(1000.0, 3), view(1010.0, 4)


@contextmanager
def running(tmp_path: Path, *views: GraphView) -> Iterator[Path]:
    """The state directory of a tidegate that answers with these views, one after the other."""
    form = TypeAdapter(GraphView)
    answers = iter([form.dump_json(each) for each in views])

    def reply(asked: Asked) -> tuple[int, bytes]:
        assert (asked.path, asked.headers["Authorization"]) == ("/v1/graph", "Bearer token")
        return 200, next(answers)

    with answering(reply) as url:
        state = StateDir.open(tmp_path / "state")
        with state.locked():
            state.publish_api(ApiAddress(url=url, token="token", pid=1))
            yield state.path


def run(tmp_path: Path, *arguments: str, views: tuple[GraphView, ...] = (BEFORE, AFTER)) -> Result:
    with running(tmp_path, *views) as state:
        given = [".", "--live", "--seconds", "0.1", "--state-dir", str(state), *arguments]
        return CliRunner().invoke(graph, given)


DRIFTS = {
    (DriftKind.UNDECLARED, CART, SEARCH, None, 10),
    (DriftKind.NOT_IN_CATALOG, CRON, CART, None, 5),
    (DriftKind.UNUSED, WEB, SEARCH, None, 400),
    (DriftKind.UNEXPECTED_VERSION, None, CART, "9.0.0", 20),
}


def told(drifts: tuple[Drift, ...]) -> set[tuple[object, ...]]:
    return {(each.kind, each.consumer, each.provider, each.version, each.calls) for each in drifts}


def test_only_what_was_called_between_the_views_counts(catalog: Catalog) -> None:
    seen = seen_between(BEFORE, AFTER, catalog)
    assert (seen.measured.at, seen.measured.seconds) == (1010.0, 10.0)
    found = {(each.caller, each.callee): each for each in seen.measured.graph.edges}
    cart = found[WEB, CART]
    assert (cart.calls, cart.bad, cart.fan_out, cart.retry_factor, cart.critical) == (320, 3, 1.25, 1.2, 0.25)
    assert cart.versions == {
        edge("cart@1.0.0", "web@1.0.0"): 300,
        edge("cart@9.0.0", "web@1.0.0"): 20,
    }
    assert seen.measured.graph.shares == {WEB: {WEB: 1.0, CART: 0.5}}
    assert told(seen.measured.graph.drifts) == DRIFTS
    assert seen.missing == ("a span from the future: 2",)


def test_versions_that_a_rollout_deployed_are_expected(catalog: Catalog) -> None:
    """Also those of a rollout that ended while was counted; then the catalog's word is out of date."""
    before = replace(BEFORE, deployed={CART: (Version("1.0.0"), Version("9.0.0"))})
    after = replace(AFTER, deployed={CART: (Version("9.0.0"),)})
    kinds = [each.kind for each in seen_between(before, after, catalog).measured.graph.drifts]
    assert DriftKind.UNEXPECTED_VERSION not in kinds
    left = seen_between(after, replace(AFTER, at=1020.0, deployed=after.deployed), catalog)
    assert left.measured.graph.edges == ()
    stale = seen_between(replace(BEFORE, deployed=after.deployed), after, catalog)
    unexpected = [each for each in stale.measured.graph.drifts if each.kind is DriftKind.UNEXPECTED_VERSION]
    assert [(each.version, each.calls) for each in unexpected] == [("1.0.0", 305)]


@pytest.mark.parametrize(
    "after",
    [
        replace(AFTER, epochs=Epochs(counted="f", traced="t")),
        replace(AFTER, epochs=Epochs(counted="e", traced="u")),
        replace(AFTER, at=1000.0),
    ],
)
def test_what_began_anew_meanwhile_is_no_measurement(after: GraphView, catalog: Catalog) -> None:
    with pytest.raises(Unavailable, match="began to count anew meanwhile"):
        seen_between(BEFORE, after, catalog)


@pytest.mark.usefixtures("catalog")
def test_the_graph_as_text(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.exit_code == 0
    assert done.stdout == (
        "(outside)\n"
        "  → web  40/s, 0.5 % rejected, retry factor 1, critical path 75 %\n"
        "      1.0.0 (400)\n"
        "cart, 32.5 calls/s\n"
        "  → search  undeclared, 1/s, fan-out 0.0308\n"
        "      1.0.0 → 1 (10)\n"
        "cron\n"
        "  → cart  undeclared, 0.5/s\n"
        "      1 → 1.0.0 (5)\n"
        "web, 40 calls/s\n"
        "  → cart  32/s, 0.9375 % failed, fan-out 1.25, retry factor 1.2, critical path\n"
        "      25 %\n"
        "      1.0.0 → 1.0.0 (300), 1.0.0 → 9.0.0 (20)\n"
        "journeys that enter at web go through cart 50 %\n"
    )


@pytest.mark.usefixtures("catalog")
def test_drift_is_told_with_its_place_and_fails_the_check(tmp_path: Path) -> None:
    done = run(tmp_path, "--check", "-o", "mermaid")
    assert done.exit_code == 1
    assert set(done.stderr.splitlines()) == {
        "catalog-info.yaml:13: cart calls search, which it does not declare (10 calls) (declare dependsOn: component:search)",
        "catalog-info.yaml:9: web declares that it depends on search, and 400 calls to it led to none there (drop it, or count for longer with --seconds)",
        "catalog-info.yaml:13: cron calls cart (5 calls): the catalog has no cron (declare a Component of that name, or mend the name under which it is seen)",
        "catalog-info.yaml:13: cart 9.0.0 is called (20 calls), which nothing deployed (stop it, or mend tidegate.dev/version in the catalog)",
        "missing: a span from the future: 2",
    }


CALM = GraphView(
    at=1000.0,
    epochs=BEFORE.epochs,
    counted=(CountedEdge(edge=edge("web@1.0.0"), counts=Counts(requests=4)),),
)


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(
    ("after", "arguments", "code"),
    [
        (
            replace(CALM, counted=(CountedEdge(edge=edge("web@1.0.0"), counts=Counts(requests=9)),)),
            ["--check"],
            0,
        ),
        (
            replace(CALM, counted=(CountedEdge(edge=edge("web@2.0.0"), counts=Counts(requests=9)),)),
            ["--check"],
            1,
        ),
        (replace(CALM, counted=(CountedEdge(edge=edge("web@2.0.0"), counts=Counts(requests=9)),)), [], 0),
    ],
)
def test_the_check_fails_where_anything_differs(
    after: GraphView, arguments: list[str], code: int, tmp_path: Path
) -> None:
    assert run(tmp_path, *arguments, views=(CALM, replace(after, at=1010.0))).exit_code == code


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(
    ("after", "words"),
    [
        (CALM, "no call was seen within 10 s"),
        (
            replace(
                CALM,
                counted=(CountedEdge(edge=edge("web@1.0.0"), counts=Counts(requests=9)),),
                silent=("Prometheus does not answer",),
            ),
            "not every source answered",
        ),
    ],
)
def test_what_was_not_seen_is_no_proof_that_nothing_differs(
    after: GraphView, words: str, tmp_path: Path
) -> None:
    done = run(tmp_path, "--check", views=(CALM, replace(after, at=1010.0)))
    assert isinstance(done.exception, Unavailable)
    assert words in done.exception.message


@pytest.mark.usefixtures("catalog")
def test_what_is_printed_as_json_can_be_planned_with(tmp_path: Path) -> None:
    done = run(tmp_path, "-o", "json")
    (tmp_path / "learned.json").write_text(done.stdout)
    measured = read_learned_graph(tmp_path / "learned.json")
    assert told(measured.graph.drifts) == DRIFTS
    assert measured.journeys == {WEB: 40.0, CART: 20.0}
    assert json.loads(done.stdout)["kind"] == "LearnedGraph"


@pytest.mark.usefixtures("catalog")
def test_a_check_needs_something_to_compare_with() -> None:
    done = CliRunner().invoke(graph, [".", "--check"])
    assert (done.exit_code, "give --live too" in done.output) == (2, True)
