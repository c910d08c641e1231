"""Specifications from files: one file with what it refers to, or a folder.

    plain    YAML and JSON as plain values, within limits
    kinds    what sort of specification a file is
    files    the files of one specification, from inside one folder
    lines    file and line of a JSON Pointer, found when something is reported

References are followed inside the given folder (of a file: the folder it is in) and nowhere else: no network,
no absolute path, no way out by `..` or by a symbolic link. A reference that leads elsewhere is left as it is,
and whoever follows it meets `Unresolved`.
"""

from pathlib import Path
from typing import Final

from tidegate.core.contracts.specification import Kind, Specification
from tidegate.core.errors import Location, Problem, Refused
from tidegate.sources.folders import find_files
from tidegate.sources.specifications.files import Files
from tidegate.sources.specifications.kinds import (
    COMPANIONS,
    DOCUMENT_SUFFIXES,
    LOOKED_FOR,
    TEXT_KINDS,
    TEXT_SUFFIXES,
    document_kind,
    text_kind,
)
from tidegate.sources.words import listed, quoted

ROOT_NAMES: Final = frozenset({"openapi", "swagger", "asyncapi", "index", "root", "main", "api"})
BUF: Final = "buf.yaml"
"""Settings of a Protobuf folder: kept as text beside its sources."""


def read_specification(path: Path, kind: Kind | None = None) -> Specification:
    """The specification in a file or folder; `Refused` with every problem found.

    Without `kind` the files say what they are; with it, a folder's files of other kinds are left out.
    """
    if path.is_dir():
        return _read_folder(path, kind)
    if path.is_file():
        return _read_file(path, kind)
    raise Refused([Problem(message=f"no file or folder {quoted(str(path))}", hint="check the path")])


def _refuse(path: Path, message: str, hint: str = "") -> Refused:
    return Refused([Problem(message=message, location=Location(file=str(path), line=1), hint=hint)])


# -- one file ------------------------------------------------------------------------------------------------


def _read_file(path: Path, kind: Kind | None) -> Specification:
    files = Files(folder=path.parent)
    found = text_kind(path.name)
    if found or kind in TEXT_KINDS:
        files.load_text(path.name)
    else:
        files.load_document(path.name)
        files.load_referenced()
        found = document_kind(path.name, files.documents.get(path.name))
    if files.problems:
        raise Refused(files.problems)
    if found and kind and found is not kind:
        raise _refuse(path, f"this is a specification of kind {found}, not {kind}")
    return _specification(path, files, _known(path, kind or found), root=path.name)


def _known(path: Path, kind: Kind | None) -> Kind:
    if kind is None:
        raise _refuse(path, "no specification that tidegate knows", LOOKED_FOR)
    return kind


def _specification(path: Path, files: Files, kind: Kind, *, root: str = "") -> Specification:
    return Specification(kind=kind, name=str(path), root=root, documents=files.documents, texts=files.texts)


# -- a folder ------------------------------------------------------------------------------------------------


def _read_folder(folder: Path, kind: Kind | None) -> Specification:
    files = Files(folder=folder)
    for name in _names(folder, kind):
        load = files.load_text if text_kind(name) or name.endswith(BUF) else files.load_document
        load(name)
    if files.problems:
        raise Refused(files.problems)
    kinds = _kinds(files)
    kind = _one_kind(folder, kinds, kind)
    _keep(files, kinds, kind)
    return _specification(folder, files, kind, root=_root(folder, kinds, kind))


def _names(folder: Path, kind: Kind | None) -> list[str]:
    """The files that may belong, by path relative to the folder."""
    suffixes = tuple(suffix for suffix, of in TEXT_SUFFIXES.items() if kind in (None, of))
    if kind not in TEXT_KINDS:
        suffixes += DOCUMENT_SUFFIXES
    wanted = (*suffixes, BUF)
    files, problems = find_files(
        folder, lambda name: name.lower().endswith(wanted), what="specification", where="the specification"
    )
    if problems:
        raise Refused(problems)
    return [file.relative_to(folder).as_posix() for file in files]


def _kinds(files: Files) -> dict[str, Kind]:
    """The kind of every file that says one."""
    texts = {name: text_kind(name) for name in files.texts}
    documents = {name: document_kind(name, value) for name, value in files.documents.items()}
    return {name: kind for name, kind in (texts | documents).items() if kind}


def _one_kind(folder: Path, kinds: dict[str, Kind], asked: Kind | None) -> Kind:
    """The kind of the folder as a whole: the one beside which all others may stand."""
    found = set(kinds.values())
    if asked or not found:
        return _known(folder, asked if asked in found else None)
    for kind in Kind:
        if kind in found and found <= {kind, *COMPANIONS.get(kind, ())}:
            return kind
    examples = listed(f"{next(name for name in kinds if kinds[name] is kind)} ({kind})" for kind in found)
    raise _refuse(
        folder, f"specifications of several kinds: {examples}", "name the kind, or one of the files"
    )


def _keep(files: Files, kinds: dict[str, Kind], kind: Kind) -> None:
    """Leave out what is not of this kind; what says no kind may be a part that the root refers to."""
    if kind not in COMPANIONS:
        files.documents = {name: it for name, it in files.documents.items() if kinds.get(name) is kind}
    files.texts = {name: it for name, it in files.texts.items() if kinds.get(name, Kind.PROTOBUF) is kind}


def _root(folder: Path, kinds: dict[str, Kind], kind: Kind) -> str:
    if kind not in COMPANIONS:
        return ""
    roots = [name for name, of in kinds.items() if of is kind]
    named = [name for name in roots if Path(name).stem.lower() in ROOT_NAMES and "/" not in name]
    if len(roots) > 1 and len(named) != 1:
        raise _refuse(folder, f"several root documents: {listed(roots[:5])}", "name one of the files")
    return (named if len(roots) > 1 else roots)[0]
