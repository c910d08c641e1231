"""What could not be read, gathered on the way, so that one slip hides nothing else and never passes for agreement."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tidegate.core.contracts.specification import Cursor, Unresolved
from tidegate.core.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """A list that grows while a document is read.

    What is not there is no doubt; what is there and of another shape is one, and is read as nothing.
    """

    found: list[Problem] = field(default_factory=list)

    def add(self, cursor: Cursor, message: str, hint: str = "") -> None:
        """Note what is wrong at a place."""
        self.found.append(Problem(message=f"{cursor.file}#{cursor.pointer}: {message}", hint=hint))

    def entry(self, cursor: Cursor, what: str) -> Cursor:
        """The mapping that must be here, behind `$ref` or not; nothing, with a doubt, where there is none."""
        target = cursor.resolved()
        if isinstance(target, Unresolved):
            self.add(cursor, f"the $ref '{target.ref}' {target.reason}", "mend the reference")
            return replace(cursor, value=None)
        if not isinstance(target.value, dict):
            self.add(target, f"{what} is no mapping")
            return replace(target, value=None)
        return target

    def fields(self, cursor: Cursor, what: str) -> Iterator[tuple[str, Cursor]]:
        """Names and cursors of a mapping that may be here."""
        if cursor and not isinstance(cursor.value, dict):
            self.add(cursor, f"{what} is no mapping")
        return cursor.fields()

    def words(self, cursor: Cursor, what: str) -> Iterator[tuple[str, Cursor]]:
        """Fields whose names are not free: extensions (`x-…`) are left out."""
        return ((name, value) for name, value in self.fields(cursor, what) if not name.startswith("x-"))

    def elements(self, cursor: Cursor, what: str) -> Iterator[Cursor]:
        """Cursors of a list that may be here."""
        if cursor and not isinstance(cursor.value, list):
            self.add(cursor, f"{what} is no list")
        return cursor.elements()

    def flag(self, cursor: Cursor, default: bool = False) -> bool:
        """A truth value that may be here."""
        if cursor and not isinstance(cursor.value, bool):
            self.add(cursor, "must be true or false")
        return cursor.value if isinstance(cursor.value, bool) else default
