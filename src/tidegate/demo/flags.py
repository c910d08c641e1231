"""The feature flags of a demo service, asked for by OpenFeature, evaluated in its own process.

Whoever serves them may come, go and come again at another address: what came last is good until then.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import ClientSession
from openfeature import api
from openfeature.evaluation_context import EvaluationContext

from tidegate.demo.evaluations import Evaluations
from tidegate.mesh.flag_source import FlagSource, flag_source
from tidegate.mesh.layout import Layout
from tidegate.openfeature import TidegateProvider

GLANCE_SECONDS: Final = 1.0


@dataclass(slots=True, kw_only=True)
class UserFlags:
    """The boolean flags `keys` of one version, `name`, for each of its users."""

    keys: Iterable[str]
    name: str
    layout: Layout
    source: FlagSource | None = None

    def variants(self, user: str) -> Mapping[str, tuple[str, bool]]:
        """Variant and value of each flag that is served."""
        client, context = api.get_client(), EvaluationContext(targeting_key=user)
        found = {key: client.get_boolean_details(key, False, context) for key in self.keys}
        return {key: (each.variant, each.value) for key, each in found.items() if each.variant}

    async def follow(self) -> None:
        """Go to whoever serves flags now, until cancelled."""
        while True:
            source = await asyncio.to_thread(flag_source, self.layout)
            if source is not None and source != self.source:
                self.source = source
                await asyncio.to_thread(self._go_to, source)
            await asyncio.sleep(GLANCE_SECONDS)

    def _go_to(self, source: FlagSource) -> None:
        kept = self.layout.run / f"{self.name}.flags"
        api.set_provider(TidegateProvider(source.address, token=source.token, cache_file=kept))


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedFlags:
    """The flags of a version, each evaluation told in the trace of its request."""

    flags: UserFlags
    evaluations: Evaluations

    @classmethod
    def of(cls, keys: Iterable[str], spec: Mapping[str, Any], name: str, layout: Layout) -> "TracedFlags":
        """Those of the version that `spec` describes."""
        told = Evaluations(service=spec["service"], version=spec["version"], layout=layout)
        return cls(flags=UserFlags(keys=keys, name=name, layout=layout), evaluations=told)

    def on(self, user: str, traceparent: str) -> Collection[str]:
        """The flags that are on for a user, noted for the trace of the request."""
        found = self.flags.variants(user)
        self.evaluations.note(traceparent, {key: variant for key, (variant, _) in found.items()}, user)
        return [key for key, (_, on) in found.items() if on]

    async def running(self, session: ClientSession) -> None:
        """Follow the flags and tell of evaluations, until cancelled."""
        await asyncio.gather(self.flags.follow(), self.evaluations.send(session))
