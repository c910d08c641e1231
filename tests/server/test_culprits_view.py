"""Origins and kept traces in the order in which a reader wants them, and across JSON unchanged."""

import json

from pydantic import TypeAdapter

from tidegate.core.attribution.answer import Answer, Attribution, Basis, Suspicion
from tidegate.core.gates.evidence import CallEdge, Tally, VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces.journey import Call, Journey, Origin
from tidegate.core.traces.reading import Spread
from tidegate.core.traces.span import Ending
from tidegate.server.culprits_view import CulpritsView, OriginView, PathEdgeView, origin_views, traces_kept


def version(name: str) -> VersionedService:
    service, _, number = name.partition("@")
    return VersionedService(service=ServiceName(service), version=Version(number))


WEB, CART, STOCK = version("web@1.0.0"), version("cart@2.0.0"), version("stock@1.4.0")
INTO_WEB = CallEdge(caller=None, callee=WEB)
TO_CART = CallEdge(caller=WEB, callee=CART)
TO_STOCK = CallEdge(caller=CART, callee=STOCK)


def journey(start: float) -> Journey:
    call = Call(edge=INTO_WEB, parent=None, start=start, seconds=0.25, ending=Ending.ERROR, status=500)
    return Journey(trace="ab", calls=(call,), met={WEB.service: WEB}, failed=True)


def test_origins_that_fail_the_most_journeys_come_first() -> None:
    origins = {
        Origin(at_fault=STOCK, edge=TO_STOCK, ending=Ending.TIMED_OUT): Spread(failures=9),
        Origin(at_fault=CART, edge=TO_CART, ending=Ending.ERROR): Spread(
            failures=4, journeys=3, hops=7, over={INTO_WEB: 3, TO_CART: 4}
        ),
    }
    cart, stock = origin_views(origins)
    assert cart == OriginView(
        at_fault="cart@2.0.0",
        caller="web@1.0.0",
        callee="cart@2.0.0",
        ending="error",
        failures=4,
        journeys=3,
        hops=7,
        over=(
            PathEdgeView(caller="web@1.0.0", callee="cart@2.0.0", failed=4),
            PathEdgeView(caller=None, callee="web@1.0.0", failed=3),
        ),
    )
    assert (stock.at_fault, stock.ending, stock.journeys) == ("stock@1.4.0", "timed out", 0)


def test_the_newest_traces_are_kept() -> None:
    kept = traces_kept([journey(1.0), journey(3.0), journey(2.0)], most=2)
    assert [each.entry.start for each in kept] == [3.0, 2.0]


def test_the_view_comes_back_from_json_as_it_was() -> None:
    suspicion = Suspicion(suspects=(CART,), log_e=6.5, log_e_needed=5.3, exposed=Tally(requests=90, bad=9))
    view = CulpritsView(
        rollout="r-1",
        attribution=Attribution(
            answer=Answer.ONE, basis=Basis.TRACES, reason="", culprits=(CART,), ranking=(suspicion,)
        ),
        journeys=100,
        failed=9,
        origins=origin_views({Origin(at_fault=CART, edge=TO_CART, ending=Ending.ERROR): Spread(failures=9)}),
        traces=(journey(1.0),),
        lost={"late": 2},
    )
    form = TypeAdapter(CulpritsView)
    assert form.validate_python(json.loads(form.dump_json(view))) == view
