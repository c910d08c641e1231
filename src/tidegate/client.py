"""A typed client of the local API: finds the running tidegate by its state directory, asks, translates errors."""

import getpass
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from pydantic import TypeAdapter

from tidegate.core.errors import Problem, Refused, Unavailable
from tidegate.core.plan.plan import Plan
from tidegate.server.views import RolloutLine, RolloutView
from tidegate.temporal.forms import PLAN_FORM
from tidegate.temporal.state_dir import StateDir

TIMEOUT = httpx.Timeout(60.0, connect=5.0)
"""An answer may take as long as Temporal takes to come back after a crash."""

_VIEW: TypeAdapter[RolloutView] = TypeAdapter(RolloutView)
_LINES: TypeAdapter[list[RolloutLine]] = TypeAdapter(list[RolloutLine])


class Client:
    """The tidegate that runs on `state_dir`; every call raises `Refused` or `Unavailable` as the API says."""

    def __init__(self, state_dir: Path) -> None:
        address = StateDir(state_dir).api()
        self._http = httpx.Client(
            base_url=address.url, headers={"Authorization": f"Bearer {address.token}"}, timeout=TIMEOUT
        )

    def apply(self, plan: Plan) -> RolloutView:
        """Begin a rollout of `plan`."""
        body = {"plan": PLAN_FORM.dump_python(plan, mode="json"), "by": whoami()}
        return _VIEW.validate_python(self._ask("POST", "/v1/rollouts", body))

    def rollouts(self) -> list[RolloutLine]:
        """Every rollout, newest first."""
        return _LINES.validate_python(self._ask("GET", "/v1/rollouts"))

    def rollout(self, id_: str) -> RolloutView:
        """One rollout as it stands."""
        return _VIEW.validate_python(self._ask("GET", f"/v1/rollouts/{id_}"))

    def journal(self, id_: str) -> list[dict[str, Any]]:
        """What was decided and done in a rollout."""
        found: list[dict[str, Any]] = self._ask("GET", f"/v1/rollouts/{id_}/journal")
        return found

    def operate(self, id_: str, operation: str, reason: str, step: str | None = None) -> RolloutView:
        """Ask something of a running rollout."""
        body = {"by": whoami(), "reason": reason, "step": step}
        return _VIEW.validate_python(self._ask("POST", f"/v1/rollouts/{id_}/{operation}", body))

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.TransportError as error:
            raise Unavailable(
                f"tidegate at {self._http.base_url} does not answer: {type(error).__name__}",
                "it may be starting again; if not, run `tidegate up`",
            ) from error
        if answer.is_success:
            return answer.json()
        raise _error(answer)


def _error(answer: httpx.Response) -> Refused | Unavailable:
    document = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    problems = document.get("problems") or [str(document.get("detail") or answer.text)]
    if answer.is_client_error:
        return Refused(Problem(message=problem) for problem in problems)
    return Unavailable("; ".join(problems))


def whoami() -> str:
    """Who asks, for the journal: the account's name on this machine."""
    return getpass.getuser()
