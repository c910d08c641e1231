"""Asks the API of a running tidegate and translates its errors, without knowing what the answers mean.

It imports little: whoever switches a flag off does not wait for what other questions need.
"""

import getpass
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from tidegate.core.errors import Problem, Refused, Unavailable
from tidegate.temporal.state_dir import ApiAddress

TIMEOUT: Final = httpx.Timeout(60.0, connect=5.0)
"""An answer may take as long as Temporal takes to come back after a crash."""

_NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""The API is on this machine and speaks none; httpx would load every authority there is for each client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Asks the tidegate of `state_dir` that answers at `address`."""

    state_dir: Path
    address: ApiAddress

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> Any:
        """The answer; raises `Refused` or `Unavailable` as the API says."""
        url, headers = self.address.url, {"Authorization": f"Bearer {self.address.token}"}
        try:
            # No proxy lies on the way to ourselves.
            with httpx.Client(trust_env=False, verify=_NO_TLS, timeout=timeout) as http:
                answer = http.request(method, f"{url}{path}", json=body, headers=headers)
        except httpx.TransportError as error:
            raise Unavailable(
                f"tidegate at {url} does not answer: {type(error).__name__}",
                f"it may be starting again; if not, run `tidegate up --state-dir {self.state_dir}`",
            ) from error
        if answer.is_success:
            return answer.json()
        raise self._error(answer)

    def _error(self, answer: httpx.Response) -> Refused | Unavailable:
        """What the API said is wrong; an answer in another form came from something else."""
        if answer.headers.get("content-type") != "application/problem+json":
            return Unavailable(
                f"what answers at {self.address.url} is not this tidegate: {answer.status_code}",
                f"start it again with `tidegate up --state-dir {self.state_dir}`",
            )
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            return Unavailable(
                f"tidegate at {self.address.url} does not know the token in {self.state_dir / 'api.json'}",
                f"another one took its place; start it again with `tidegate up --state-dir {self.state_dir}`",
            )
        problems: list[str] = answer.json()["problems"]
        if answer.is_client_error:
            return Refused(Problem(message=problem) for problem in problems)
        return Unavailable("; ".join(problems))


def whoami() -> str:
    """Who asks, for the journal: the account's name on this machine, or its number where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
