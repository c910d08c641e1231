"""How many names are told apart, so that whoever makes some up cannot fill us."""

from dataclasses import replace
from typing import Final

from tidegate.core.gates.evidence import VersionedService
from tidegate.core.traces.span import Span

MANY_OPERATIONS: Final = "names of operations beyond those told apart"


class Names:
    """Versions and operations that were met since `forget`: no more than that are told apart."""

    def __init__(self, *, versions: int, operations: int) -> None:
        self._most_versions = versions
        self._most_operations = operations
        self._versions: set[VersionedService] = set()
        self._operations: set[str] = set()
        self.unnamed = 0

    def forget(self) -> None:
        """Make room for others."""
        self._versions.clear()
        self._operations.clear()

    def have(self, version: VersionedService | None) -> bool:
        """Whether `version` is told apart, or can be from now on."""
        if version is None or version in self._versions:
            return True
        if len(self._versions) >= self._most_versions:
            return False
        self._versions.add(version)
        return True

    def named(self, span: Span) -> Span:
        """The span; with an operation that is one too many it has none, which is counted as `unnamed`."""
        if span.name in self._operations:
            return span
        if len(self._operations) >= self._most_operations:
            self.unnamed += 1
            return replace(span, name="")
        self._operations.add(span.name)
        return span
