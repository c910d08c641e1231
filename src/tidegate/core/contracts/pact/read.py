"""Reads Pact documents. All that cannot be read is a doubt with its place, never left out in silence."""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote_plus

from tidegate.core.contracts.pact.bodies import declared, form_of, media_of, read_body
from tidegate.core.contracts.pact.model import (
    Contract,
    Interaction,
    InteractionKind,
    Message,
    Request,
    Response,
    Version,
)
from tidegate.core.contracts.pact.rules import Report, read_rules
from tidegate.core.contracts.specification import Cursor, Specification, Value
from tidegate.core.errors import Problem

VERSIONS: Final = {
    "1": Version.V1,
    "1.0": Version.V1,
    "1.1": Version.V1_1,
    "2": Version.V2,
    "2.0": Version.V2,
    "3": Version.V3,
    "3.0": Version.V3,
    "4": Version.V4,
    "4.0": Version.V4,
}
VERSION_AT: Final = (
    ("metadata", "pactSpecification", "version"),
    ("metadata", "pact-specification", "version"),
    ("metadata", "pactSpecificationVersion"),
)
UNSAID: Final = Version.V2
"""What a document without a version is read as: the last version before documents had to say theirs."""
MOST_DOUBTS: Final = 100


def read(specification: Specification) -> tuple[Contract, ...]:
    """The contracts of all documents, in the order of their file names."""
    documents = specification.documents
    cursors = (Cursor(specification=specification, file=f, value=documents[f]) for f in sorted(documents))
    return tuple(_Reader(cursor).contract() for cursor in cursors)


def read_request(cursor: Cursor, version: Version, report: Report) -> Request:
    """A request, expected or actual."""
    headers = _headers(cursor.at("headers"), report)
    return Request(
        method=_text(cursor.at("method"), report, "GET").upper(),
        path=_text(cursor.at("path"), report, "/"),
        query=_query(cursor.at("query"), report),
        ordered_query=unquote_plus(cursor.at("query").text) if version is Version.V1 else None,
        headers=headers,
        body=read_body(cursor, "body", declared(headers), version, report),
        rules=read_rules(cursor.at("matchingRules"), version, report),
    )


def read_response(cursor: Cursor, version: Version, report: Report) -> Response:
    """A response, expected or actual."""
    headers = _headers(cursor.at("headers"), report)
    status = cursor.mapping.get("status")
    if status is not None and not _is_status(status):
        report(cursor.at("status"), "is not an HTTP status")
    return Response(
        status=status if _is_status(status) and isinstance(status, int) else None,
        headers=headers,
        body=read_body(cursor, "body", declared(headers), version, report),
        rules=read_rules(cursor.at("matchingRules"), version, report),
    )


def read_message(cursor: Cursor, version: Version, report: Report) -> Message:
    """A message, expected or actual."""
    metadata = (cursor.at("metadata") or cursor.at("metaData")).mapping
    media = next((v for k, v in metadata.items() if k.lower() in ("contenttype", "content-type")), "")
    return Message(
        body=read_body(cursor, "contents", media_of(str(media)), version, report),
        metadata=metadata,
        rules=read_rules(cursor.at("matchingRules"), version, report),
    )


