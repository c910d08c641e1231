"""XML bodies: read without document types, entities or depth that hurts, and compared element by element.

Names count with their namespace, prefixes do not. Attributes and elements of one name may stand among others in
any order; elements of one name are compared in theirs. Requests refuse what was not expected; so does a list under a
matcher of type. Comments and processing instructions are not compared. Rules say `$.people.person['@id']` and
`$.people.person['#text']`; `[*]` after a name says no more than the name.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from xml.etree.ElementTree import (
    Element,
    ParseError,
    TreeBuilder,
    XMLParser,
)

from tidegate.core.contracts.pact.matchers import Question, ask
from tidegate.core.contracts.pact.model import Rule, Wild
from tidegate.core.contracts.pact.scope import MOST_DEPTH, Mismatch, Scope, scope_of
from tidegate.core.contracts.pact.values import compare_values

MOST_TEXT: Final = 2_000_000
MOST_ELEMENTS: Final = 50_000
PREFIX: Final = re.compile(r"(?<=^@)[^:@]+:|^[^:@]+:")


class _Unsafe(Exception):  # noqa: N818 - never leaves this module
    """Why a text is not parsed."""


class _Guard(TreeBuilder):
    """Builds a tree and stops at what no honest body needs."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.count = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self.depth += 1
        self.count += 1
        if self.depth > MOST_DEPTH or self.count > MOST_ELEMENTS:
            raise _Unsafe("is nested too deeply or has too many elements")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self.depth -= 1
        return super().end(tag)

    def doctype(self, *_: str | None) -> None:
        raise _Unsafe("has a document type, which is not read")


def parse_xml(text: str) -> Element | str:
    """The root element, or why the text is not read, as a sentence without its subject."""
    if len(text) > MOST_TEXT:
        return "is too large to be read as XML"
    parser = XMLParser(target=_Guard())  # noqa: S314 - the target refuses document types
    try:
        parser.feed(text.strip())
        return parser.close()
    except _Unsafe as unsafe:
        return str(unsafe)
    except (ParseError, ValueError) as error:
        return f"is not XML: {error}"


def compare_xml(expected: str, actual: str, rules: tuple[Rule, ...], *, strict: bool) -> Iterator[Mismatch]:
    """How the actual document is not as expected."""
    walked = tuple(map(_without_prefix, rules))
    scope = scope_of("body", walked, strict=strict, textual=True)
    wanted, found = parse_xml(expected), parse_xml(actual)
    if isinstance(wanted, str):
        yield scope.mismatch(f"of the contract {wanted}", undecided=True)
    elif isinstance(found, str):
        yield scope.mismatch(found, undecided="not XML" not in found)
    elif wanted.tag != found.tag:
        yield scope.mismatch(f"is <{found.tag}>, not <{wanted.tag}>")
    else:
        yield from _element(wanted, found, scope.below(_local(wanted.tag)))


def _element(expected: Element, actual: Element, scope: Scope) -> Iterator[Mismatch]:
    yield from _attributes(expected, actual, scope)
    yield from compare_values(_text(expected), _text(actual), scope.below("#text"))
    yield from _children(expected, actual, scope)


def _attributes(expected: Element, actual: Element, scope: Scope) -> Iterator[Mismatch]:
    for name, value in expected.attrib.items():
        inside = scope.below(f"@{_local(name)}")
        if name in actual.attrib:
            yield from compare_values(value, actual.attrib[name], inside)
        else:
            yield inside.mismatch("is missing")
    if scope.strict:
        extra = (name for name in actual.attrib if name not in expected.attrib)
        yield from (scope.below(f"@{_local(name)}").mismatch("is not expected") for name in extra)


def _children(expected: Element, actual: Element, scope: Scope) -> Iterator[Mismatch]:
    wanted, found = _by_name(expected), _by_name(actual)
    yield from _size(len(actual), scope)
    for name, examples in wanted.items():
        yield from _group(examples, found.get(name, []), scope, scope.below(_local(name)))
    if scope.strict or (scope.has("type") and not scope.cascaded and wanted):
        extra = (name for name in found if name not in wanted)
        yield from (scope.below(_local(name)).mismatch("is not expected") for name in extra)


def _size(count: int, scope: Scope) -> Iterator[Mismatch]:
    """`min` and `max` of an element count the elements inside it."""
    for matcher in scope.matchers:
        if matcher.name == "type" and not scope.cascaded:
            miss = ask(Question(matcher=matcher, expected=[], actual=[None] * count))
            yield from [scope.mismatch(miss.reason)] if miss else []


def _group(expected: list[Element], actual: list[Element], around: Scope, scope: Scope) -> Iterator[Mismatch]:
    """Elements of one name: pair by pair, or under a matcher of type each with its example or the first."""
    loose = around.has("type") or scope.has("type")
    least, most = (1, len(actual)) if loose else (len(expected), len(expected))
    if len(actual) < least or (around.strict and len(actual) > most):
        yield scope.mismatch(f"stands there {len(actual)} times, not {len(expected)}")
    for at, element in enumerate(actual):
        if at < len(expected) or loose:
            yield from _element(
                expected[at] if at < len(expected) else expected[0], element, scope.indexed(at)
            )


def _by_name(element: Element) -> dict[str, list[Element]]:
    found: dict[str, list[Element]] = {}
    for child in element:
        found.setdefault(child.tag, []).append(child)
    return found


def _text(element: Element) -> str:
    """The text of an element without that of the elements inside it."""
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip()


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _without_prefix(rule: Rule) -> Rule:
    """The path as it is walked here: no prefixes, since only namespaces count, and no `[*]`."""
    steps = (step for step in rule.path if step is not Wild.INDEX)
    return replace(rule, path=tuple(PREFIX.sub("", s) if isinstance(s, str) else s for s in steps))
