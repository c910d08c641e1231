"""Text files whole: bounded, and text."""

from pathlib import Path
from typing import Final

from tidegate.core.errors import Location, Problem, Refused
from tidegate.sources.tree import LIMITS
from tidegate.sources.words import quoted

MOST_BYTES: Final = LIMITS.bytes


def read_text(path: Path) -> str:
    """What a file says; raises `Refused` where it cannot be read, is too long or is no text."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Refused(
            [Problem(message=f"cannot read {quoted(str(path))}: {reason}", hint="check the path")]
        ) from None
    if len(content) > MOST_BYTES:
        raise _refused(path, f"longer than {MOST_BYTES // 1024} KiB", "split the migration")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(path, "not UTF-8 text", "save the file as UTF-8") from None
    if "\0" in text:
        raise _refused(path, "control character '\\x00'", "remove it")
    return text.replace("\r\n", "\n")


def _refused(path: Path, message: str, hint: str) -> Refused:
    return Refused([Problem(message=message, location=Location(file=str(path), line=1), hint=hint)])
