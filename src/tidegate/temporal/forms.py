"""Plans and rollouts as JSON, for the store and the API."""

from pydantic import TypeAdapter

from tidegate.core.plan.plan import Plan
from tidegate.core.rollout.events import OperatorEvent
from tidegate.core.rollout.state import Rollout

PLAN_FORM: TypeAdapter[Plan] = TypeAdapter(Plan)
ROLLOUT_FORM: TypeAdapter[Rollout] = TypeAdapter(Rollout)
OPERATOR_FORM: TypeAdapter[OperatorEvent] = TypeAdapter(OperatorEvent)
