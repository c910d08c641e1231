"""A client of Unleash's admin API, for one project and one environment.

Answers are bounded in size and time, and nothing is tried again: whoever asks does that. The token is read anew for
every request, so one that is replaced is seen, and is never part of a message.
"""

import asyncio
import json
import ssl
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar
from urllib.parse import quote

import httpx

from tidegate.actuators.unleash.feature import Feature, Strategy, Variant, feature_of, variant_of
from tidegate.core.errors import EffectFailed, Unavailable
from tidegate.core.ids import FlagKey
from tidegate.sources.flag_systems import FlagSystem
from tidegate.sources.secrets import secret_in

ANSWER_BYTES: Final = 8 << 20
ERROR_LENGTH: Final = 300
_Value = TypeVar("_Value")
_ODD: Final = (AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What surrounds the flags: the project's environments, and how many must approve of a change in ours."""

    environments: tuple[str, ...]
    approvals: int = 0


class UnleashApi:
    """Asks the Unleash of a flag system.

    Raises `Unavailable` where it does not answer, `EffectFailed` where it refuses. What is not there is None.
    """

    def __init__(self, system: FlagSystem) -> None:
        self.name = system.name
        self.server = system.unleash
        self._features = f"/projects/{_path(self.server.project)}/features"

    async def aclose(self) -> None:
        """Close the connections."""
        if "_client" in self.__dict__:
            await self._client.aclose()

    # -- what is there -----------------------------------------------------------------------------------------

    async def feature(self, key: FlagKey) -> Feature | None:
        """The flag, unless it is archived."""
        body = await self._asked("GET", self._flag(key), absent=True)
        return self._made(lambda: feature_of(key, body)) if body is not None else None

    async def archived(self, key: FlagKey) -> bool:
        """Whether the flag is in the archive: what it was in an environment is kept there."""
        if await self._asked("GET", self._flag(key), absent=True) is not None:
            return False
        return await self._asked("GET", self._here(key), absent=True) is not None

    async def variants(self, feature: Feature) -> tuple[Variant, ...]:
        """The variants of a flag: of older flags those of our environment, then those of its strategies."""
        body = await self._asked("GET", f"{self._here(feature.key)}/variants", absent=True)
        own = self._made(lambda: tuple(map(variant_of, body["variants"]))) if body is not None else ()
        return *own, *feature.variants(self.server.environment)

    async def tags(self, key: FlagKey) -> frozenset[str]:
        """The simple tags of a flag, archived or not."""
        body = await self._asked("GET", self._tags(key))
        return self._made(
            lambda: frozenset(str(tag["value"]) for tag in body["tags"] if tag["type"] == "simple")
        )

    async def surroundings(self) -> Surroundings:
        """The environments that our project uses."""
        body = await self._asked("GET", f"/environments/project/{_path(self.server.project)}")
        return self._made(lambda: self._surroundings(body["environments"]))

    async def permissions(self) -> frozenset[str]:
        """What our token may do in our project and environment."""
        body = await self._asked("GET", "/user")
        return self._made(
            lambda: frozenset(str(each["permission"]) for each in body["permissions"] if self._ours(each))
        )

    # -- what is to be -----------------------------------------------------------------------------------------

    async def add(self, key: FlagKey, strategy: Strategy) -> str:
        """Add a strategy; its id is returned."""
        body = await self._asked("POST", f"{self._here(key)}/strategies", strategy.wire)
        return self._made(lambda: str(body["id"]))

    async def replace(self, key: FlagKey, id_: str, strategy: Strategy) -> None:
        """Put a strategy in the place of one."""
        await self._asked("PUT", f"{self._here(key)}/strategies/{_path(id_)}", strategy.wire)

    async def remove(self, key: FlagKey, strategy: Strategy) -> None:
        """Remove a strategy."""
        await self._asked("DELETE", f"{self._here(key)}/strategies/{_path(strategy.id)}")

    async def turn(self, key: FlagKey, *, on: bool, environment: str = "") -> None:
        """Turn a flag on or off in an environment, ours if none is named.

        Turned on where it has no strategy, Unleash gives it one for everyone.
        """
        place = f"{self._flag(key)}/environments/{_path(environment or self.server.environment)}"
        await self._asked("POST", f"{place}/{'on' if on else 'off'}")

    async def mark(self, key: FlagKey, add: Collection[str] = (), remove: Collection[str] = ()) -> None:
        """Add and remove simple tags of a flag in one move."""
        if add or remove:
            await self._asked(
                "PUT", self._tags(key), {"addedTags": _simple(add), "removedTags": _simple(remove)}
            )

    async def archive(self, key: FlagKey) -> None:
        """Archive a flag: applications do not get it any more."""
        await self._asked("DELETE", self._flag(key))

    async def revive(self, key: FlagKey) -> None:
        """Take a flag out of the archive; it is off in every environment then."""
        await self._asked("POST", f"/archive/revive/{_path(key)}")

    # -- paths and parts ---------------------------------------------------------------------------------------

    def _flag(self, key: FlagKey) -> str:
        return f"{self._features}/{_path(key)}"

    def _here(self, key: FlagKey) -> str:
        return f"{self._flag(key)}/environments/{_path(self.server.environment)}"

    def _tags(self, key: FlagKey) -> str:
        return f"/features/{_path(key)}/tags"

    def _ours(self, permission: Mapping[str, Any]) -> bool:
        """Whether a permission reaches our project and environment; without a name it reaches all."""
        project, environment = permission.get("project"), permission.get("environment")
        within = (None, "*", self.server.project), (None, "*", self.server.environment)
        return project in within[0] and environment in within[1]

    def _surroundings(self, environments: list[Mapping[str, Any]]) -> Surroundings:
        used = {str(each["name"]): each for each in environments if each.get("visible", True)}
        ours = used.get(self.server.environment, {})
        return Surroundings(environments=tuple(used), approvals=int(ours.get("requiredApprovals") or 0))

    # -- one request -------------------------------------------------------------------------------------------

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"{self.server.url}/api/admin",
            verify=self._trust(),
            timeout=self.server.timeout,
            trust_env=False,
            follow_redirects=False,
        )

    def _trust(self) -> ssl.SSLContext | bool:
        if not self.server.url.startswith("https:"):
            return False
        try:
            return ssl.create_default_context(cafile=self.server.ca or None)
        except OSError as error:
            reason = error.strerror or str(error)
            raise Unavailable(f"cannot load {self.server.ca}: {reason}", "see spec.unleash.ca") from None

    async def _asked(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, absent: bool = False
    ) -> Any:
        """The JSON of a good answer; None where `absent` is allowed and it is."""
        token = await asyncio.to_thread(secret_in, self.server.token, "spec.unleash.token")
        if not token.isascii():
            raise Unavailable(f"the token in {self.server.token} is not ASCII", "see spec.unleash.token")
        try:
            async with asyncio.timeout(self.server.timeout):
                status, content = await self._sent(method, path, body, token)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:  # a refused certificate is an OSError
            raise self._silent(error) from None
        if absent and status == httpx.codes.NOT_FOUND:
            return None
        if not httpx.codes.is_success(status):
            raise self._refusal(status, _words(content).replace(token, "…"))
        return self._made(lambda: _decoded(content))

    async def _sent(
        self, method: str, path: str, body: Mapping[str, Any] | None, token: str
    ) -> tuple[int, bytes]:
        """Status and content; nothing is decompressed, so that a small answer cannot unfold into a large one."""
        headers = {"Authorization": token, "Accept-Encoding": "identity"}
        content = bytearray()
        async with self._client.stream(method, path, json=body, headers=headers) as response:
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > ANSWER_BYTES:
                    raise Unavailable(f"{self} answers with more than {ANSWER_BYTES} bytes", "is it Unleash?")
        return response.status_code, bytes(content)

    def _silent(self, error: Exception) -> Unavailable:
        if isinstance(error, (httpx.TimeoutException, TimeoutError)):
            reason = f"no answer within {self.server.timeout:g} s"
        else:
            reason = str(error) or type(error).__name__
        return Unavailable(f"{self} does not answer: {reason}", "is it up and reachable from here?")

    def _refusal(self, status: int, words: str) -> Unavailable | EffectFailed:
        if status in _NEXT or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return Unavailable(f"{self} answers {status}{words}", _NEXT.get(status, "see the log of Unleash"))
        return EffectFailed(f"{self} refuses with {status}{words}")

    def _made(self, make: Callable[[], _Value]) -> _Value:
        """What is made of an answer; it may have any shape."""
        try:
            return make()
        except (*_ODD, RecursionError):
            message = f"{self} answers with something that is not Unleash's admin API"
            raise Unavailable(message, "check spec.unleash.url: it ends before /api") from None

    def __str__(self) -> str:
        return f"flag system {self.name!r} ({self.server.url})"


_NEXT: Final[Mapping[int, str]] = {
    401: "check spec.unleash.token: Unleash does not know it",
    429: "wait, or allow more requests there",
    **dict.fromkeys((301, 302, 303, 307, 308), "set spec.unleash.url to the address that it redirects to"),
    **dict.fromkeys((502, 503, 504), "is Unleash up behind its proxy?"),
}


def _decoded(content: bytes) -> Any:
    body = json.loads(content) if content else {}
    if body is None:
        raise ValueError("nothing, which is said otherwise")
    return body


def _words(content: bytes) -> str:
    """What Unleash says against a request, in one line after a colon."""
    try:
        body = json.loads(content)
        said = str((body.get("details") or [body])[0]["message"])
    except (*_ODD, RecursionError):
        return ""
    return f": {said if said.isprintable() else ascii(said)}"[:ERROR_LENGTH]


def _path(name: str) -> str:
    return quote(name, safe="")


def _simple(tags: Collection[str]) -> list[dict[str, str]]:
    return [{"type": "simple", "value": tag} for tag in sorted(tags)]
