"""What is wrong with a definition, and where in it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What must be mended; `path` leads to it from the flag, by the names of fields and positions in lists."""

    message: str
    path: Path
    hint: str = ""


def below(path: Path, findings: Iterator[Finding]) -> Iterator[Finding]:
    """What was found in a part, for the whole."""
    return (replace(finding, path=(*path, *finding.path)) for finding in findings)
