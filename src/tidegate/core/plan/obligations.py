"""What must hold of a plan so that no bad mixture is ever live, and the paths in it that see to it.

Live. A new version may call as it starts: it is live from the beginning of its `deploy` until that is undone.
An old version is live until its `expose` is done, and again from when that begins to be undone. A lane holds
from when the `deploy` of its provider is done until the `retire` of that begins; before, nothing but what has
a lane to it reaches the new provider.

Moves (`moves`). A step is waiting, partly carried out, done or returning. It begins once all that it requires
is done, and all that it follows is done or passed over, which a waiting step may be at any time. It ends; or it
fails and stays partly carried out, to be tried again or undone. It is undone, partly or wholly done, while
nothing that requires it has begun; that too may fail and be tried again.

Each bad mixture is live only where some step X is not done although a step Y has begun:

    mixture                      without a lane: X, Y                with a lane: X, Y
    new consumer, old provider   expose provider, deploy consumer    deploy provider, deploy consumer
    old consumer, new provider   expose consumer, deploy provider    expose consumer, retire provider

and so is each state in which a step of a release has begun before the one it relies on is done, each in which
a flag is exposed before what implements it is fully out, or removed before it is on for everyone, and each in which
a version uses data in a shape that is not there: the new one too early, the old one too late.

Theorem. Such a state can be reached exactly if no path of `requires` edges leads from X to Y.
If there is a path: along each of its edges u → v, whenever v has begun, u is done. This holds at the start;
only beginning v or undoing u could end it, but the first needs u done, and the second v not begun. So whenever
Y has begun, X is done: in both directions of travel, whatever fails and however often it is tried.
If there is none: carry out, in order, what Y requires, pass over every other step, X among them, and begin Y.
No `follows` edge is in the way of that. These moves are the witness.

So it is enough to look at two services at a time, however large a plan is; `reachable` looks at every state.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tidegate.core.contracts.pair import Pair, Side
from tidegate.core.ids import StepId
from tidegate.core.migrations.phases import Part
from tidegate.core.plan.blame import beyond_order
from tidegate.core.plan.plan import Plan
from tidegate.core.plan.releases import Released, Releases, contracts_of
from tidegate.core.plan.step_ids import flag_id, migration_id
from tidegate.core.plan.steps import ExposeFlag, Migrate, RemoveFlag


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """Whenever all of `begun` have begun, `done` is done: else `danger` comes about. Without `done` it does."""

    danger: str
    begun: tuple[StepId, ...]
    done: StepId | None = None


Apart = Callable[[Released, Released], tuple[StepId, StepId]]

APART: Final[Mapping[tuple[Side, Side, bool], Apart]] = {
    (Side.NEW, Side.OLD, False): lambda consumer, provider: (provider.expose, consumer.deploy),
    (Side.NEW, Side.OLD, True): lambda consumer, provider: (provider.deploy, consumer.deploy),
    (Side.OLD, Side.NEW, False): lambda consumer, provider: (consumer.expose, provider.deploy),
    (Side.OLD, Side.NEW, True): lambda consumer, provider: (consumer.expose, provider.retire),
}
"""For a mixture (consumer's side, provider's side, with a lane): which step is done before which begins."""


def obligations(plan: Plan, releases: Releases, pairs: Iterable[Pair]) -> Iterator[Obligation]:
    """Everything that must hold for the pairs to be kept apart, for traffic to be answered, and flags to be kept."""
    contracts, unsafe = contracts_of(plan), [pair for pair in pairs if not pair.judgement.safe]
    yield from in_order(plan, releases, unsafe)
    for pair in unsafe:
        if pair.provider.service not in contracts:
            yield from _of_pair(pair, releases)


def in_order(plan: Plan, releases: Releases, unsafe: Iterable[Pair]) -> Iterator[Obligation]:
    """Those that speak of steps only, whatever versions are live: of each release, of flags, and of data."""
    contracts = contracts_of(plan)
    for release in releases.values():
        yield from _own(release)
    yield from _of_flags(plan, releases)
    for step in plan.steps:
        if isinstance(step.action, Migrate):
            yield from _of_part(plan, releases, step.id, step.action)
    for pair in unsafe:
        if (contract := contracts.get(pair.provider.service)) is not None:
            yield _of_consumer(pair, releases, contract)


def _own(release: Released) -> Iterator[Obligation]:
    service, old, new = release.move.service, release.move.old, release.move.new
    yield Obligation(
        danger=f"{service} {new} gets traffic and does not run", done=release.deploy, begun=(release.expose,)
    )
    yield Obligation(
        danger=f"{service} {old} is stopped and has traffic", done=release.expose, begun=(release.retire,)
    )


def _of_flags(plan: Plan, releases: Releases) -> Iterator[Obligation]:
    """What each step of a flag relies on, as far as this plan brings it about."""
    for step in plan.steps:
        match step.action:
            case ExposeFlag(flag=flag, services=services):
                for release in (releases[name] for name in services if name in releases):
                    move = release.move
                    danger = f"flag {flag} is exposed and {move.service} is not fully {move.new}"
                    yield Obligation(danger=danger, done=release.expose, begun=(step.id,))
            case RemoveFlag(flag=flag) if (everyone := flag_id(flag)) in plan.by_id:
                danger = f"flag {flag} is removed and not on for everyone"
                yield Obligation(danger=danger, done=everyone, begun=(step.id,))


def _of_part(plan: Plan, releases: Releases, step: StepId, action: Migrate) -> Iterator[Obligation]:
    """What a part of a migration, and those who use the data, rely on."""
    name, part = action.migration.name, action.part
    earlier = [
        each for each in tuple(Part)[: tuple(Part).index(part)] if migration_id(name, each) in plan.by_id
    ]
    for each in earlier[-1:]:
        danger = f"migration {name} comes to {part} and {each} is not through"
        yield Obligation(danger=danger, done=migration_id(name, each), begun=(step,))
    for service in dict.fromkeys((*action.writers, *action.readers)):
        if service in releases:
            yield from _OF_USERS[part](releases[service], step, action)


def _expanded(user: Released, step: StepId, action: Migrate) -> Iterator[Obligation]:
    danger = f"{user.move.service} {user.move.new} runs without the new shape of {action.migration.name}"
    yield Obligation(danger=danger, done=step, begun=(user.deploy,))


def _backfilled(user: Released, step: StepId, action: Migrate) -> Iterator[Obligation]:
    if user.move.service in action.readers:
        danger = f"{user.move.service} {user.move.new} reads rows of {action.migration.name} that are not backfilled"
        yield Obligation(danger=danger, done=step, begun=(user.expose,))


def _switched(user: Released, step: StepId, action: Migrate) -> Iterator[Obligation]:
    if user.move.service in action.writers:
        danger = f"{action.migration.name} is switched and {user.move.service} is not fully {user.move.new}"
        yield Obligation(danger=danger, done=user.expose, begun=(step,))


def _contracted(user: Released, step: StepId, action: Migrate) -> Iterator[Obligation]:
    danger = f"{user.move.service} {user.move.old} is there without the old shape of {action.migration.name}"
    yield Obligation(danger=danger, done=user.retire, begun=(step,))


_OF_USERS: Final[Mapping[Part, Callable[[Released, StepId, Migrate], Iterator[Obligation]]]] = {
    Part.EXPAND: _expanded,
    Part.BACKFILL: _backfilled,
    Part.SWITCH: _switched,
    Part.CONTRACT: _contracted,
}


def _of_consumer(pair: Pair, releases: Releases, contract: StepId) -> Obligation:
    """A consumer of data is gone before its old shape is; one that is to stay, or not released, is in the way."""
    consumer = releases.get(pair.consumer.service)
    if consumer is None:
        return Obligation(danger=str(pair), begun=(contract,))
    if pair.consumer.side is Side.NEW:
        return Obligation(danger=str(pair), begun=(consumer.deploy, contract))
    return Obligation(danger=str(pair), done=consumer.retire, begun=(contract,))


def _of_pair(pair: Pair, releases: Releases) -> Iterator[Obligation]:
    consumer, provider = releases.get(pair.consumer.service), releases.get(pair.provider.service)
    if beyond_order(pair, releases):
        ends = ((pair.consumer, consumer), (pair.provider, provider))
        begun = tuple(release.deploy for live, release in ends if release and live.side is Side.NEW)
        yield Obligation(danger=str(pair), begun=begun)
    elif consumer and provider and pair.consumer.side is not pair.provider.side:
        laned = pair.consumer.service in provider.laned
        first, second = APART[(*pair.mixture, laned)](consumer, provider)
        yield Obligation(danger=str(pair), done=first, begun=(second,))
