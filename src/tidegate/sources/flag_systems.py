"""FlagSystem files: the flag systems that teams keep, and how they are reached.

flag-system.yaml ─► FlagSystem      paths in it are relative to the file; secrets stay where they are
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tidegate.core.errors import Problem, Refused
from tidegate.core.telemetry import Secret
from tidegate.sources.documents import in_order, read_kind
from tidegate.sources.quantities import seconds
from tidegate.sources.secrets import secret_at
from tidegate.sources.tree import Node
from tidegate.sources.twice import named_twice
from tidegate.sources.words import quoted

PROJECT: Final = "default"
STICKINESS: Final = "userId"
TIMEOUT: Final = "10s"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnleashServer:
    """One environment of one project of an Unleash, and where the token of its admin API is found.

    `stickiness` is the field of the context by which users are told apart; `timeout` is in seconds. `ca` names the
    authorities to trust, in place of the system's.
    """

    url: str
    environment: str
    token: Secret
    project: str = PROJECT
    stickiness: str = STICKINESS
    timeout: float = 10.0
    ca: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagSystem:
    """A flag system by the name that changes call it."""

    name: str
    unleash: UnleashServer


def read_flag_systems(paths: Iterable[Path]) -> tuple[FlagSystem, ...]:
    """FlagSystem files, one system each; raises `Refused` with everything that is wrong with any of them."""
    read = [(path, *read_kind(path, "FlagSystem")) for path in paths]
    problems = [problem for _, root, found in read for problem in _problems(root, found)]
    problems += named_twice((root.at("metadata", "name") for _, root, _ in read), "a flag system")
    if problems:
        raise Refused(in_order(problems))
    return tuple(_system(root, path.parent) for path, root, _ in read)


def _problems(root: Node, found: Iterable[Problem]) -> Iterable[Problem]:
    """What a schema and what no schema says; lines with a secret in them are told without their words."""
    secret = tuple(_secrets(root.at("spec", "unleash")))
    lines = {problem.location for problem in secret}
    return *(problem for problem in found if problem.location not in lines), *secret, *_times(root)


def _secrets(server: Node) -> Iterable[Problem]:
    url, token = server.at("url"), server.at("token")
    if "@" in url.text:
        yield url.problem("spec.unleash.url holds a user", "say under token where the token is")
    if token and not token.fields:
        yield token.problem(
            "spec.unleash.token holds no file or variable", "say where the token is, not what it is"
        )


def _times(root: Node) -> Iterable[Problem]:
    server = root.at("spec", "unleash")
    if seconds(server.at("timeout").text) == 0.0:
        written = server.at("timeout").text
        yield server.at("timeout").problem(f"{quoted(written)} is no time", "give a duration above zero")


def _system(root: Node, folder: Path) -> FlagSystem:
    server = root.at("spec", "unleash")
    return FlagSystem(
        name=root.at("metadata", "name").text,
        unleash=UnleashServer(
            url=server.at("url").text.rstrip("/"),
            project=server.at("project").text or PROJECT,
            environment=server.at("environment").text,
            token=secret_at(server.at("token"), folder),
            stickiness=server.at("stickiness").text or STICKINESS,
            timeout=seconds(server.at("timeout").text or TIMEOUT) or 0.0,
            ca=_path(server.at("ca"), folder),
        ),
    )


def _path(node: Node, folder: Path) -> str:
    return str(folder / node.text) if node.text else ""
