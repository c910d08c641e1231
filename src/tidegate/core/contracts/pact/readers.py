"""Readers of the schemas that a contract meets, and texts as the values that a schema means by them."""

import json
import re
from dataclasses import dataclass
from typing import Final

from tidegate.core.contracts.differences import Position
from tidegate.core.contracts.openapi.view import Parameter
from tidegate.core.contracts.pact.bodies import Format
from tidegate.core.contracts.pact.fits import Misfit, misfits
from tidegate.core.contracts.schemas.known import Known
from tidegate.core.contracts.schemas.reading import Reader
from tidegate.core.contracts.schemas.shape import Schema, Type, type_of
from tidegate.core.contracts.schemas.site import Dialect, Flow, Site
from tidegate.core.contracts.specification import Cursor, Value
from tidegate.core.errors import Problem

MEDIA: Final = {
    Format.JSON: "application/json",
    Format.XML: "application/xml",
    Format.FORM: "application/x-www-form-urlencoded",
    Format.TEXT: "text/plain",
    Format.BINARY: "application/octet-stream",
}
"""What a body without a declared content type is sent as."""
SEPARATORS: Final = {"spaceDelimited": " ", "pipeDelimited": "|"}
SCALAR: Final = re.compile(
    r"true|false|null|-?(?:0|[1-9]\d{0,300})(?:\.\d{1,300})?(?:[eE][+-]?\d{1,2})?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Readers of schemas in one direction: of bodies as they are, and of what travels as text."""

    body: Reader
    text: Reader

    @property
    def doubts(self) -> tuple[Problem, ...]:
        """What they could not read."""
        return (*self.body.doubts, *self.text.doubts)


def readers(flow: Flow, dialect: Dialect, known: Known) -> Readers:
    """The readers of what is written in a direction."""
    body, text = POSITIONS[flow]
    return Readers(body=_reader(flow, body, dialect, known), text=_reader(flow, text, dialect, known))


POSITIONS: Final = {
    Flow.TO_PROVIDER: (Position.REQUEST, Position.QUERY),
    Flow.TO_CONSUMER: (Position.RESPONSE, Position.RESPONSE_HEADER),
}


def _reader(flow: Flow, position: Position, dialect: Dialect, known: Known) -> Reader:
    site = Site(flow=flow, position=position, path=position.value, part=(), dialect=dialect)
    return Reader(site=site, known=known)


def split(values: tuple[str, ...], parameter: Parameter) -> tuple[str, ...]:
    """The values of a list that is written as one text."""
    if parameter.explode or len(values) != 1:
        return values
    return tuple(values[0].split(SEPARATORS.get(parameter.style, ",")))


@dataclass(frozen=True, slots=True)
class Typed:
    """Texts as the value that a schema means by them, and why it is not allowed."""

    value: Value
    misfits: list[Misfit]


def typed(texts: tuple[str, ...], schema: Schema, around: Cursor, reader: Reader) -> Typed:
    """Texts may be one value or a list, of texts or of what they write in JSON: the first that is allowed."""
    plain: list[Value] = [*texts]
    whole: Value = ",".join(texts)
    tried: list[Value] = [whole, _scalar(whole), [*map(_scalar, plain)], plain]
    types = frozenset[Type]().union(*(shape.types for shape in reader.read(schema, around)))
    meant = [value for value in tried if type_of(value) in types]
    if not meant and Type.OBJECT in types:
        reason = "is an object written as text, which is not read here"
        return Typed(whole, [Misfit(path="$", reason=reason, at=around, undecided=True)])
    meant = meant or tried[:1]
    return min((Typed(value, misfits(value, schema, around, reader)) for value in meant), key=_wrong)


def _wrong(judged: Typed) -> tuple[int, int]:
    return sum(not misfit.undecided for misfit in judged.misfits), len(judged.misfits)


def _scalar(text: Value) -> Value:
    """What a text writes in JSON, if that is a number, true, false or null; else the text."""
    return json.loads(str(text)) if SCALAR.fullmatch(str(text)) else text
