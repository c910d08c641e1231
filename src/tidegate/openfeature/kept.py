"""The last good definitions, kept in a file for an application that starts while tidegate is down."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Kept:
    """A file for its owner's eyes only; what is in it was good when it was written."""

    path: Path

    def read(self) -> str | None:
        """What was kept; None where nothing is, or it cannot be read."""
        try:
            return self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def write(self, definitions: str) -> None:
        """Replace what is kept in one move, so that whoever starts meanwhile reads the old or the new."""
        descriptor, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(definitions)
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
