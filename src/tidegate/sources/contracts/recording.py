"""Adding to a contracts folder: a record is a file of its own, named by what it says and when.

Writing the same record again changes nothing: its name and content are the same. Files are copied beside the
records, so that what was recorded stays as it was.
"""

import re
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import yaml

from tidegate.core.errors import Problem, Refused
from tidegate.sources.contracts.folder import FILES, KIND, MOST_BYTES, RECORDS, digest_of, size_of
from tidegate.sources.documents import API_VERSION, check, schemas
from tidegate.sources.tree import parse
from tidegate.sources.words import quoted

LONGEST_NAME: Final = 150


def record(folder: Path, what: str, says: Mapping[str, Any], *, at: str, by: str = "") -> Path:
    """Write one record (`what` is a field of its `spec`) and answer with its file."""
    metadata = {"recorded": at, **({"by": by} if by else {})}
    document = {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": {what: dict(says)}}
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=1000)
    _refuse_malformed(text)
    path = folder / RECORDS / f"{_name(what, says)}-{sha256(text.encode()).hexdigest()[:12]}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    return path


def keep(folder: Path, source: Path, *names: str) -> dict[str, str]:
    """Copy a file or folder into the contracts folder under `names`; the fields of a record that name it.

    What a version has on record does not change: other content under the same names is refused.
    """
    if not source.exists():
        raise Refused([Problem(message=f"no file {quoted(str(source))}", hint="check the path")])
    if size_of(source) > MOST_BYTES:
        raise Refused([Problem(message=f"{quoted(str(source))} is longer than {MOST_BYTES // 2**20} MiB")])
    home = folder.joinpath(FILES, *map(_file_name, names))
    target = home / source.resolve().name
    digest = digest_of(source)
    if not home.exists():
        home.mkdir(parents=True)
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        copy(source, target)
    if not target.exists() or digest_of(target) != digest:
        message = f"something else is on record as {' '.join(names)}, in {quoted(str(home))}"
        raise Refused([Problem(message=message, hint="record what has changed under a version of its own")])
    return {"file": target.relative_to(folder).as_posix(), "digest": digest}


def _name(what: str, says: Mapping[str, Any]) -> str:
    return _file_name("-".join([what, *_words(says)]))


def _file_name(words: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+_-]+", "-", words).lstrip(".")[:LONGEST_NAME] or "-"


def _words(says: Mapping[str, Any]) -> list[str]:
    """The names and versions in a record, in order."""
    told = ("service", "version", "interface", "consumer", "provider", "environment")
    found: list[str] = []
    for name, value in says.items():
        if name in told:
            found += _words(value) if isinstance(value, Mapping) else [str(value)]
    return found


def _refuse_malformed(text: str) -> None:
    """What people typed may not have the form that the schema asks for."""
    tree = parse(text.encode(), "the record").documents[0]
    if problems := check(tree, schemas()[KIND]):
        raise Refused([Problem(message=found.message, hint=found.hint) for found in problems])
