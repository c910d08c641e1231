"""From what was found to a difference: its answers, its place in words, and the part that it touches."""

from typing import Final

from tidegate.core.contracts.differences import Difference, Part
from tidegate.core.contracts.schemas.found import Found
from tidegate.core.contracts.schemas.rules import answers
from tidegate.core.contracts.schemas.shape import Shape, Type
from tidegate.core.contracts.schemas.site import Flow, Site
from tidegate.core.contracts.schemas.words import quoted
from tidegate.core.contracts.specification import Cursor

CLOSED: Final = frozenset(
    {
        *("property-added-to-closed", "property-removed-from-closed"),
        *("additional-properties-closed", "additional-properties-opened"),
    }
)
"""Rules about readers who are closed to what they do not list."""


def left_over(shape: Shape, at: Cursor, *, gone: bool) -> Found:
    """An alternative that is on one side only."""
    if shape.types == {Type.NULL}:
        rule, said = ("null-removed", "not allowed any more") if gone else ("null-added", "allowed now")
        return Found(rule=rule, at=at, reason=f"null is {said}")
    name = " ".join(shape.label) or " or ".join(sorted(shape.types))
    rule, said = ("alternative-removed", "gone") if gone else ("alternative-added", "new")
    return Found(rule=rule, at=at, reason=f"the alternative {quoted(name)} is {said}")


def difference_of(found: Found, site: Site) -> Difference:
    """The difference, at a site."""
    with_new_provider, with_old_provider = answers(found.rule, site.flow)
    named = site.below(found.about or found.spares) if found.about or found.spares else site
    part, spared_by = _parts(found, site)
    return Difference(
        rule=found.rule,
        position=site.position,
        place=found.at.place(named.path or "the whole"),
        reason=found.reason,
        old_consumer_new_provider=with_new_provider,
        new_consumer_old_provider=with_old_provider,
        part=part,
        spared_by=spared_by,
    )


def _parts(found: Found, site: Site) -> tuple[Part, Part | None]:
    """The part that is affected, and the part that spares whoever uses it.

    It matters to a consumer who writes what it writes and leaves out, to one who reads what it looks at; but a
    reader who is closed fails on everything.
    """
    consumer_writes = site.flow is Flow.TO_PROVIDER
    if found.rule.startswith("default-"):  # matters to those who use what is around and leave this out
        around = site.part[:-1] if len(site.part) > 1 and not site.textual else site.part[:1]
        return around, site.part if site.part != around else None
    if found.spares and consumer_writes:
        return site.part, (*site.part, found.spares)
    if found.rule in CLOSED and not consumer_writes:
        return site.part, None
    about = found.about or found.spares
    return ((*site.part, about) if about else site.part), None
