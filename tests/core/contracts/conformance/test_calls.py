"""What a caller calls beside what it declared."""

import pytest
from tests.core.contracts.openapi.documents import OK, openapi

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.contracts.conformance.calls import Declared, mismatch
from tidegate.core.contracts.conformance.check import Contract
from tidegate.core.contracts.conformance.exchange import Exchange
from tidegate.core.gates.evidence import CallEdge, VersionedService
from tidegate.core.ids import InterfaceName, ServiceName, Version

PAY_API, ADMIN_API = InterfaceName("pay-api"), InterfaceName("admin-api")
CHECKOUT = VersionedService(service=ServiceName("checkout"), version=Version("2.0.0"))
PAY = VersionedService(service=ServiceName("pay"), version=Version("2.0.0"))
EDGE = CallEdge(caller=CHECKOUT, callee=PAY)


def contract(*paths: str, base: str = "") -> Contract:
    servers = [{"url": f"https://pay{base}"}]
    return Contract.of(openapi({path: {"post": {"responses": OK}} for path in paths}, servers=servers))


KNOWN = {
    PAY_API: {
        "1.0.0": contract("/v1/pay", "/v1/refunds/{id}", "/status"),
        "1.1.0": contract("/v1/pay", "/status"),
        "2.0.0": contract("/pay", "/status", base="/v2"),
    },
    ADMIN_API: {"1.0.0": contract("/admin")},
}
PROVIDES = tuple(Provision(interface=name, versions=("1.0.0",)) for name in (PAY_API, ADMIN_API))


def needs(range_: str, interface: InterfaceName = PAY_API) -> tuple[Requirement, ...]:
    return (Requirement(interface=interface, range=range_),)


SAID = {
    "v1": "declares pay-api ^2.0.0 but calls POST /v1/pay of pay-api, which only 1.0.0 or 1.1.0 has",
    "refunds": "declares pay-api ^1.1.0 but calls POST /v1/refunds/{id} of pay-api, which only 1.0.0 has",
    "cards": "calls POST /v1/<segment>/<segment> of pay-api, which is in no version on record",
    "admin": "calls POST /admin of admin-api, which it does not declare",
    "nothing": "calls POST /v1/pay of pay-api, and nothing is on record of what it consumes",
    "": "",
}


@pytest.mark.parametrize(
    ("path", "consumes", "said"),
    [
        ("/v2/pay", needs("^2.0.0"), ""),
        ("/status", needs("^1.0.0"), ""),
        ("/status", needs("^2.0.0"), ""),
        ("/v1/pay", needs("^1.1.0"), ""),
        ("/v1/pay", needs(""), ""),
        ("/v1/pay", needs("^2.0.0"), "v1"),
        ("/v1/refunds/17", needs("^1.1.0"), "refunds"),
        ("/v1/cards/17", needs("^1.0.0"), "cards"),
        ("/admin", needs("^1.0.0"), "admin"),
        ("/admin", (), "admin"),
        ("/v1/pay", None, "nothing"),
    ],
)
def test_a_call_beside_what_was_declared(
    path: str, consumes: tuple[Requirement, ...] | None, said: str
) -> None:
    asked = Exchange(method="POST", path=path, status=200)
    found = mismatch(EDGE, asked, Declared(consumes=consumes, provides=PROVIDES), KNOWN)
    assert found == (said and f"checkout 2.0.0 {SAID[said]}")


@pytest.mark.parametrize(
    ("edge", "status", "provides"),
    [
        (CallEdge(caller=None, callee=PAY), 200, PROVIDES),
        (EDGE, 503, PROVIDES),
        (EDGE, 200, ()),
        (EDGE, 200, (Provision(interface=InterfaceName("unknown-api"), versions=("1.0.0",)),)),
    ],
)
def test_nothing_is_said_where_nobody_can_tell(
    edge: CallEdge, status: int, provides: tuple[Provision, ...]
) -> None:
    asked = Exchange(method="POST", path="/v1/pay", status=status)
    assert mismatch(edge, asked, Declared(consumes=None, provides=provides), KNOWN) == ""
