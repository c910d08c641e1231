"""Two versions of what a body may hold: its content types, their schemas, and how their parts are encoded."""

from dataclasses import replace

from tidegate.core.contracts.openapi.findings import Findings, Spot
from tidegate.core.contracts.openapi.pairs import paired
from tidegate.core.contracts.openapi.roles import Voice
from tidegate.core.contracts.openapi.rules import Change
from tidegate.core.contracts.openapi.view import Content, types_over


def compare_content(old: Content, new: Content, spot: Spot, voice: Voice) -> Findings:
    """What differs between two mappings of content types."""
    for type_, before, after, change in paired(old, new, types_over):
        here = spot.below(type_)
        if change and (either := after or before):
            yield here.difference(voice.content, change, voice.position, either.schema)
        if before and after:
            if before.encoding.mapping != after.encoding.mapping:
                yield here.difference(voice.content, Change.ENCODING_CHANGED, voice.position, after.encoding)
            body = replace(here, path=f"{here.path} $")
            yield from body.schemas(before.schema, after.schema, voice.flow, voice.position)
