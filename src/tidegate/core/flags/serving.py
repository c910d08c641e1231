"""What is served: definitions, with what rollouts expose and people have switched off.

Exposures and switches are written into the definitions as rules that every evaluator of flagd understands, so that
whoever evaluates them, here or in an application, serves the same user the same variant.
"""

from dataclasses import dataclass

from tidegate.core.ids import FlagKey, RolloutId, StepId


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """A rollout serves `variant` to a `share` (of one) of an audience, and what is defined to everyone else.

    The `audience` is a rule in JSONLogic as JSON text; without one it is everyone. Who is in is drawn by the flag, the
    `salt` and the targeting key alone, so whoever is in stays in while the share grows.
    """

    rollout: RolloutId
    step: StepId
    flag: FlagKey
    variant: str
    share: float
    salt: str
    audience: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Somebody has switched a flag off: everyone is served its `variant`. `at` is in seconds since 1970."""

    flag: FlagKey
    variant: str
    by: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A rollout has removed a flag: it is not served any more."""

    rollout: RolloutId
    step: StepId
    flag: FlagKey