def _is_status(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599


def _text(cursor: Cursor, report: Report, default: str) -> str:
    if cursor and not isinstance(cursor.value, str):
        report(cursor, "is not a text")
    return cursor.text if isinstance(cursor.value, str) else default


def _headers(cursor: Cursor, report: Report) -> Mapping[str, tuple[str, ...]]:
    return {name.lower(): _values(value, report) for name, value in _mapping(cursor, report)}


def _query(cursor: Cursor, report: Report) -> Mapping[str, tuple[str, ...]]:
    """The parameters of a query, each with its values in order: a text until version 2, then a mapping."""
    if not isinstance(cursor.value, str):
        return {name: _values(value, report) for name, value in _mapping(cursor, report)}
    return form_of(cursor.value)


def _mapping(cursor: Cursor, report: Report) -> Iterator[tuple[str, Cursor]]:
    if cursor and not isinstance(cursor.value, dict):
        report(cursor, "is not a mapping")
    return cursor.fields()


def _values(cursor: Cursor, report: Report) -> tuple[str, ...]:
    found = list(cursor.elements()) if isinstance(cursor.value, list) else [cursor]
    if any(isinstance(value.value, (dict, list)) for value in found):
        report(cursor, "is neither a text nor a list of texts")
    return tuple("" if value.value is None else str(value.value) for value in found)


class _Reader:
    """Reads one document and gathers what could not be read."""

    def __init__(self, root: Cursor) -> None:
        self.root = root
        self.doubts: list[Problem] = []

    def contract(self) -> Contract:
        version = self._version()
        interactions = tuple(self._interactions(version)) if version else ()
        if version and not interactions and not self.doubts:
            self._doubt(self.root, "has no interactions, so it demands nothing")
        return Contract(
            consumer=self._name("consumer"),
            provider=self._name("provider"),
            version=version or UNSAID,
            interactions=interactions,
            doubts=tuple(self.doubts),
        )

    def _doubt(self, cursor: Cursor, reason: str) -> None:
        if len(self.doubts) < MOST_DOUBTS:
            self.doubts.append(
                Problem(message=f"{cursor.file}{cursor.pointer and '#'}{cursor.pointer} {reason}")
            )

    def _name(self, role: str) -> str:
        name = self.root.at(role, "name")
        if not name.text:
            self._doubt(name, "is missing: whose contract is this?")
        return name.text

    def _version(self) -> Version | None:
        written = next(filter(None, (self.root.at(*path) for path in VERSION_AT)), None)
        if written is None:
            return UNSAID
        version = VERSIONS.get(
            str(written.value).removesuffix(".0") if str(written.value).count(".") > 1 else str(written.value)
        )
        if version is None:
            self._doubt(
                written, f"is a version of Pact that is not read here; these are: {', '.join(Version)}"
            )
        return version

    def _interactions(self, version: Version) -> Iterator[Interaction]:
        for name, kind in (("interactions", InteractionKind.HTTP), ("messages", InteractionKind.MESSAGE)):
            entries = self.root.at(name)
            if entries and not isinstance(entries.value, list):
                self._doubt(entries, "is not a list")
            for entry in entries.elements():
                yield from self._interaction(entry, kind, version)

    def _interaction(self, entry: Cursor, kind: InteractionKind, version: Version) -> Iterator[Interaction]:
        written = entry.mapping.get("type", kind) if version is Version.V4 else kind
        description = entry.at("description").text
        if not isinstance(entry.value, dict):
            self._doubt(entry, "is not an interaction")
        elif not description:
            self._doubt(entry, "has no description")
        elif written not in list(InteractionKind):
            self._doubt(
                entry.at("type"),
                f"is a sort of interaction that is not read here; these are: {', '.join(InteractionKind)}",
            )
        else:
            yield self._read(entry, InteractionKind(written), version)

    def _read(self, entry: Cursor, kind: InteractionKind, version: Version) -> Interaction:
        http = kind is InteractionKind.HTTP
        return Interaction(
            kind=kind,
            description=entry.at("description").text,
            place=entry.place(entry.at("description").text),
            states=tuple(_states(entry)),
            key=entry.at("key").text,
            pending=entry.mapping.get("pending") is True,
            request=read_request(self._part(entry, "request"), version, self._doubt) if http else None,
            response=read_response(self._part(entry, "response"), version, self._doubt) if http else None,
            messages=() if http else tuple(self._messages(entry, kind, version)),
        )

    def _part(self, entry: Cursor, name: str) -> Cursor:
        part = entry.at(name)
        if not isinstance(part.value, dict):
            self._doubt(part, "is missing")
        return part

    def _messages(self, entry: Cursor, kind: InteractionKind, version: Version) -> Iterator[Message]:
        if kind is InteractionKind.MESSAGE:
            yield read_message(entry, version, self._doubt)
        else:
            yield read_message(self._part(entry, "request"), version, self._doubt)
            for answer in entry.at("response").elements():
                yield read_message(answer, version, self._doubt)


def _states(entry: Cursor) -> Iterator[str]:
    """Provider states by name: one text until version 2, from version 3 a list with parameters."""
    single = entry.at("providerState").text or entry.at("provider_state").text
    if single:
        yield single
    for state in entry.at("providerStates").elements():
        yield state.text or state.at("name").text
