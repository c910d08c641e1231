"""A document as an `Interface`: paths, methods, parameters, callbacks and webhooks, which all versions write alike.

What they write differently stands in a `Grammar`: `openapi3` and `swagger2`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from tidegate.core.contracts.differences import Part
from tidegate.core.contracts.openapi import openapi3, swagger2
from tidegate.core.contracts.openapi.doubts import Doubts
from tidegate.core.contracts.openapi.grammar import Grammar, Source
from tidegate.core.contracts.openapi.parameters import read_parameters
from tidegate.core.contracts.openapi.templates import Template
from tidegate.core.contracts.openapi.view import DEFAULT, METHODS, Interface, Operation, Response
from tidegate.core.contracts.specification import Cursor, Specification

GRAMMARS: Final[Mapping[str, Grammar]] = {
    "2.0": swagger2.GRAMMAR,
    "3.0": openapi3.GRAMMAR_30,
    "3.1": openapi3.GRAMMAR_31,
}
BESIDE_METHODS: Final = frozenset({"$ref", "summary", "description", "servers", "parameters"})
CALLBACK: Final = "callback"
STATUS: Final = re.compile(r"[1-5](\d\d|XX)")
NOWHERE: Final = Template(text="")


def read(specification: Specification) -> Interface:
    """The interface that a specification describes, with a doubt for everything that could not be read."""
    root, doubts = specification.cursor, Doubts()
    grammar = _grammar(root, doubts)
    document = _Document(root=root, grammar=grammar, doubts=doubts)
    return Interface(
        version=grammar.version,
        operations=document.operations(),
        webhooks=document.webhooks(),
        schemes=root.at(*grammar.schemes),
        bases=grammar.bases(root),
        doubts=tuple(doubts.found),
    )


def _grammar(root: Cursor, doubts: Doubts) -> Grammar:
    written = root.at("openapi").value or root.at("swagger").value
    version = ".".join(str(written).split(".")[:2])
    if version not in GRAMMARS:
        doubts.add(root, f"neither `openapi` nor `swagger` names a known version ({', '.join(GRAMMARS)})")
    return GRAMMARS.get(version, openapi3.GRAMMAR_31)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """Where operations are being read: what their parts begin with, and the path they belong to."""

    part: Part = ()
    before: str = ""
    after: str = ""
    template: Template = NOWHERE

    def part_of(self, method: str) -> Part:
        return (*self.part, f"{self.before}{method}{self.after}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    root: Cursor
    grammar: Grammar
    doubts: Doubts

    def operations(self) -> dict[Part, Operation]:
        paths, found = self.root.at("paths"), dict[Part, Operation]()
        if not paths and not self.root.at("webhooks"):
            self.doubts.add(self.root, "there are no `paths`")
        for path, item in self.doubts.words(paths, "`paths`"):
            template = Template(text=path)
            for operation in self._methods(
                item, _Spot(after=f" {template.key}", template=template), self.doubts
            ):
                if operation.part in found:
                    self.doubts.add(operation.cursor, f"{operation.part[-1]} is there twice")
                found[operation.part] = operation
        return found

    def webhooks(self) -> dict[Part, Operation]:
        return {
            operation.part: operation
            for name, item in self.doubts.fields(self.root.at("webhooks"), "`webhooks`")
            for operation in self._methods(item, _Spot(before=f"webhook {name} "), self.doubts)
        }

    def _methods(self, item: Cursor, spot: _Spot, doubts: Doubts) -> Iterator[Operation]:
        item = doubts.entry(item, "a path")
        for word, cursor in doubts.words(item, "a path"):
            if word in METHODS:
                yield self._operation(item, cursor, spot, word.upper())
            elif word not in BESIDE_METHODS:
                doubts.add(cursor, f"`{word}` is no method that is known", f"one of {', '.join(METHODS)}")

    def _operation(self, item: Cursor, cursor: Cursor, spot: _Spot, method: str) -> Operation:
        doubts, part = Doubts(), spot.part_of(method)
        cursor = doubts.entry(cursor, "an operation")
        parameters = tuple(_parameters(item, cursor, doubts))
        source = Source(
            root=self.root, cursor=cursor, template=spot.template, parameters=parameters, doubts=doubts
        )
        operation = Operation(
            part=part,
            method=method,
            template=spot.template,
            parameters=read_parameters(source, self.grammar),
            body=self.grammar.body(source),
            responses=self._responses(source),
            callbacks=self._callbacks(source, part),
            security=source.inherited("security"),
            cursor=cursor,
        )
        return replace(operation, doubts=tuple(doubts.found))

    def _responses(self, source: Source) -> dict[str, Response]:
        responses, found = source.cursor.at("responses"), dict[str, Response]()
        if not responses and self.grammar.must_answer:
            source.doubts.add(source.cursor, "there are no `responses`")
        for written, cursor in source.doubts.words(responses, "`responses`"):
            status = written if written == DEFAULT else written.upper()
            if status == DEFAULT or STATUS.fullmatch(status):
                found[status] = self.grammar.response(
                    source, status, source.doubts.entry(cursor, "a response")
                )
            else:
                source.doubts.add(
                    cursor, f"`{written}` is no status", "a code, a class such as 2XX, or default"
                )
        return found

    def _callbacks(self, source: Source, part: Part) -> dict[Part, Operation]:
        declared = source.cursor.at("callbacks")
        if CALLBACK in part and declared:
            source.doubts.add(declared, "callbacks of a callback are not read")
            return {}
        return {
            operation.part: operation
            for name, callback in source.doubts.fields(declared, "`callbacks`")
            for address, item in source.doubts.fields(
                source.doubts.entry(callback, "a callback"), "a callback"
            )
            for operation in self._methods(
                item, _Spot(part=(*part, CALLBACK), before=f"{name} {address} "), source.doubts
            )
        }


def _parameters(item: Cursor, operation: Cursor, doubts: Doubts) -> Iterator[Cursor]:
    for declared in (item.at("parameters"), operation.at("parameters")):
        entries = (doubts.entry(each, "a parameter") for each in doubts.elements(declared, "`parameters`"))
        yield from filter(None, entries)
