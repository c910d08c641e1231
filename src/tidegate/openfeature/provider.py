"""The provider of an application that tidegate serves.

What came last stays good until something better comes: definitions that cannot be read change nothing, and while
tidegate does not answer the application goes on with what it has, and is told so by `PROVIDER_STALE`, once for each
attempt to come again.
"""

import logging
from pathlib import Path
from threading import Event
from typing import Final

from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.exception import ErrorCode, ProviderNotReadyError

from tidegate.core.errors import Refused
from tidegate.openfeature.definitions import flag_set
from tidegate.openfeature.evaluating import EvaluatingProvider
from tidegate.openfeature.following import Follower, Listener
from tidegate.openfeature.kept import Kept

_log = logging.getLogger(__name__)

WAIT_SECONDS: Final = 5.0
"""How long the first definitions are waited for, where none are kept."""


class TidegateProvider(EvaluatingProvider):
    """Evaluates in process what the tidegate at `address` serves by gRPC; changes are pushed to it.

    With a `cache_file` an application that starts while tidegate is down begins with the definitions that it, or
    another of the same file, had last. Make one in each process: a thread does not outlive a fork.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        cache_file: Path | None = None,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        super().__init__()
        self._kept = Kept(cache_file) if cache_file else None
        self._follower = Follower(address, token, Listener(came=self._came, lost=self._lost))
        self._wait_seconds = wait_seconds
        self._heard = Event()
        self._well = True

    def initialize(self, evaluation_context: EvaluationContext) -> None:
        """Begin to follow; raises `ProviderNotReadyError` where there is nothing to go by in time."""
        del evaluation_context  # it concerns evaluations, and comes with each
        self._begin_with_kept()
        self._follower.start()
        if not self._heard.wait(self._wait_seconds):
            self._well = False
        if not self.ready:
            raise ProviderNotReadyError(f"no flags have come within {self._wait_seconds:g} s")

    def shutdown(self) -> None:
        """Follow no more."""
        self._follower.stop()

    def _begin_with_kept(self) -> None:
        kept = self._kept.read() if self._kept else None
        if kept is not None:
            try:
                self.serve(flag_set(kept))
            except Refused as error:
                _log.warning("the flags that were kept cannot be read: %s", error)

    def _came(self, definitions: str) -> None:
        """Go by what came, if it is good."""
        try:
            changed = self.serve(flag_set(definitions))
        except Refused as error:
            self._well = False
            self.emit_provider_error(_details(str(error), ErrorCode.PARSE_ERROR))
            return
        self._keep(definitions)
        self._heard.set()
        self._tell(changed)

    def _keep(self, definitions: str) -> None:
        if self._kept:
            try:
                self._kept.write(definitions)
            except OSError as error:
                _log.warning("the flags cannot be kept: %s", error)

    def _tell(self, changed: list[str]) -> None:
        if not self._well:
            self._well = True
            self.emit_provider_ready(ProviderEventDetails(message="flags come again"))
        if changed:
            self.emit_provider_configuration_changed(ProviderEventDetails(flags_changed=changed))

    def _lost(self, why: str) -> None:
        """Go on with what there is."""
        self._well = False
        if self.ready:
            self._heard.set()
            self.emit_provider_stale(_details(why))
        else:
            self.emit_provider_error(_details(why, ErrorCode.PROVIDER_NOT_READY))


def _details(message: str, code: ErrorCode | None = None) -> ProviderEventDetails:
    return ProviderEventDetails(message=message, error_code=code)
