"""A contracts folder → the records in it; `Refused` with every problem, each with file and line."""

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from tidegate.core.catalog import Provision, Requirement
from tidegate.core.contracts.records import (
    Deployment,
    Origin,
    Party,
    Record,
    RecordedContract,
    RecordedSpecification,
    RecordedVersion,
    Records,
    TestResult,
)
from tidegate.core.errors import Problem, Refused
from tidegate.core.ids import InterfaceName, ServiceName, Version
from tidegate.sources.documents import in_order, read_kind
from tidegate.sources.quantities import instant, interface_range, interface_version
from tidegate.sources.tree import Node
from tidegate.sources.words import quoted, utc

KIND: Final = "ContractRecord"
RECORDS: Final = "records"
FILES: Final = "files"
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of one recorded specification, over all its files."""


def read_contracts(folder: Path) -> Records:
    """Everything on record in a contracts folder."""
    if not folder.is_dir():
        hint = "give the folder that `tidegate contracts record` writes to"
        raise Refused([Problem(message=f"no contracts folder {quoted(str(folder))}", hint=hint)])
    found: list[Record] = []
    problems: list[Problem] = []
    for path in sorted((folder / RECORDS).glob("*.yaml")):
        tree, wrong = read_kind(path, KIND)
        wrong = wrong or tuple(_problems(tree, folder))
        problems += wrong
        if not wrong:
            found.append(_record(tree, folder))
    if problems:
        raise Refused(in_order(problems))
    return Records.of(tuple(found))


def digest_of(path: Path) -> str:
    """The SHA-256 of a file; of a folder that of its files' names and digests, in order."""
    if path.is_dir():
        parts = (f"{name.relative_to(path).as_posix()}\0{digest_of(name)}\n" for name in _inside(path))
        return f"sha256:{sha256(''.join(parts).encode()).hexdigest()}"
    return f"sha256:{sha256(path.read_bytes()).hexdigest()}"


def _inside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


# -- what a schema cannot say --------------------------------------------------------------------------------


def _problems(tree: Node, folder: Path) -> Iterator[Problem]:
    recorded = tree.at("metadata", "recorded")
    if instant(recorded.text) is None:
        yield recorded.problem(f"{quoted(recorded.text)} is not a time", "write 2026-01-31T12:00:00Z")
    for what in ("specification", "consumerContract"):
        if named := tree.at("spec", what):
            yield from _file_problems(named, folder)
    if version := tree.at("spec", "specification", "version"):
        yield from _version_problems(version)
    for offered in tree.at("spec", "version", "provides").fields.values():
        for version in offered.elements:
            yield from _version_problems(version)
    for wanted in tree.at("spec", "version", "consumes").fields.values():
        if interface_range(wanted.text) is None:
            yield wanted.problem(f"{quoted(wanted.text)} is not a range of versions", "write ^1.4")


def _version_problems(node: Node) -> Iterator[Problem]:
    if not interface_version(node.text):
        yield node.problem(f"{quoted(node.text)} is not a semantic version", "write major.minor.patch")


def _file_problems(named: Node, folder: Path) -> Iterator[Problem]:
    node = named.at("file")
    path = folder / node.text
    if not path.resolve().is_relative_to(folder.resolve()):
        yield node.problem(f"{quoted(node.text)} is outside the contracts folder", "record the file again")
    elif not path.exists():
        yield node.problem(f"no file {quoted(str(path))}", "record it again, or remove this record")
    elif size_of(path) > MOST_BYTES:
        yield node.problem(f"{quoted(str(path))} is longer than {MOST_BYTES // 2**20} MiB")
    elif digest_of(path) != named.at("digest").text:
        hint = "record it again under a version of its own"
        yield node.problem(f"{quoted(str(path))} has changed since it was recorded", hint)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    return sum(each.stat().st_size for each in (_inside(path) if path.is_dir() else [path]))


# -- building ------------------------------------------------------------------------------------------------


def _record(tree: Node, folder: Path) -> Record:
    (what, node), *_ = tree.at("spec").fields.items()
    at = utc(instant(tree.at("metadata", "recorded").text) or 0.0)
    origin = Origin(at=at, by=tree.at("metadata", "by").text, location=node.location)
    return RECORD_OF[what](node, folder, origin)


def _party(node: Node) -> Party:
    return Party(ServiceName(node.at("service").text), Version(node.at("version").text))


def _specification(node: Node, folder: Path, origin: Origin) -> Record:
    return RecordedSpecification(
        interface=InterfaceName(node.at("interface").text),
        version=node.at("version").text,
        file=str(folder / node.at("file").text),
        origin=origin,
    )


def _contract(node: Node, folder: Path, origin: Origin) -> Record:
    return RecordedContract(
        consumer=_party(node.at("consumer")),
        interface=InterfaceName(node.at("interface").text),
        file=str(folder / node.at("file").text),
        origin=origin,
    )


def _test(node: Node, _: Path, origin: Origin) -> Record:
    return TestResult(
        consumer=_party(node.at("consumer")),
        provider=_party(node.at("provider")),
        passed=node.at("passed").value is True,
        summary=node.at("summary").text,
        origin=origin,
    )


def _version(node: Node, _: Path, origin: Origin) -> Record:
    return RecordedVersion(
        party=_party(node),
        provides=tuple(
            Provision(interface=InterfaceName(name), versions=tuple(each.text for each in offered.elements))
            for name, offered in node.at("provides").fields.items()
        ),
        consumes=tuple(
            Requirement(interface=InterfaceName(name), range=interface_range(wanted.text) or "")
            for name, wanted in node.at("consumes").fields.items()
        ),
        origin=origin,
    )


def _deployment(node: Node, _: Path, origin: Origin) -> Record:
    return Deployment(party=_party(node), environment=node.at("environment").text, origin=origin)


RECORD_OF: Final[Mapping[str, Callable[[Node, Path, Origin], Record]]] = {
    "specification": _specification,
    "consumerContract": _contract,
    "test": _test,
    "version": _version,
    "deployment": _deployment,
}
