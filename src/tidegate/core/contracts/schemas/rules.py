"""Every sort of difference between two schemas, and whom it breaks.

A schema is a set of values. Whoever reads must accept all that the other side may write; so what matters of a
difference is its effect on that set.

    narrows      what the old schema allows, the new one may not: new readers fail on old writers
    widens       what the new schema allows, the old one may not: old readers fail on new writers
    replaces     both
    keeps        neither; told because people want to know
    may narrow   the old schema says nothing of what the new one asks: not even its writers know
    may widen    the same the other way round
    undecided    one cannot tell by looking: both answers are unknown

Of a request the consumer is the writer, of a response and an event the provider. Content is open: a reader
ignores properties that it does not know, unless its schema closes itself (`additionalProperties: false`), and
a writer writes only properties that its schema lists, or allows by an `additionalProperties` of its own. An
object that lists nothing is free: its writers write anything.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.schemas.site import Flow


class Effect(StrEnum):
    """What a difference does to the set of allowed values."""

    NARROWS = "narrows"
    WIDENS = "widens"
    REPLACES = "replaces"
    KEEPS = "keeps"
    MAY_NARROW = "may-narrow"
    MAY_WIDEN = "may-widen"
    UNDECIDED = "undecided"


_NARROWS, _WIDENS, _REPLACES, _KEEPS, _MAY_NARROW, _MAY_WIDEN, _UNDECIDED = Effect

RULES: Final[Mapping[str, Effect]] = {
    # any value
    "everything-refused": _NARROWS,
    "something-allowed": _WIDENS,
    "type-narrowed": _NARROWS,
    "type-widened": _WIDENS,
    "type-changed": _REPLACES,
    "null-removed": _NARROWS,
    "null-added": _WIDENS,
    "enum-added": _NARROWS,
    "enum-removed": _WIDENS,
    "enum-value-removed": _NARROWS,
    "enum-value-added": _WIDENS,
    "const-changed": _REPLACES,
    "extensible-value-removed": _NARROWS,
    "extensible-value-added": _WIDENS,
    # numbers, texts, lengths
    "minimum-raised": _NARROWS,
    "minimum-lowered": _WIDENS,
    "maximum-lowered": _NARROWS,
    "maximum-raised": _WIDENS,
    "min-length-raised": _NARROWS,
    "min-length-lowered": _WIDENS,
    "max-length-lowered": _NARROWS,
    "max-length-raised": _WIDENS,
    "min-items-raised": _NARROWS,
    "min-items-lowered": _WIDENS,
    "max-items-lowered": _NARROWS,
    "max-items-raised": _WIDENS,
    "min-properties-raised": _NARROWS,
    "min-properties-lowered": _WIDENS,
    "max-properties-lowered": _NARROWS,
    "max-properties-raised": _WIDENS,
    "multiple-of-narrowed": _NARROWS,
    "multiple-of-widened": _WIDENS,
    "multiple-of-changed": _REPLACES,
    "unique-items-added": _NARROWS,
    "unique-items-removed": _WIDENS,
    "pattern-added": _NARROWS,
    "pattern-removed": _WIDENS,
    "pattern-changed": _UNDECIDED,  # whether one expression accepts all that another does is not computed
    "format-added": _NARROWS,
    "format-removed": _WIDENS,
    "format-narrowed": _NARROWS,
    "format-widened": _WIDENS,
    "format-changed": _REPLACES,
    "content-encoding-added": _NARROWS,
    "content-encoding-removed": _WIDENS,
    "content-encoding-changed": _REPLACES,
    "content-media-type-added": _NARROWS,
    "content-media-type-removed": _WIDENS,
    "content-media-type-changed": _REPLACES,
    # objects
    "property-added": _KEEPS,  # nobody has to write it, and readers that do not know it ignore it
    "required-property-added": _NARROWS,
    "property-removed": _WIDENS,  # old readers may rely on what always came; new ones know that it may not come
    "required-property-removed": _WIDENS,
    "property-added-to-closed": _WIDENS,
    "property-removed-from-closed": _NARROWS,
    "free-property-listed": _MAY_NARROW,
    "free-property-unlisted": _MAY_WIDEN,
    "property-beside-patterns": _UNDECIDED,
    "required-added": _NARROWS,  # a default does not excuse: to validators it is an annotation
    "required-removed": _WIDENS,
    "additional-properties-closed": _NARROWS,
    "additional-properties-opened": _WIDENS,
    "additional-properties-stated": _KEEPS,
    "additional-properties-unstated": _WIDENS,  # what readers found under names of their own comes no more
    "unlisted-properties-refused": _KEEPS,  # nobody writes them
    "unlisted-properties-ignored": _KEEPS,
    # constraints that can only be compared for being there and being equal
    "constraint-added": _NARROWS,
    "constraint-removed": _WIDENS,
    "constraint-changed": _UNDECIDED,
    # alternatives
    "alternative-removed": _NARROWS,
    "alternative-added": _WIDENS,
    "alternatives-changed": _UNDECIDED,
    "discriminator-added": _KEEPS,  # it speeds up what the alternatives say already
    "discriminator-removed": _KEEPS,
    "discriminator-changed": _UNDECIDED,
    "discriminator-mapping-removed": _NARROWS,
    "discriminator-mapping-added": _WIDENS,
    "discriminator-mapping-changed": _REPLACES,
    # annotations
    "default-changed": _REPLACES,  # leaving it out means something else on the two sides
    "default-added": _UNDECIDED,  # what leaving it out meant was not said
    "default-removed": _UNDECIDED,
    "deprecated": _KEEPS,
    "deprecation-withdrawn": _KEEPS,
    # the same again
    "recursive-schema-changed": _UNDECIDED,  # answered as where its differences are told
}

EXCEPTIONS: Final[Mapping[tuple[str, Flow], Effect]] = {
    # The provider ignores what it does not know.
    ("property-removed", Flow.TO_PROVIDER): _KEEPS,
    ("additional-properties-unstated", Flow.TO_PROVIDER): _KEEPS,
    # Readers of an extensible list expect values that they do not know.
    ("extensible-value-removed", Flow.TO_CONSUMER): _KEEPS,
    ("extensible-value-added", Flow.TO_CONSUMER): _KEEPS,
    # In what a provider writes, a default is advice: each reader keeps its own.
    ("default-changed", Flow.TO_CONSUMER): _KEEPS,
    ("default-added", Flow.TO_CONSUMER): _KEEPS,
    ("default-removed", Flow.TO_CONSUMER): _KEEPS,
}
"""Where it matters who writes; the reason stands above each."""

Answers = tuple[Compatibility, Compatibility]
"""Of the old consumer with the new provider, and of the new consumer with the old provider."""

_OLD_WRITER_NEW_READER: Final[Mapping[Effect, Answers]] = {
    Effect.NARROWS: (Compatibility.BREAKING, Compatibility.COMPATIBLE),
    Effect.WIDENS: (Compatibility.COMPATIBLE, Compatibility.BREAKING),
    Effect.REPLACES: (Compatibility.BREAKING, Compatibility.BREAKING),
    Effect.KEEPS: (Compatibility.COMPATIBLE, Compatibility.COMPATIBLE),
    Effect.MAY_NARROW: (Compatibility.UNKNOWN, Compatibility.COMPATIBLE),
    Effect.MAY_WIDEN: (Compatibility.COMPATIBLE, Compatibility.UNKNOWN),
    Effect.UNDECIDED: (Compatibility.UNKNOWN, Compatibility.UNKNOWN),
}
"""Old writer with new reader, and new writer with old reader."""


def answers(rule: str, flow: Flow) -> Answers:
    """Whom a difference breaks where `flow` says who writes."""
    effect = EXCEPTIONS.get((rule, flow), RULES[rule])
    old_writer, new_writer = _OLD_WRITER_NEW_READER[effect]
    return (old_writer, new_writer) if flow is Flow.TO_PROVIDER else (new_writer, old_writer)
