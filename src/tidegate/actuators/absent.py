"""What stands where nothing does: it says what to start tidegate with."""

from dataclasses import dataclass
from typing import NoReturn

from tidegate.core.errors import Problem, Unavailable
from tidegate.core.plan.steps import Action
from tidegate.ports import Receipt, Token


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentActuator:
    """Brings nothing about: `missing` says what there is not, `hint` how to have it.

    A rollout that began when it was there waits until it is there again.
    """

    missing: str
    hint: str

    async def validate(self, action: Action) -> tuple[Problem, ...]:  # noqa: ARG002 - the port's signature
        """Nothing works."""
        return (Problem(message=self.missing, hint=self.hint),)

    async def apply(self, action: Action, exposure: float, token: Token) -> Receipt:  # noqa: ARG002
        """Raises `Unavailable`."""
        self._refuse()

    async def verify(self, action: Action, exposure: float) -> str | None:  # noqa: ARG002
        """Raises `Unavailable`."""
        self._refuse()

    async def revert(self, action: Action, token: Token) -> Receipt:  # noqa: ARG002
        """Raises `Unavailable`."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise Unavailable(self.missing, self.hint)
