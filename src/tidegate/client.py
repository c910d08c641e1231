"""A typed client of the local API: finds the running tidegate by its state directory, asks, translates errors."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import TypeAdapter

from tidegate.core.experiments.report import Report
from tidegate.core.flags.hygiene import FlagView, Inventory
from tidegate.core.ids import FlagKey
from tidegate.core.plan.plan import Plan
from tidegate.server import experiments, graph_view, migrations
from tidegate.server.caller import Caller, whoami
from tidegate.server.culprits_view import CulpritsView
from tidegate.server.flags import switches
from tidegate.server.graph_view import GraphView
from tidegate.server.migrations import DatabaseView
from tidegate.server.views import EvidenceView, RolloutLine, RolloutView
from tidegate.temporal.forms import PLAN_FORM
from tidegate.temporal.state_dir import ApiAddress, StateDir

_VIEW: TypeAdapter[RolloutView] = TypeAdapter(RolloutView)
_EVIDENCE: TypeAdapter[EvidenceView] = TypeAdapter(EvidenceView)
_CULPRITS: TypeAdapter[CulpritsView] = TypeAdapter(CulpritsView)
_GRAPH: TypeAdapter[GraphView] = TypeAdapter(GraphView)
_FLAGS: TypeAdapter[Inventory] = TypeAdapter(Inventory)
_FLAG: TypeAdapter[FlagView] = TypeAdapter(FlagView)
_REPORT: TypeAdapter[Report] = TypeAdapter(Report)
_DATABASES: TypeAdapter[tuple[DatabaseView, ...]] = TypeAdapter(tuple[DatabaseView, ...])
_LINES: TypeAdapter[list[RolloutLine]] = TypeAdapter(list[RolloutLine])


class Client:
    """The tidegate that runs on `state_dir`; every call raises `Refused` or `Unavailable` as the API says."""

    def __init__(self, state_dir: Path, address: ApiAddress | None = None) -> None:
        found = address or StateDir(state_dir).api()
        self._caller = Caller(state_dir=state_dir, address=found)

    @classmethod
    def of_flags(cls, state_dir: Path) -> "Client":
        """The one that serves flags from `state_dir`, with everything else or alone."""
        return cls(state_dir, StateDir(state_dir).flags())

    def apply(self, plan: Plan) -> RolloutView:
        """Begin a rollout of `plan`."""
        body = {"plan": PLAN_FORM.dump_python(plan, mode="json"), "by": whoami()}
        return _VIEW.validate_python(self._caller.ask("POST", "/v1/rollouts", body))

    def rollouts(self) -> list[RolloutLine]:
        """Every rollout, newest first."""
        return _LINES.validate_python(self._caller.ask("GET", "/v1/rollouts"))

    def rollout(self, id_: str) -> RolloutView:
        """One rollout as it stands."""
        return _VIEW.validate_python(self._caller.ask("GET", _path(id_)))

    def journal(self, id_: str) -> list[dict[str, Any]]:
        """What was decided and done in a rollout."""
        found: list[dict[str, Any]] = self._caller.ask("GET", _path(id_, "journal"))
        return found

    def evidence(self, id_: str, step: str) -> EvidenceView:
        """What the gates of a step have seen."""
        return _EVIDENCE.validate_python(self._caller.ask("GET", f"{_path(id_, 'evidence')}/{quote(step)}"))

    def culprits(self, id_: str) -> CulpritsView:
        """What is at fault in a rollout, and the failing traces that were kept."""
        return _CULPRITS.validate_python(self._caller.ask("GET", _path(id_, "culprits")))

    def graph(self) -> GraphView:
        """Who has called whom so far."""
        return _GRAPH.validate_python(self._caller.ask("GET", graph_view.PATH))

    def experiment(self, flag: str) -> Report:
        """What the experiment on a flag has shown so far."""
        return _REPORT.validate_python(self._caller.ask("GET", f"{experiments.PATH}/{quote(flag, safe='')}"))

    def flags(self) -> Inventory:
        """Every flag that is served, and what should be seen to."""
        return _FLAGS.validate_python(self._caller.ask("GET", switches.PATH))

    def flag(self, key: FlagKey) -> FlagView:
        """One flag."""
        return _FLAG.validate_python(self._caller.ask("GET", f"{switches.PATH}/{quote(key, safe='')}"))

    def migrations(self) -> tuple[DatabaseView, ...]:
        """How far every migration is on every database."""
        return _DATABASES.validate_python(self._caller.ask("GET", migrations.PATH))

    def operate(
        self, id_: str, operation: str, reason: str, step: str | None = None, owner: str | None = None
    ) -> RolloutView:
        """Ask something of a running rollout; only approvals are given for an owner."""
        body = {"by": whoami(), "reason": reason, "step": step, "owner": owner}
        return _VIEW.validate_python(self._caller.ask("POST", _path(id_, operation), body))


def _path(id_: str, *rest: str) -> str:
    """The address of a rollout, whatever was typed for its id."""
    return "/".join(["/v1/rollouts", quote(id_, safe=""), *rest])
