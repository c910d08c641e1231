"""What is at fault in a rollout, as the API shows it."""

from dataclasses import replace

from tests.core.rollout.script import Script, failing, found, new, side_by_side
from tests.store.test_journeys import CART, EDGE, ENTRY, JOURNEY, ORIGIN, READING, WEB

from tidegate.core.attribution.answer import Answer
from tidegate.core.traces.reading import Spread, TraceReading
from tidegate.server.culprits import culprits_of
from tidegate.server.culprits_view import CulpritsView, OriginView, PathEdgeView


def judged() -> Script:
    play = Script(side_by_side("a", "b"))
    play.to_judging("a")
    play.to_judging("b")
    return play


def test_a_rollout_in_which_nothing_failed_has_nobody_at_fault() -> None:
    assert culprits_of(judged().rollout, (), ()) == CulpritsView(rollout="r", attribution=None)


def test_what_journeys_came_to_is_added_up() -> None:
    more = TraceReading(
        at=1.0, epoch="e", origins={ORIGIN: Spread(failures=1, over={ENTRY: 1})}, lost={"late": 1}
    )
    view = culprits_of(judged().rollout, (READING, more), (JOURNEY, replace(JOURNEY, trace="5c")))
    assert (view.journeys, view.failed, view.lost) == (8, 2, {"late": 4})
    assert view.origins == (
        OriginView(
            at_fault=str(WEB),
            caller=str(WEB),
            callee=str(CART),
            ending="rejected",
            failures=3,
            journeys=2,
            hops=3,
            over=(
                PathEdgeView(caller=None, callee=str(WEB), failed=2),
                PathEdgeView(caller=str(EDGE.caller), callee=str(CART), failed=2),
            ),
        ),
    )
    assert {journey.trace for journey in view.traces} == {"4bf9", "5c"}


def test_what_was_said_of_who_is_at_fault_stays_after_it_has_gone_back() -> None:
    play = judged()
    attribution = found(Answer.ONE, "b")
    play.judges("expose/a").judged(failing("guard entry", attribution))
    play.reverts("expose/b").reverted()
    play.judges("expose/a").passed()
    assert culprits_of(play.rollout, (), ()).attribution == attribution


def test_where_only_one_release_was_live_nobody_had_to_be_asked() -> None:
    play = Script(side_by_side("a"))
    play.to_judging("a")
    play.judges("expose/a").judged(failing("errors", None))
    attribution = culprits_of(play.rollout, (), ()).attribution
    assert attribution is not None
    assert (attribution.answer, attribution.culprits) == (Answer.ONE, (new("a"),))
    assert attribution.reason == "no other release was live beside its old version: errors fails"
