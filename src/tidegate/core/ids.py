"""Names that must not be mixed up: a type for each, so that the checker tells a service from a version."""

from typing import NewType

ServiceName = NewType("ServiceName", str)
InterfaceName = NewType("InterfaceName", str)
OwnerName = NewType("OwnerName", str)
Version = NewType("Version", str)
StepId = NewType("StepId", str)
RolloutId = NewType("RolloutId", str)
FlagKey = NewType("FlagKey", str)
MigrationName = NewType("MigrationName", str)
DatabaseName = NewType("DatabaseName", str)


def flag_as_service(flag: FlagKey) -> ServiceName:
    """A flag where it stands beside services, its variants being its versions: in evidence, gates and blame."""
    return ServiceName(f"{_FLAG}{flag}")


def flag_of(service: ServiceName) -> FlagKey | None:
    """The flag that stands there as a service; none of a service."""
    return FlagKey(service.removeprefix(_FLAG)) if service.startswith(_FLAG) else None


_FLAG = "flag/"


def migration_as_service(migration: MigrationName) -> ServiceName:
    """A migration where it stands beside services: a provider of the data whose shape it changes."""
    return ServiceName(f"{_MIGRATION}{migration}")


def migration_of(service: ServiceName) -> MigrationName | None:
    """The migration that stands there as a service; none of a service."""
    return MigrationName(service.removeprefix(_MIGRATION)) if service.startswith(_MIGRATION) else None


_MIGRATION = "migration/"
