"""From files on record to an answer: specifications are compared and consumer contracts checked, each once."""

import json
from pathlib import Path

import pytest
from tests.comparers.pacts import PACT

from tidegate.comparers.library import RecordedLibrary, evidence_on
from tidegate.core.catalog import Provision, Requirement
from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.judgement import EvidenceKind
from tidegate.core.contracts.pair import Live, Side
from tidegate.core.contracts.records import Origin, Party, RecordedContract, RecordedSpecification, Records
from tidegate.core.ids import InterfaceName, ServiceName, Version

API = InterfaceName("stock-api")
SEARCH = Party(ServiceName("search"), Version("1.0.0"))
ORIGIN = Origin(at="2026-11-20T10:00:00Z")
STOCK = """\
openapi: 3.1.0
info: {title: stock-api, version: %s}
paths:
  /stock:
    get:
      responses:
        "200":
          description: How much there is.
          content:
            application/json:
              schema: {type: object, required: [%s], properties: {%s: {type: integer}, shelf: {type: string}}}
"""


@pytest.fixture
def records(tmp_path: Path) -> Records:
    """1.0.0 says how much is available; 1.1.0 has dropped the shelf; 2.0.0 calls it otherwise.

    3.0.0 says of nothing that it is required, and 3.1.0 and 3.2.0 do the same to it.
    """
    texts = {
        "1.0.0": STOCK % ("1.0.0", "available", "available"),
        "1.1.0": (STOCK % ("1.1.0", "available", "available")).replace(", shelf: {type: string}", ""),
        "2.0.0": STOCK % ("2.0.0", "left", "left"),
    }
    loose = (STOCK % ("3.0.0", "available", "available")).replace("required: [available], ", "")
    texts["3.0.0"] = loose
    texts["3.1.0"] = loose.replace(", shelf: {type: string}", "")
    texts["3.2.0"] = loose.replace("available", "left")
    for version, text in texts.items():
        (tmp_path / f"{version}.yaml").write_text(text)
    (tmp_path / "pact.json").write_text(json.dumps(PACT))
    specifications = [
        RecordedSpecification(
            interface=API, version=version, file=str(tmp_path / f"{version}.yaml"), origin=ORIGIN
        )
        for version in texts
    ]
    contract = RecordedContract(
        consumer=SEARCH, interface=API, file=str(tmp_path / "pact.json"), origin=ORIGIN
    )
    return Records.of((*specifications, contract))


def asked(
    records: Records, consumer: str, offers: str, needs: str = "^1.0.0"
) -> tuple[Compatibility, EvidenceKind]:
    caller = Live(service=SEARCH.service, version=Version(consumer), side=Side.OLD, provides=(), consumes=())
    offer = Provision(interface=API, versions=(offers,))
    stock = Live(
        service=ServiceName("stock"), version=Version("9"), side=Side.NEW, provides=(offer,), consumes=()
    )
    found = evidence_on(records).judge(caller, Requirement(interface=API, range=needs), stock)
    return found.answer, found.kind


@pytest.mark.parametrize(
    ("consumer", "offers", "answer", "kind"),
    [
        ("1.0.0", "1.1.0", Compatibility.COMPATIBLE, EvidenceKind.CONSUMER_CONTRACT),
        ("1.0.0", "2.0.0", Compatibility.BREAKING, EvidenceKind.CONSUMER_CONTRACT),
        ("1.2.0", "1.0.0", Compatibility.COMPATIBLE, EvidenceKind.SPECIFICATION),
        ("1.2.0", "1.1.0", Compatibility.BREAKING, EvidenceKind.SPECIFICATION),
        ("1.2.0", "1.5.0", Compatibility.COMPATIBLE, EvidenceKind.VERSION_RANGE),
    ],
)
def test_a_field_that_nobody_reads_may_go_where_a_contract_says_so(
    records: Records, consumer: str, offers: str, answer: Compatibility, kind: EvidenceKind
) -> None:
    assert asked(records, consumer, offers) == (answer, kind)


@pytest.mark.parametrize(
    ("offers", "answer"),
    [
        ("3.0.0", Compatibility.COMPATIBLE),
        ("3.1.0", Compatibility.COMPATIBLE),
        ("3.2.0", Compatibility.BREAKING),
    ],
)
def test_a_specification_that_requires_nothing_is_as_open_in_every_version(
    records: Records, offers: str, answer: Compatibility
) -> None:
    assert asked(records, "1.0.0", offers, "^3.0.0") == (answer, EvidenceKind.CONSUMER_CONTRACT)
    kept = RecordedLibrary(records).keeps(SEARCH, API, "3.0.0", ())
    assert kept is not None
    assert kept.answer is Compatibility.BREAKING, "where no version is known that it was built against"


def test_what_is_not_on_record_is_not_compared(records: Records) -> None:
    library = RecordedLibrary(records)
    assert library.compare(API, "1.0.0", "4.0.0") is None
    assert library.keeps(SEARCH, API, "4.0.0", ()) is None
    assert library.keeps(Party(ServiceName("cart"), Version("1")), API, "1.0.0", ()) is None


def test_a_comparison_is_made_once(records: Records) -> None:
    library = RecordedLibrary(records)
    assert library.compare(API, "1.0.0", "2.0.0") is library.compare(API, "1.0.0", "2.0.0")
    assert library.keeps(SEARCH, API, "2.0.0", ()) is library.keeps(SEARCH, API, "2.0.0", ())


def test_why_a_contract_is_not_kept_is_told(records: Records) -> None:
    kept = RecordedLibrary(records).keeps(SEARCH, API, "2.0.0", ())
    assert kept is not None
    assert kept.answer is Compatibility.BREAKING
    assert [reason.split(":")[0] for reason in kept.reasons] == ['"how much there is"']
