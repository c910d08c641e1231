"""What is recorded is read again; what was changed by hand, or is wrong, is refused with its place."""

from pathlib import Path

import pytest

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.contracts.records import (
    Deployment,
    Party,
    RecordedContract,
    RecordedSpecification,
    RecordedVersion,
    Records,
    TestResult,
)
from tidegate.core.errors import Refused
from tidegate.core.ids import InterfaceName, ServiceName, Version
from tidegate.sources.contracts.folder import read_contracts
from tidegate.sources.contracts.recording import keep, record

AT = "2026-11-20T10:00:00Z"
CART, PRICES = (Party(ServiceName(name), Version("1.0.0")) for name in ("cart", "prices"))
API = InterfaceName("prices-api")


def party(of: Party) -> dict[str, str]:
    return {"service": of.service, "version": of.version}


def problems(folder: Path) -> list[str]:
    with pytest.raises(Refused) as refused:
        read_contracts(folder)
    return [str(found).replace(str(folder), "contracts") for found in refused.value.problems]


def test_every_sort_of_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    pact = tmp_path / "pact.json"
    pact.write_text("{}")
    folder = tmp_path / "contracts"
    kept = keep(folder, pact, "cart", "1.0.0")
    record(
        folder, "test", {"consumer": party(CART), "provider": party(PRICES), "passed": True}, at=AT, by="ci"
    )
    record(folder, "consumerContract", {"consumer": party(CART), "interface": API, **kept}, at=AT)
    record(folder, "specification", {"interface": API, "version": "1.0.0", **kept}, at=AT)
    provides, consumes = {"prices-api": ["1.0.0", "2.0.0"]}, {"tax-api": "^1 || ^2"}
    record(folder, "version", {**party(PRICES), "provides": provides, "consumes": consumes}, at=AT)
    record(folder, "deployment", {**party(PRICES), "environment": "production"}, at=AT)

    found = read_contracts(folder)
    (test,) = found.tests.values()
    (contract,) = found.contracts.values()
    (specification,) = found.specifications.values()
    (version,) = found.versions.values()
    (deployment,) = found.deployments["production"][PRICES.service]
    file = str(folder / kept["file"])
    assert test == TestResult(consumer=CART, provider=PRICES, passed=True, origin=test.origin)
    assert (test.origin.at, test.origin.by) == (AT, "ci")
    assert contract == RecordedContract(consumer=CART, interface=API, file=file, origin=contract.origin)
    assert specification == RecordedSpecification(
        interface=API, version="1.0.0", file=file, origin=specification.origin
    )
    assert version == RecordedVersion(
        party=PRICES,
        provides=(Provision(interface=API, versions=("1.0.0", "2.0.0")),),
        consumes=(Requirement(interface=InterfaceName("tax-api"), range="^1 || ^2"),),
        origin=version.origin,
    )
    assert deployment == Deployment(party=PRICES, environment="production", origin=deployment.origin)


def test_recording_again_changes_nothing(tmp_path: Path) -> None:
    says = {**party(PRICES), "environment": "production"}
    assert record(tmp_path, "deployment", says, at=AT) == record(tmp_path, "deployment", says, at=AT)
    assert [path.suffix for path in (tmp_path / "records").iterdir()] == [".yaml"]


def test_a_folder_is_kept_as_a_whole_and_its_name_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "proto" / "deep").mkdir(parents=True)
    (tmp_path / "proto" / "deep" / "a.proto").write_text('syntax = "proto3";')
    folder = tmp_path / "contracts"
    kept = keep(folder, tmp_path / "proto", "prices-api", "1.0.0")
    assert keep(folder, tmp_path / "proto", "prices-api", "1.0.0") == kept
    assert kept["file"] == "files/prices-api/1.0.0/proto"
    assert (folder / kept["file"] / "deep" / "a.proto").read_text() == 'syntax = "proto3";'
    path = record(folder, "specification", {"interface": API, "version": "1.0.0", **kept}, at=AT)
    assert path.name.startswith("specification-prices-api-1.0.0-")
    assert read_contracts(folder).specified(API) == ("1.0.0",)


