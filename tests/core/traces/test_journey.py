"""What can be said of a journey without knowing more of it."""

import pytest

from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.ids import ServiceName, Version
from tidegate.core.traces.journey import Call, Journey
from tidegate.core.traces.span import Ending

FRONT, CART = (
    VersionedService(service=ServiceName(name), version=Version("1")) for name in ("front", "cart")
)


def call(caller: VersionedService | None, callee: VersionedService, parent: int | None) -> Call:
    edge = CallEdge(caller=caller, callee=callee)
    return Call(edge=edge, parent=parent, start=0.0, seconds=1.0, ending=Ending.OK)


JOURNEY = Journey(
    trace="1", calls=(call(None, FRONT, None), call(FRONT, CART, 0)), met={}, failed=False, whole=True
)


def test_its_entry_is_the_first_call() -> None:
    assert JOURNEY.entry == JOURNEY.calls[0]


@pytest.mark.parametrize(("service", "passes"), [("front", True), ("cart", True), ("pay", False)])
def test_which_services_it_passes(service: str, passes: bool) -> None:
    assert JOURNEY.passes(ServiceName(service)) is passes
