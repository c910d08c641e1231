"""A `Change` file as it was written, with what it is read against."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from tidegate.core.catalog import Catalog, Service
from tidegate.core.errors import Problem
from tidegate.core.flags.definitions import Flag
from tidegate.core.ids import FlagKey, ServiceName
from tidegate.core.migrations.operations import Migration
from tidegate.sources.tree import Node


@dataclass(frozen=True, kw_only=True)
class Source:
    """The tree of a change file and the catalog it is read against, with what both are asked for.

    `read` are its migrations, in its order; None where one could not be read.
    """

    tree: Node
    catalog: Catalog
    read: tuple[Migration | None, ...] = ()

    @cached_property
    def spec(self) -> Node:
        return self.tree.at("spec")

    @cached_property
    def releases(self) -> tuple[Node, ...]:
        return self.spec.at("releases").elements

    @cached_property
    def exposures(self) -> tuple[Node, ...]:
        """The flags that are exposed."""
        return tuple(flag for flag in self.spec.at("flags").elements if not _is_removal(flag))

    @cached_property
    def removals(self) -> tuple[Node, ...]:
        """The flags that go."""
        return tuple(flag for flag in self.spec.at("flags").elements if _is_removal(flag))

    @cached_property
    def exposed(self) -> tuple[Node, ...]:
        """Everything with a strategy and gates of its own: the releases and the flags that are exposed."""
        return (*self.releases, *self.exposures)

    @cached_property
    def audiences(self) -> tuple[Node, ...]:
        """The audiences of all flags."""
        return tuple(audience for flag in self.exposures for audience in flag.at("audiences").elements)

    @cached_property
    def judged(self) -> tuple[Node, ...]:
        """Every place that has boundaries and guards: the spec, what is exposed, and the further gates of both."""
        places = (self.spec, *self.exposed)
        return (*places, *(gate for place in places for gate in place.at("gates").elements))

    @cached_property
    def migrations(self) -> tuple[Node, ...]:
        return self.spec.at("migrations").elements

    @cached_property
    def tasks(self) -> tuple[Node, ...]:
        return self.spec.at("tasks").elements

    @cached_property
    def lanes(self) -> tuple[Node, ...]:
        return self.spec.at("lanes").elements

    @cached_property
    def released(self) -> tuple[str, ...]:
        return tuple(release.at("service").text for release in self.releases)

    @cached_property
    def steps(self) -> tuple[str, ...]:
        return (*self.released, *(task.at("name").text for task in self.tasks))

    def service(self, name: Node) -> Service | None:
        return self.catalog.services.get(ServiceName(name.text))

    def flag(self, key: Node) -> Flag | None:
        """The flag's definition."""
        return self.catalog.flags.flags.get(FlagKey(key.text))

    def own_or_spec(self, exposed: Node, field: str) -> Node:
        return exposed.at(field) or self.spec.at(field)


def _is_removal(flag: Node) -> bool:
    return flag.at("remove").value is True


Check = Callable[[Source], Iterator[Problem]]


def problems_of(source: Source, checks: Iterable[Check]) -> Iterator[Problem]:
    """What the checks find."""
    for check in checks:
        yield from check(source)
