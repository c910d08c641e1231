"""Small catalogs and changes, written as one would say them."""

from collections.abc import Mapping, Sequence

from tidegate.core.catalog import Catalog, Provision, Requirement, Service
from tidegate.core.change import (
    Audience,
    Change,
    Contract,
    FlagExposure,
    FlagRemoval,
    Implementation,
    Lane,
    MigrationUse,
    OnFailure,
    Release,
    Task,
)
from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.ids import (
    DatabaseName,
    FlagKey,
    InterfaceName,
    MigrationName,
    OwnerName,
    ServiceName,
    Version,
)
from tidegate.core.migrations.operations import Migration, Operation
from tidegate.core.strategy import Gate, Stage, Strategy, StrategyKind

CANARY = Strategy(
    kind=StrategyKind.CANARY,
    stages=(
        Stage(exposure=0.1, gates=(Gate(),)),
        Stage(exposure=0.5, gates=(Gate(),)),
        Stage(exposure=1.0, gates=(Gate(),)),
    ),
)


def provisions(offers: Mapping[str, Sequence[str]]) -> tuple[Provision, ...]:
    return tuple(Provision(interface=InterfaceName(i), versions=tuple(v)) for i, v in offers.items())


def requirements(needs: Mapping[str, str]) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(interface=InterfaceName(f"{name}-api"), range=range_) for name, range_ in needs.items()
    )


def service_of(
    name: str,
    *,
    offers: Mapping[str, Sequence[str]] | None = None,
    needs: Mapping[str, str] | None = None,
    depends_on: Sequence[str] = (),
    flags: Sequence[str] = (),
) -> Service:
    return Service(
        name=ServiceName(name),
        version=Version("1.0.0"),
        provides=provisions(offers if offers is not None else {f"{name}-api": ["1.0.0"]}),
        consumes=requirements(needs or {}),
        depends_on=tuple(ServiceName(other) for other in depends_on),
        flags=tuple(map(FlagKey, flags)),
    )


def catalog_of(*services: Service, flags: Sequence[Flag] = ()) -> Catalog:
    defined = FlagSet(flags={flag.key: flag for flag in flags})
    return Catalog(services={service.name: service for service in services}, flags=defined)


def flag_of(key: str, *, default: str = "off", **facts: str) -> Flag:
    """A boolean flag with the variants on and off, and metadata."""
    return Flag(key=FlagKey(key), variants={"on": True, "off": False}, default=default, metadata=dict(facts))


def release_of(
    name: str,
    *,
    offers: Sequence[str] = ("1.0.0",),
    needs: Mapping[str, str] | None = None,
    evaluates: Sequence[str] = (),
    strategy: Strategy = CANARY,
) -> Release:
    return Release(
        service=ServiceName(name),
        version=Version("2.0.0"),
        artifact=f"{name}:2.0.0",
        digest="sha256:" + "0" * 64,
        provides=provisions({f"{name}-api": offers}),
        consumes=requirements(needs or {}),
        evaluates=tuple(map(FlagKey, evaluates)),
        strategy=strategy,
    )


def exposure_of(
    flag: str,
    *,
    services: Mapping[str, str] | None = None,
    requires: Sequence[str] = (),
    audiences: Sequence[str] = (),
) -> FlagExposure:
    """A flag that goes from off to on, for each audience by an attribute of its name."""
    return FlagExposure(
        flag=FlagKey(flag),
        off="off",
        on="on",
        strategy=CANARY,
        audiences=tuple(
            Audience(name=name, rule=f'{{"var": "{name}"}}', strategy=CANARY) for name in audiences
        ),
        implemented_by=tuple(
            Implementation(service=ServiceName(name), version=Version(version))
            for name, version in (services or {}).items()
        ),
        requires=tuple(map(FlagKey, requires)),
    )


def removal_of(flag: str) -> FlagRemoval:
    return FlagRemoval(flag=FlagKey(flag))


def migration_use(
    name: str,
    *,
    writers: Sequence[str] = (),
    readers: Sequence[str] = (),
    operations: Sequence[Operation] = (),
    approvals: Sequence[str] = ("data-team",),
    provides: Sequence[str] = (),
    contract: Contract = Contract.NOW,
    soak: float = 60.0,
) -> MigrationUse:
    """A migration of the books; others see version 2.0.0 of these interfaces when it is contracted."""
    return MigrationUse(
        migration=Migration(name=MigrationName(name), operations=tuple(operations)),
        database=DatabaseName("books"),
        writers=tuple(map(ServiceName, writers)),
        readers=tuple(map(ServiceName, readers)),
        soak=soak,
        approvals=tuple(map(OwnerName, approvals)),
        provides=provisions({f"{each}-api": ["2.0.0"] for each in provides}),
        contract=contract,
    )


def change_of(
    *releases: Release,
    tasks: Sequence[Task] = (),
    lanes: Sequence[Lane] = (),
    exposures: Sequence[FlagExposure] = (),
    removals: Sequence[FlagRemoval] = (),
    migrations: Sequence[MigrationUse] = (),
    on_failure: OnFailure = OnFailure.ALL,
) -> Change:
    return Change(
        name="the-change",
        releases=releases,
        exposures=tuple(exposures),
        removals=tuple(removals),
        migrations=tuple(migrations),
        tasks=tuple(tasks),
        lanes=tuple(lanes),
        on_failure=on_failure,
    )


def lane_of(consumer: str, provider: str) -> Lane:
    return Lane(consumer=ServiceName(consumer), provider=ServiceName(provider))
