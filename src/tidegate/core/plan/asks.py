"""What an intermediate version must do, in words for those who make it: by difference, or by what is needed.

A provider in between serves the consumers of both versions, a consumer in between works with both providers.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.differences import Comparison, Difference, Position
from tidegate.core.contracts.pair import Pair, Side
from tidegate.core.ids import InterfaceName, ServiceName

Differences = Mapping[tuple[ServiceName, ServiceName, InterfaceName], Comparison]
"""What is known to differ between two versions of an interface: by consumer, provider and interface."""

Wording = tuple[str, str, str, str]
"""Of a provider: for consumers of the old version, of the new, of both; of a consumer: whatever it meets."""

OFFERED: Final[Wording] = ("go on offering", "offer already", "offer both", "do without")
ACCEPTED: Final[Wording] = ("go on accepting", "accept already", "accept both", "send what both accept for")
WRITTEN: Final[Wording] = ("go on writing", "write already", "write both", "read in either form")
TRUSTED: Final[Wording] = (
    "go on accepting the credentials for",
    "accept already the new credentials for",
    "accept both credentials for",
    "present what both accept for",
)

WORDINGS: Final[Mapping[Position, Wording]] = {
    Position.OPERATION: OFFERED,
    Position.TYPE: OFFERED,
    Position.PATH: ACCEPTED,
    Position.QUERY: ACCEPTED,
    Position.HEADER: ACCEPTED,
    Position.COOKIE: ACCEPTED,
    Position.REQUEST: ACCEPTED,
    Position.RESPONSE: WRITTEN,
    Position.RESPONSE_HEADER: WRITTEN,
    Position.EVENT: WRITTEN,
    Position.SECURITY: TRUSTED,
}


def ask_of_provider(pair: Pair) -> str:
    """What the provider in between must do so that this bad pair is none."""
    verb = "go on providing" if pair.consumer.side is Side.OLD else "provide already"
    return f"{verb} what {pair.consumer} needs: {_needs(pair)}"


def ask_of_consumer(pair: Pair) -> str:
    """What the consumer in between must do so that this bad pair is none."""
    verb = "go on working" if pair.provider.side is Side.OLD else "work already"
    return f"{verb} with {pair.provider}: {_offers(pair)}"


def asks_by_difference(pair: Pair, differences: Differences, *, provider: bool) -> Iterator[str]:
    """The same in detail, as far as it is known what differs between the two versions of the interface."""
    for name, comparison in _known(pair, differences):
        yield from (f"{said} ({name})" for said in _by_difference(comparison, provider=provider))


def _needs(pair: Pair) -> str:
    offered = {offer.interface for offer in pair.provider.provides}
    needs = [need for need in pair.consumer.consumes if need.interface in offered] or pair.consumer.consumes
    return ", ".join(f"{need.interface} {need.range}".strip() for need in needs) or "nobody has said what"


def _offers(pair: Pair) -> str:
    needed = {need.interface for need in pair.consumer.consumes}
    offers = [offer for offer in pair.provider.provides if offer.interface in needed]
    said = ", ".join(f"{offer.interface} {' and '.join(offer.versions)}" for offer in offers)
    return f"it provides {said or 'nothing of what is needed'}"


def _known(pair: Pair, differences: Differences) -> Iterator[tuple[InterfaceName, Comparison]]:
    for need in pair.consumer.consumes:
        key = (pair.consumer.service, pair.provider.service, need.interface)
        if key in differences:
            yield need.interface, differences[key]


def _by_difference(comparison: Comparison, *, provider: bool) -> Iterator[str]:
    """One sentence for the differences at one place: a name that went and one that came belong together."""
    together: dict[tuple[Position, tuple[str, ...]], list[Difference]] = {}
    for difference in comparison.differences:
        if _breaks(difference):
            together.setdefault((difference.position, difference.part[:-1]), []).append(difference)
    for (position, inside), found in together.items():
        names = " and ".join(dict.fromkeys(_name(difference, provider=provider) for difference in found))
        where = f" in {' '.join(inside[:2])}" if inside else ""
        yield f"{_verb(position, found, provider=provider)} {names}{where}"


def _breaks(difference: Difference) -> bool:
    answers = (difference.old_consumer_new_provider, difference.new_consumer_old_provider)
    return any(answer is not Compatibility.COMPATIBLE for answer in answers)


def _verb(position: Position, found: Iterable[Difference], *, provider: bool) -> str:
    keep, already, both, consumer = WORDINGS[position]
    if not provider:
        return consumer
    old = any(not difference.old_consumer_new_provider.safe for difference in found)
    new = any(not difference.new_consumer_old_provider.safe for difference in found)
    return both if old and new else keep if old else already


def _name(difference: Difference, *, provider: bool) -> str:
    """What differs; of something newly demanded that a provider is asked to do without, that it is not there."""
    if difference.spared_by:
        return f"what comes without {difference.spared_by[-1]}" if provider else difference.spared_by[-1]
    return difference.part[-1] if difference.part else difference.place.path
