"""Two versions of a consumer's contract side by side: what the new one demands beyond the old.

A provider is known by the contract that it was verified against. An old provider was never asked for what only the
new contract demands, so a new consumer is a question there: unknown. A new provider need not keep what the new
contract dropped: unknown for old consumers. A demand that follows from the other version's is compatible; two that
no answer meets together are breaking, both ways. An interaction whose request changed was never asked in its new form.

Interactions are the same by description and provider states. Cannot be seen: what the provider's specification
promises anyway (`check` does), generators, examples that are not demands, parameters of provider states.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison, Difference, Position
from tidegate.core.contracts.pact.demands import Asked, demanded_by, follows, sent_by
from tidegate.core.contracts.pact.model import Contract, Interaction
from tidegate.core.contracts.pact.read import read
from tidegate.core.contracts.specification import Kind, Place, Specification
from tidegate.core.errors import Problem

UNSEEN: Final = "what the provider's specification promises anyway, generators, parameters of provider states"
COMPATIBLE, UNKNOWN = Compatibility.COMPATIBLE, Compatibility.UNKNOWN

Key = tuple[str, str, str]
Interactions = Mapping[Key, Interaction]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A sort of difference: its rule, why it matters, and whom it breaks."""

    rule: str
    reason: str
    old_consumer_new_provider: Compatibility
    new_consumer_old_provider: Compatibility


ADDED: Final = Change(
    rule="pact-interaction-added",
    reason="an old provider was never asked for it",
    old_consumer_new_provider=COMPATIBLE,
    new_consumer_old_provider=UNKNOWN,
)
REMOVED: Final = Change(
    rule="pact-interaction-removed",
    reason="a new provider need not keep it, and old consumers rely on it",
    old_consumer_new_provider=UNKNOWN,
    new_consumer_old_provider=COMPATIBLE,
)
REQUEST: Final = Change(
    rule="pact-request-changed",
    reason="neither provider was asked what the other version asks",
    old_consumer_new_provider=UNKNOWN,
    new_consumer_old_provider=UNKNOWN,
)


def compare(old: Specification, new: Specification) -> Comparison:
    """What differs between two versions of a contract, or of several."""
    before, after = read(old), read(new)
    one, other = _interactions(before), _interactions(after)
    return Comparison(
        kind=Kind.PACT,
        differences=tuple(_differences(one, other)),
        doubts=(*_doubts(before), *_doubts(after)),
        unseen=UNSEEN,
    )


def _interactions(contracts: tuple[Contract, ...]) -> Interactions:
    return {(c.consumer, c.provider, str(i)): i for c in contracts for i in c.interactions}


def _doubts(contracts: tuple[Contract, ...]) -> Iterator[Problem]:
    for contract in contracts:
        yield from contract.doubts
        names = [str(interaction) for interaction in contract.interactions]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Problem(
                message=f"{contract.consumer}: {name} is there twice", hint="give each its own description"
            )


def _differences(old: Interactions, new: Interactions) -> Iterator[Difference]:
    for key in {**old, **new}:
        if key not in old:
            yield _difference(ADDED, new[key])
        elif key not in new:
            yield _difference(REMOVED, old[key])
        else:
            yield from _changes(old[key], new[key])


def _difference(
    change: Change, interaction: Interaction, position: Position = Position.OPERATION, path: str = ""
) -> Difference:
    place = Place(
        path=f"{interaction} {path}".strip(), file=interaction.place.file, pointer=interaction.place.pointer
    )
    return Difference(
        rule=change.rule,
        position=position,
        place=place,
        reason=change.reason,
        old_consumer_new_provider=change.old_consumer_new_provider,
        new_consumer_old_provider=change.new_consumer_old_provider,
        part=(str(interaction), *filter(None, [path])),
    )


def _changes(old: Interaction, new: Interaction) -> Iterator[Difference]:
    if sent_by(old) != sent_by(new) or old.kind is not new.kind:
        yield _difference(REQUEST, new, Position.REQUEST)
    before, after = demanded_by(old), demanded_by(new)
    for path in {**before, **after}:
        change = _change(before.get(path), after.get(path))
        if change:
            yield _difference(change, new, Position.RESPONSE, path)


def _change(old: Asked | None, new: Asked | None) -> Change | None:
    """What became of one demand; nothing where either version's provider meets the other's."""
    backward, forward = follows(old, given=new), follows(new, given=old)
    if backward.safe and forward.safe:
        return None
    rule, reason = SORTS[bool(old), bool(new)]
    return Change(
        rule=rule, reason=reason, old_consumer_new_provider=backward, new_consumer_old_provider=forward
    )


SORTS: Final = {
    (False, True): ("pact-demand-added", "an old provider was never asked for it"),
    (True, False): ("pact-demand-removed", "a new provider need not keep it, and old consumers rely on it"),
    (True, True): (
        "pact-demand-changed",
        "what one version demands does not follow from what the other does",
    ),
}
