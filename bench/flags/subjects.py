"""Who is asked: each evaluator by itself, and each through the OpenFeature API, in process."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.flags.questions import CONTEXTS, FLAGD, KINDS, PLAIN, STATIC, UNLEASH, UNLEASHED
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.provider import FeatureProvider
from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider
from UnleashClient import UnleashClient  # type: ignore[attr-defined]  # it exports it without saying so
from UnleashClient.cache import FileCache

from tidegate.core.flags.evaluator import Evaluator
from tidegate.core.ids import FlagKey
from tidegate.openfeature import FileProvider
from tidegate.openfeature.definitions import flag_set

Ask = Callable[[str, int], object]
"""Ask for the flag of a kind, for the user of a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who is asked, and for which kinds of flags."""

    name: str
    ask: Ask
    kinds: tuple[str, ...] = KINDS


def through_openfeature(name: str, provider: FeatureProvider, kinds: tuple[str, ...] = KINDS) -> Subject:
    """A provider, asked as applications ask it."""
    api.set_provider_and_wait(provider, name)
    client: OpenFeatureClient = api.get_client(name)
    return Subject(
        name=name,
        ask=lambda kind, user: client.get_boolean_value(kind, False, CONTEXTS[user]),
        kinds=kinds,
    )


def tidegate_raw() -> Subject:
    """The compiled evaluator by itself."""
    evaluate = Evaluator(flag_set(json.dumps(FLAGD))).evaluate
    return Subject(
        name="tidegate, raw", ask=lambda kind, user: evaluate(FlagKey(kind), PLAIN[user], 0.0).value
    )


def flagd_raw() -> Subject:
    """Flagd's evaluator for Python by itself."""
    core = FlagdCore()
    core.set_flags(json.dumps(FLAGD))
    return Subject(
        name="flagd-core, raw",
        ask=lambda kind, user: core.resolve_boolean_value(kind, False, CONTEXTS[user]).value,
    )


def unleash(folder: Path) -> tuple[Subject, UnleashClient]:
    """Unleash's client by itself: there is no provider of its makers for OpenFeature in Python."""
    cache = FileCache("bench", directory=str(folder))
    cache.bootstrap_from_dict(UNLEASH)
    client = UnleashClient(
        "http://127.0.0.1:9", "bench", cache=cache, disable_metrics=True, disable_registration=True
    )
    client.initialize_client(fetch_toggles=False)

    def ask(kind: str, user: int) -> object:
        context: Mapping[str, Any] = UNLEASHED[user]
        return client.is_enabled(kind, dict(context))

    return Subject(name="UnleashClient, raw", ask=ask), client


@contextmanager
def in_process(folder: Path) -> Iterator[tuple[Subject, ...]]:
    """All who are asked in process."""
    path = folder / "flags.json"
    path.write_text(json.dumps(FLAGD))
    offline = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=str(path))
    memory = InMemoryProvider({STATIC: InMemoryFlag("on", {"on": True, "off": False})})
    with ExitStack() as ending:
        ending.callback(api.clear_providers)
        subject, client = unleash(folder)
        ending.callback(client.destroy)
        yield (
            through_openfeature("tidegate", FileProvider([path])),
            through_openfeature("flagd, in process", offline),
            through_openfeature("SDK, in memory", memory, (STATIC,)),
            tidegate_raw(),
            flagd_raw(),
            subject,
        )
