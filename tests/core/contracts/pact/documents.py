"""Short ways to write Pact documents and specifications in tests."""

from typing import Any

from tidegate.core.contracts.pact.model import Contract, Message, Request, Response, Version
from tidegate.core.contracts.pact.read import read, read_message, read_request, read_response
from tidegate.core.contracts.specification import Cursor, Kind, Specification, Value


def specification(document: Value, kind: Kind = Kind.PACT, name: str = "pact.json") -> Specification:
    return Specification(kind=kind, name=name, root=name, documents={name: document}, texts={})


def unexpected(cursor: Cursor, reason: str) -> None:
    raise AssertionError(f"{cursor.pointer} {reason}")


def request(version: Version = Version.V4, **fields: Any) -> Request:
    return read_request(specification(fields).cursor, version, unexpected)


def response(version: Version = Version.V4, **fields: Any) -> Response:
    return read_response(specification(fields).cursor, version, unexpected)


def message(version: Version = Version.V4, **fields: Any) -> Message:
    return read_message(specification(fields).cursor, version, unexpected)


def document(version: str = "4.0", **fields: Any) -> dict[str, Any]:
    """A document of a consumer `checkout` and a provider `pets`."""
    return {
        "consumer": {"name": "checkout"},
        "provider": {"name": "pets"},
        "metadata": {"pactSpecification": {"version": version}},
        **fields,
    }


def contract(version: str = "4.0", **fields: Any) -> Contract:
    (found,) = read(specification(document(version, **fields)))
    return found
