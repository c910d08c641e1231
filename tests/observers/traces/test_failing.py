"""A few failing journeys of each origin are kept."""

from tests.observers.traces.pushes import NOW, version

from tidegate.core.gates.evidence import CallEdge
from tidegate.core.ids import ServiceName
from tidegate.core.traces.journey import Call, Journey, Origin
from tidegate.core.traces.span import Ending
from tidegate.observers.traces.failing import Failing, Kept

FRONT = CallEdge(caller=None, callee=version("front@1"))


def failing(number: int, culprit: str | None, *, failed: bool = True, calls: int = 2) -> Journey:
    """A journey that began at a second, and failed at a callee of the front."""
    edge = CallEdge(caller=FRONT.callee, callee=version(culprit or "cart@1"))
    inner = Call(edge=edge, parent=0, start=NOW + number, seconds=0.1, ending=Ending.ERROR)
    entry = Call(edge=FRONT, parent=None, start=NOW + number, seconds=0.2, ending=Ending.ERROR)
    origin = Origin(at_fault=edge.callee, edge=edge, ending=Ending.ERROR)
    return Journey(
        trace=str(number),
        calls=(entry, *[inner] * (calls - 1)),
        met={},
        failed=failed,
        origins=(origin,) if culprit else (),
    )


def told(kept: Failing, service: str, since: float = 0) -> list[str]:
    return [journey.trace for journey in kept.through(ServiceName(service), NOW + since)]


def test_a_flood_of_one_origin_does_not_hide_the_others() -> None:
    kept = Failing(Kept(each=2))
    kept.add(failing(1, "pay@1"))
    for number in range(2, 9):
        kept.add(failing(number, "cart@1"))
    assert (told(kept, "pay"), told(kept, "cart")) == (["1"], ["7", "8"])
    assert told(kept, "front") == ["1", "7", "8"]
    assert told(kept, "front", since=8) == ["8"]


def test_the_origin_that_failed_least_recently_makes_room() -> None:
    kept = Failing(Kept(origins=2))
    for number, culprit in enumerate(("pay@1", "cart@1", "pay@2", "mail@1")):
        kept.add(failing(number, culprit))
    assert told(kept, "front") == ["0", "2", "3"]


def test_without_a_known_origin_it_is_filed_by_its_entry() -> None:
    kept = Failing(Kept(each=1))
    kept.add(failing(1, None))
    kept.add(failing(2, "front@1"))
    assert told(kept, "front") == ["2"]


def test_those_that_went_well_and_those_too_long_are_not_kept() -> None:
    kept = Failing(Kept(calls=3))
    kept.add(failing(1, "pay@1", failed=False))
    kept.add(failing(2, "pay@1", calls=4))
    kept.add(failing(3, "pay@1", calls=3))
    assert told(kept, "pay") == ["3"]


def test_no_more_are_told_than_anybody_reads() -> None:
    kept = Failing(Kept(told=2))
    for number in range(5):
        kept.add(failing(number, "pay@1"))
    assert told(kept, "pay") == ["3", "4"]