def test_a_folder_that_nobody_wrote_to_is_refused(tmp_path: Path) -> None:
    words = "no contracts folder 'contracts' (give the folder that `tidegate contracts record` writes to)"
    assert problems(tmp_path / "none") == [words]
    assert read_contracts(tmp_path) == Records()


def test_what_cannot_be_recorded_is_refused_before_it_is_written(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="which is not a name in lower case"):
        record(tmp_path, "deployment", {**party(PRICES), "environment": "Production"}, at=AT)
    with pytest.raises(Refused, match="no file"):
        keep(tmp_path, tmp_path / "none.json", "a")
    assert list(tmp_path.iterdir()) == []


SPECIFICATION = """\
apiVersion: tidegate.dev/v1alpha1
kind: ContractRecord
metadata: {recorded: yesterday}
spec:
  specification:
    interface: prices-api
    version: "1"
    file: %s
    digest: sha256:0000000000000000000000000000000000000000000000000000000000000000
"""
VERSION = """\
apiVersion: tidegate.dev/v1alpha1
kind: ContractRecord
metadata: {recorded: 2026-01-31}
spec:
  version:
    service: prices
    version: "1"
    provides: {prices-api: ["1.0"]}
    consumes: {tax-api: "1 to 2"}
"""
BOTH = """\
apiVersion: tidegate.dev/v1alpha1
kind: ContractRecord
metadata: {recorded: 2026-01-31}
spec:
  deployment: {service: a, version: "1", environment: e}
  test: {consumer: {service: a, version: "1"}, provider: {service: b, version: "1"}, passed: true}
"""
AGAIN = "(record it again under a version of its own)"
SORTS = "specification, consumerContract, test, version, deployment"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            SPECIFICATION % "../secret",
            [
                "3: 'yesterday' is not a time (write 2026-01-31T12:00:00Z)",
                "7: '1' is not a semantic version (write major.minor.patch)",
                "8: '../secret' is outside the contracts folder (record the file again)",
            ],
        ),
        (
            SPECIFICATION.replace("yesterday", "2026-01-31").replace('"1"', '"1.0.0"') % "files/none",
            ["8: no file 'contracts/files/none' (record it again, or remove this record)"],
        ),
        (
            SPECIFICATION.replace("yesterday", "2026-01-31").replace('"1"', '"1.0.0"') % "records/r.yaml",
            [f"8: 'contracts/records/r.yaml' has changed since it was recorded {AGAIN}"],
        ),
        (
            VERSION,
            [
                "8: '1.0' is not a semantic version (write major.minor.patch)",
                "9: '1 to 2' is not a range of versions (write ^1.4)",
            ],
        ),
        (
            BOTH,
            [f"4: spec must have exactly one of {SORTS}, not deployment, test"],
        ),
    ],
    ids=["outside", "gone", "changed", "version", "both"],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, text: str, said: list[str]) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "r.yaml").write_text(text)
    assert problems(tmp_path) == [f"contracts/records/r.yaml:{line}" for line in said]


def test_a_file_too_large_to_compare_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate.sources.contracts.recording.MOST_BYTES", 10)
    (tmp_path / "large.json").write_text("[" + "0," * 10 + "0]")
    with pytest.raises(Refused, match="longer than"):
        keep(tmp_path / "contracts", tmp_path / "large.json", "a")


def test_what_a_version_has_on_record_does_not_change(tmp_path: Path) -> None:
    for name, text in (("one.json", "1"), ("two.json", "2")):
        (tmp_path / name).write_text(text)
    folder = tmp_path / "contracts"
    keep(folder, tmp_path / "one.json", "../prices-api", "..")
    assert (folder / "files" / "-prices-api" / "-" / "one.json").exists(), "no name leads out of the folder"
    with pytest.raises(Refused, match="something else is on record as"):
        keep(folder, tmp_path / "two.json", "../prices-api", "..")
    (tmp_path / "one.json").write_text("3")
    with pytest.raises(Refused, match="something else is on record as"):
        keep(folder, tmp_path / "one.json", "../prices-api", "..")
