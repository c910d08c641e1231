"""Which part of an interface a finding of buf touches, from what buf says and where in the source it says it.

buf names messages without what encloses them, so names come from a scan of the source that knows declarations
and nothing else: strings and comments are skipped. Where a name is not certain the part is a shorter one, which
contains more. An enum is no part of its own: whoever uses a field of its type is touched, so that is all.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tidegate.core.contracts.differences import Part

_TOKENS: Final = re.compile(
    r"""
    "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | //[^\n]* | /\*.*?(?:\*/|\Z)
    | \bpackage \s+ (?P<package>[\w.]+) \s* ;
    | \b(?P<sort>message|enum|service) \s+ (?P<name>\w+) \s* \{
    | (?P<open>\{) | (?P<close>\})
    """,
    re.DOTALL | re.VERBOSE,
)
_COMMENTS: Final = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_PROTO3: Final = re.compile(r"""\s*syntax\s*=\s*["']proto3["']""")
_TAB: Final = 8
"""How far a tab reaches in the columns of Protobuf compilers."""

_SERVICE: Final = re.compile(r'service "([\w.]+)" was deleted from package "([\w.]+)"')
_METHOD: Final = re.compile(r'RPC "(\w+)" on service "\w+"')
_FIELD: Final = re.compile(r'[Ff]ield "\d+" with name "(\w+)" on message "(\w+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What `buf breaking` prints of one violation; `file` is empty where it stands nowhere in particular."""

    rule: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A message, enum or service: its full name, and from where to where it reaches."""

    sort: str
    name: str
    start: int
    end: int


def part_of(finding: Finding, texts: Mapping[str, str]) -> Part:
    """The part that a finding touches; empty for all of the interface."""
    if deleted := _SERVICE.search(finding.message):
        return (f"{deleted[2]}.{deleted[1]}",)
    around = _innermost(finding, texts.get(finding.file, ""))
    if around is None or around.sort == "enum":
        return ()
    method, field = _METHOD.search(finding.message), _FIELD.search(finding.message)
    if method and around.sort == "service":
        return (around.name, method[1])
    if field and around.name.rpartition(".")[2] == field[2]:
        return (around.name, field[1])
    return (around.name,)


def _innermost(finding: Finding, text: str) -> Declaration | None:
    offset = _offset(text, finding.line, finding.column)
    around = [found for found in _outline(text) if found.start <= offset < found.end]
    return min(around, key=lambda found: found.end - found.start, default=None)


def _offset(text: str, line: int, column: int) -> int:
    lines = text.split("\n", line)
    if line < 1 or len(lines) < line:
        return len(text)
    width, characters = 1, 0
    for character in lines[line - 1]:
        if width >= column:
            break
        width += _TAB - (width - 1) % _TAB if character == "\t" else 1
        characters += 1
    return sum(len(before) + 1 for before in lines[: line - 1]) + characters


@lru_cache(maxsize=2)
def _outline(text: str) -> tuple[Declaration, ...]:
    """The declarations of a source; findings come file by file."""
    return tuple(declarations(text))


def may_serve(package: str, texts: Mapping[str, str]) -> bool:
    """Whether a package may have a service; a file whose package is not certain counts as well."""
    return any("service" in text and _package(text) in ("", package) for text in texts.values())


def is_proto3(text: str) -> bool:
    """Whether a source says that it is proto3, whose enums are open."""
    return _PROTO3.match(_COMMENTS.sub(" ", text)) is not None


def _package(text: str) -> str:
    return next((token["package"] for token in _TOKENS.finditer(text) if token["package"]), "")


def declarations(text: str) -> Iterator[Declaration]:
    """Every declaration of a source, each after those that it holds."""
    package: tuple[str, ...] = ()
    open_: list[re.Match[str]] = []
    for token in _TOKENS.finditer(text):
        if token["package"]:
            package = (token["package"],)
        elif token["name"] or token["open"]:
            open_.append(token)
        elif token["close"] and open_:
            names = [outer["name"] for outer in open_ if outer["name"]]
            opened = open_.pop()
            if opened["name"]:
                yield Declaration(
                    sort=opened["sort"],
                    name=".".join((*package, *names)),
                    start=opened.start(),
                    end=token.end(),
                )
