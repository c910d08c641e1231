"""The files of a folder that a reader takes."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tidegate.core.errors import Problem
from tidegate.sources.words import quoted

SKIPPED: Final = ("node_modules",)


def find_files(
    folder: Path, wanted: Callable[[str], bool], *, what: str, where: str
) -> tuple[list[Path], list[Problem]]:
    """The files under a folder whose name is `wanted`, at any depth, in a stable order.

    Hidden folders are not entered. A file given in place of a folder is the one. `what` names the files and `where`
    the folder in problems.
    """
    if folder.is_file():
        return [folder], []
    if not folder.is_dir():
        return [], [Problem(message=f"no folder {quoted(str(folder))}", hint=f"check the path of {where}")]
    problems: list[Problem] = []
    files: list[Path] = []
    for here, inside, names in os.walk(folder, onerror=lambda error: problems.append(_unreadable(error))):
        inside[:] = sorted(name for name in inside if not name.startswith(".") and name not in SKIPPED)
        files += [Path(here) / name for name in sorted(names) if wanted(name)]
    if not files and not problems:
        problems.append(Problem(message=f"no {what} found under {quoted(str(folder))}"))
    return files, problems


def _unreadable(error: OSError) -> Problem:
    return Problem(message=f"cannot look into {quoted(str(error.filename))}: {error.strerror}")
