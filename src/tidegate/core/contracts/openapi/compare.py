"""Two versions of an HTTP interface side by side."""

from collections.abc import Iterator
from typing import Final

from tidegate.core.contracts.differences import Comparison, Difference
from tidegate.core.contracts.openapi.findings import Findings, Versions
from tidegate.core.contracts.openapi.operations import compare_operations
from tidegate.core.contracts.openapi.read import read
from tidegate.core.contracts.openapi.roles import CONSUMER_ASKS, PROVIDER_ASKS
from tidegate.core.contracts.openapi.view import Interface, Operation
from tidegate.core.contracts.specification import Kind, Specification
from tidegate.core.errors import Problem

UNSEEN: Final = (
    "addresses of servers, links, examples, security of webhooks and callbacks, what is said in prose"
)


def compare(old: Specification, new: Specification) -> Comparison:
    """What differs between two versions, and what in either of them could not be read."""
    versions = Versions(old=read(old), new=read(new))
    found = list(_findings(versions))
    doubts = [
        *_doubts(versions.old),
        *_doubts(versions.new),
        *(each for each in found if isinstance(each, Problem)),
    ]
    return Comparison(
        kind=Kind.OPENAPI,
        differences=tuple(each for each in found if isinstance(each, Difference)),
        doubts=tuple(dict.fromkeys(doubts)),
        unseen=UNSEEN,
    )


def _findings(versions: Versions) -> Findings:
    old, new = versions.old, versions.new
    yield from compare_operations(old.operations, new.operations, CONSUMER_ASKS, versions)
    yield from compare_operations(old.webhooks, new.webhooks, PROVIDER_ASKS, versions)


def _doubts(interface: Interface) -> Iterator[Problem]:
    yield from interface.doubts
    for operation in (*interface.operations.values(), *interface.webhooks.values()):
        yield from _doubts_of(operation)


def _doubts_of(operation: Operation) -> Iterator[Problem]:
    yield from operation.doubts
    for callback in operation.callbacks.values():
        yield from callback.doubts
