"""What the steps of a plan are called."""

from tidegate.core.ids import FlagKey, MigrationName, StepId
from tidegate.core.migrations.phases import Part


def deploy_id(service: str) -> StepId:
    """The step that starts the new version of a service."""
    return StepId(f"deploy/{service}")


def expose_id(service: str) -> StepId:
    """The step that moves the traffic of a service."""
    return StepId(f"expose/{service}")


def retire_id(service: str) -> StepId:
    """The step that stops the old version of a service."""
    return StepId(f"retire/{service}")


def task_id(name: str) -> StepId:
    """The step that runs a task."""
    return StepId(f"task/{name}")


def flag_id(flag: FlagKey, audience: str = "") -> StepId:
    """The step that exposes a flag to an audience, or to everyone."""
    return StepId(f"flag/{flag}/{audience}" if audience else f"flag/{flag}")


def removal_id(flag: FlagKey) -> StepId:
    """The step that removes a flag."""
    return StepId(f"flag-removal/{flag}")


def migration_id(migration: MigrationName, part: Part) -> StepId:
    """The step that takes a part of a migration forth."""
    return StepId(f"migration/{migration}/{part}")
