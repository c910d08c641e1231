"""Which of buf's rules a project counts as breaking: what its `buf.yaml` says, else a category.

All three versions of `buf.yaml` are read as far as they mean something without network and plugins: modules
(`build.roots` once), and of `breaking` all fields. A `breaking` without `use` means FILE, as it does to buf;
no `breaking` at all leaves the choice to us, which is the category WIRE_JSON. Policies and rules of plugins are
not run: they are doubts. Dependencies are never fetched, so an import of one is a compile error.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from posixpath import join, normpath
from typing import Final

from tidegate.core.contracts.protobuf.rules import RULES, Category
from tidegate.core.contracts.specification import Value
from tidegate.core.errors import Problem

FILE: Final = "buf.yaml"
VERSIONS: Final = ("v1beta1", "v1", "v2")
_FIELDS: Final = {"use", "except", "ignore", "ignore_only", "ignore_unstable_packages", "disable_builtin"}

_RETIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "FIELD_SAME_CTYPE": ("FIELD_SAME_CPP_STRING_TYPE",),
    "FIELD_SAME_LABEL": (
        "FIELD_SAME_CARDINALITY",
        "FIELD_WIRE_COMPATIBLE_CARDINALITY",
        "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
    ),
    "FILE_SAME_JAVA_STRING_CHECK_UTF8": ("FIELD_SAME_JAVA_UTF8_VALIDATION",),
    "FILE_SAME_PHP_GENERIC_SERVICES": (),
}
"""Rules that only older versions name, and what buf checks in their place."""

_ALL: Final = frozenset(Category)
_SINCE_V2: Final[Mapping[str, frozenset[Category]]] = dict.fromkeys(
    ("EXTENSION_NO_DELETE", "FIELD_SAME_DEFAULT", "PACKAGE_EXTENSION_NO_DELETE"), frozenset()
)
_OTHER_CATEGORIES: Final[Mapping[str, Mapping[str, frozenset[Category]]]] = {
    "v2": {},
    "v1": _SINCE_V2,
    "v1beta1": {
        **_SINCE_V2,
        "FIELD_SAME_CARDINALITY": _ALL,
        "FIELD_SAME_TYPE": _ALL,
        "FIELD_WIRE_COMPATIBLE_TYPE": frozenset(),
        "FIELD_WIRE_JSON_COMPATIBLE_TYPE": frozenset(),
        "FILE_SAME_PACKAGE": frozenset({Category.FILE}),
    },
}
"""Where the categories of older versions differ from those of v2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What counts, what is left out, and where modules begin; `ignored_only` is by rule."""

    counted: frozenset[str]
    excepted: frozenset[str] = frozenset()
    ignored: tuple[str, ...] = ()
    ignored_only: Mapping[str, tuple[str, ...]]
    ignores_unstable: bool = False
    roots: tuple[str, ...] = (".",)
    doubts: tuple[Problem, ...] = ()


def policy_of(document: Value, category: Category | None = None) -> Policy:
    """The policy of a parsed `buf.yaml` (None if there is none); a `category` overrides what it uses."""
    config = _Config(document)
    excepted = frozenset(config.expanded(config.words("except")))
    return Policy(
        counted=frozenset(config.expanded([category] if category else config.used)) - excepted,
        excepted=excepted,
        ignored=tuple(config.inside(config.words("ignore"))),
        ignored_only=config.ignored_only(),
        ignores_unstable=config.breaking.get("ignore_unstable_packages") is True,
        roots=config.roots,
        doubts=tuple(config.doubts()),
    )


class _Config:
    """A `buf.yaml`, of whatever version, without regard for what has another shape than it should."""

    def __init__(self, document: Value) -> None:
        self.present = document is not None
        self.top = _mapping(document)
        self.version = str(self.top.get("version", "none")) if self.present else "v2"
        self.breaking = _mapping(self.top.get("breaking"))

    def words(self, name: str) -> list[str]:
        return _words(self.breaking.get(name))

    @property
    def used(self) -> list[str]:
        """Rules and categories in use."""
        if self.breaking.get("disable_builtin") is True:
            return []
        if "breaking" not in self.top:
            return [Category.WIRE_JSON]
        return self.words("use") or [Category.FILE]

    @property
    def roots(self) -> tuple[str, ...]:
        """The folders at which imports begin."""
        modules = self.top.get("modules")
        paths = [_mapping(module).get("path") for module in modules] if isinstance(modules, list) else []
        roots = [path for path in paths if isinstance(path, str)]
        roots += _words(_mapping(self.top.get("build")).get("roots"))
        return tuple(dict.fromkeys(normpath(root) for root in roots)) or (".",)

    def inside(self, paths: Iterable[str]) -> Iterator[str]:
        """Paths seen from the folder: those of older versions are seen from each root."""
        roots = self.roots if self.version == "v1beta1" else (".",)
        return (normpath(join(root, path)) for path in paths for root in roots)

    def ignored_only(self) -> Mapping[str, tuple[str, ...]]:
        """The paths left out of single rules."""
        paths: dict[str, tuple[str, ...]] = {}
        for name, value in _mapping(self.breaking.get("ignore_only")).items():
            for rule in self.expanded([name]):
                paths[rule] = (*paths.get(rule, ()), *self.inside(_words(value)))
        return paths

    def expanded(self, names: Iterable[str]) -> Iterator[str]:
        """The rules behind rules and categories, in the meaning of this version."""
        other = _OTHER_CATEGORIES.get(self.version, {})
        for name in names:
            yield from _RETIRED.get(name, ())
            yield from (r.id for r in RULES.values() if name == r.id or name in other.get(r.id, r.categories))

    def doubts(self) -> Iterator[Problem]:
        """What this file asks for and is not done."""
        if self.present and self.version not in VERSIONS:
            yield _doubt(f"`version` is {self.version!r}", f"known are {', '.join(VERSIONS)}")
        for name in sorted(self.breaking.keys() - _FIELDS):
            yield _doubt(f"unknown field {name!r} in `breaking`", f"known here: {', '.join(sorted(_FIELDS))}")
        named = [*self.words("use"), *self.words("except"), *_mapping(self.breaking.get("ignore_only"))]
        for name in dict.fromkeys(named):
            if name not in RULES and name not in _RETIRED and name not in _ALL:
                yield _doubt(f"the rule {name!r} is not one of buf's", "rules of plugins are not run")
        if self.top.get("policies"):
            yield _doubt("`policies` are not applied", "name their rules under `breaking`")
        if any("breaking" in _mapping(module) for module in _list(self.top.get("modules"))):
            yield _doubt("`breaking` of a single module is not applied", "write it for all modules")


def _doubt(message: str, hint: str) -> Problem:
    return Problem(message=f"{FILE}: {message}", hint=hint)


def _mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, dict) else {}


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _words(value: Value) -> list[str]:
    return [word for word in _list(value) if isinstance(word, str)]
