"""An application of a test: it asks the OpenFeature SDK, and remembers what its provider tells."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from queue import Queue
from typing import Final

from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.event import EventDetails, ProviderEvent
from openfeature.exception import OpenFeatureError
from openfeature.provider import FeatureProvider

SECONDS: Final = 30
NAME: Final = "tidegate"


class Application:
    """Uses one provider, by the name of `domain`."""

    def __init__(self, domain: str) -> None:
        self.client: OpenFeatureClient = api.get_client(domain)
        self._domain = domain
        self._told: Queue[tuple[ProviderEvent, EventDetails]] = Queue()
        for event in ProviderEvent:
            self.client.add_handler(event, partial(self._hear, event))

    def _hear(self, event: ProviderEvent, details: EventDetails) -> None:
        if details.provider_name == NAME:  # and not the one of the SDK that is there at first
            self._told.put((event, details))

    async def use(self, provider: FeatureProvider) -> str:
        """Begin with a provider; what its beginning came to."""
        try:
            await asyncio.to_thread(api.set_provider_and_wait, provider, self._domain)
        except OpenFeatureError as error:
            return str(error.error_message)
        return "ready"

    async def told(self, wanted: ProviderEvent) -> EventDetails:
        """The next event of this type; others before it are passed over."""
        while True:
            event, details = await asyncio.to_thread(self._told.get, timeout=SECONDS)
            if event is wanted:
                return details

    async def checkout(self) -> tuple[bool, str | None]:
        """The value and the variant of the flag `checkout`; off where there is none."""
        found = await asyncio.to_thread(self.client.get_boolean_details, "checkout", False)
        return found.value, found.variant


@contextmanager
def application(domain: str) -> Iterator[Application]:
    """An application that ends with the test."""
    try:
        yield Application(domain)
    finally:
        api.clear_providers()
