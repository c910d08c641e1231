"""Names that must not be mixed up: a type for each, so that the checker tells a service from a version."""

from typing import NewType

ServiceName = NewType("ServiceName", str)
InterfaceName = NewType("InterfaceName", str)
OwnerName = NewType("OwnerName", str)
Version = NewType("Version", str)
StepId = NewType("StepId", str)
RolloutId = NewType("RolloutId", str)
