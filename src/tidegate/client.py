"""A typed client of the local API: finds the running tidegate by its state directory, asks, translates errors."""

import getpass
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter

from tidegate.core.errors import Problem, Refused, Unavailable
from tidegate.core.experiments.report import Report
from tidegate.core.flags.hygiene import FlagView, Inventory
from tidegate.core.ids import FlagKey
from tidegate.core.plan.plan import Plan
from tidegate.flags.switching import Position
from tidegate.server import experiments, graph_view
from tidegate.server.culprits_view import CulpritsView
from tidegate.server.flags import switches
from tidegate.server.flags.switches import Switched
from tidegate.server.graph_view import GraphView
from tidegate.server.views import EvidenceView, RolloutLine, RolloutView
from tidegate.temporal.forms import PLAN_FORM
from tidegate.temporal.state_dir import ApiAddress, StateDir

TIMEOUT = httpx.Timeout(60.0, connect=5.0)
"""An answer may take as long as Temporal takes to come back after a crash."""

SWITCH_TIMEOUT = httpx.Timeout(10.0, connect=2.0)
"""A switch waits for the store at most; after that it is better kept there without the server."""

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""The API is on this machine and speaks none; httpx would load every authority there is for each client."""

_VIEW: TypeAdapter[RolloutView] = TypeAdapter(RolloutView)
_EVIDENCE: TypeAdapter[EvidenceView] = TypeAdapter(EvidenceView)
_CULPRITS: TypeAdapter[CulpritsView] = TypeAdapter(CulpritsView)
_GRAPH: TypeAdapter[GraphView] = TypeAdapter(GraphView)
_FLAGS: TypeAdapter[Inventory] = TypeAdapter(Inventory)
_FLAG: TypeAdapter[FlagView] = TypeAdapter(FlagView)
_SWITCHED: TypeAdapter[Switched] = TypeAdapter(Switched)
_REPORT: TypeAdapter[Report] = TypeAdapter(Report)
_LINES: TypeAdapter[list[RolloutLine]] = TypeAdapter(list[RolloutLine])


class Client:
    """The tidegate that runs on `state_dir`; every call raises `Refused` or `Unavailable` as the API says."""

    def __init__(self, state_dir: Path, address: ApiAddress | None = None) -> None:
        self._state_dir = state_dir
        self._address = address or StateDir(state_dir).api()

    @classmethod
    def of_flags(cls, state_dir: Path) -> "Client":
        """The one that serves flags from `state_dir`, with everything else or alone."""
        return cls(state_dir, StateDir(state_dir).flags())

    def apply(self, plan: Plan) -> RolloutView:
        """Begin a rollout of `plan`."""
        body = {"plan": PLAN_FORM.dump_python(plan, mode="json"), "by": whoami()}
        return _VIEW.validate_python(self._ask("POST", "/v1/rollouts", body))

    def rollouts(self) -> list[RolloutLine]:
        """Every rollout, newest first."""
        return _LINES.validate_python(self._ask("GET", "/v1/rollouts"))

    def rollout(self, id_: str) -> RolloutView:
        """One rollout as it stands."""
        return _VIEW.validate_python(self._ask("GET", _path(id_)))

    def journal(self, id_: str) -> list[dict[str, Any]]:
        """What was decided and done in a rollout."""
        found: list[dict[str, Any]] = self._ask("GET", _path(id_, "journal"))
        return found

    def evidence(self, id_: str, step: str) -> EvidenceView:
        """What the gates of a step have seen."""
        return _EVIDENCE.validate_python(self._ask("GET", f"{_path(id_, 'evidence')}/{quote(step)}"))

    def culprits(self, id_: str) -> CulpritsView:
        """What is at fault in a rollout, and the failing traces that were kept."""
        return _CULPRITS.validate_python(self._ask("GET", _path(id_, "culprits")))

    def graph(self) -> GraphView:
        """Who has called whom so far."""
        return _GRAPH.validate_python(self._ask("GET", graph_view.PATH))

    def experiment(self, flag: str) -> Report:
        """What the experiment on a flag has shown so far."""
        return _REPORT.validate_python(self._ask("GET", f"{experiments.PATH}/{quote(flag, safe='')}"))

    def flags(self) -> Inventory:
        """Every flag that is served, and what should be seen to."""
        return _FLAGS.validate_python(self._ask("GET", switches.PATH))

    def flag(self, key: FlagKey) -> FlagView:
        """One flag."""
        return _FLAG.validate_python(self._ask("GET", f"{switches.PATH}/{quote(key, safe='')}"))

    def switch(self, key: FlagKey, position: Position, reason: str, system: str = "") -> Switched:
        """Switch a flag off, or lift that."""
        body = {"by": whoami(), "reason": reason, "system": system}
        path = f"{switches.PATH}/{quote(key, safe='')}/{position}"
        return _SWITCHED.validate_python(self._ask("POST", path, body, SWITCH_TIMEOUT))

    def operate(self, id_: str, operation: str, reason: str, step: str | None = None) -> RolloutView:
        """Ask something of a running rollout."""
        body = {"by": whoami(), "reason": reason, "step": step}
        return _VIEW.validate_python(self._ask("POST", _path(id_, operation), body))

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> Any:
        url, headers = self._address.url, {"Authorization": f"Bearer {self._address.token}"}
        try:
            with httpx.Client(
                trust_env=False, timeout=timeout
            ) as http:  # no proxy lies on the way to ourselves
                answer = http.request(method, f"{url}{path}", json=body, headers=headers)
        except httpx.TransportError as error:
            raise Unavailable(
                f"tidegate at {url} does not answer: {type(error).__name__}",
                f"it may be starting again; if not, run `tidegate up --state-dir {self._state_dir}`",
            ) from error
        if answer.is_success:
            return answer.json()
        raise self._error(answer)

    def _error(self, answer: httpx.Response) -> Refused | Unavailable:
        """What the API said is wrong; an answer in another form came from something else."""
        if answer.headers.get("content-type") != "application/problem+json":
            return Unavailable(
                f"what answers at {self._address.url} is not this tidegate: {answer.status_code}",
                f"start it again with `tidegate up --state-dir {self._state_dir}`",
            )
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            return Unavailable(
                f"tidegate at {self._address.url} does not know the token in {self._state_dir / 'api.json'}",
                f"another one took its place; start it again with `tidegate up --state-dir {self._state_dir}`",
            )
        problems: list[str] = answer.json()["problems"]
        if answer.is_client_error:
            return Refused(Problem(message=problem) for problem in problems)
        return Unavailable("; ".join(problems))


def _path(id_: str, *rest: str) -> str:
    """The address of a rollout, whatever was typed for its id."""
    return "/".join(["/v1/rollouts", quote(id_, safe=""), *rest])


def whoami() -> str:
    """Who asks, for the journal: the account's name on this machine, or its number where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
