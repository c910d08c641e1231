"""What a check of a contract against a specification finds, and what each rule means.

The table says for every rule whether a provider that keeps to its specification fails the consumer (`breaking`),
or whether the specification does not tell (`unknown`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tidegate.core.contracts.compatibility import Compatibility
from tidegate.core.contracts.pact.model import Interaction
from tidegate.core.contracts.specification import Cursor, Place


class CheckRule(StrEnum):
    """What may stand between a contract and a specification."""

    OPERATION_NOT_PROVIDED = "pact-operation-not-provided"
    PARAMETER_NOT_DECLARED = "pact-request-parameter-not-declared"
    PARAMETER_MISSING = "pact-request-parameter-missing"
    PARAMETER_INVALID = "pact-request-parameter-invalid"
    REQUEST_MEDIA_NOT_ACCEPTED = "pact-request-media-not-accepted"
    REQUEST_BODY_MISSING = "pact-request-body-missing"
    REQUEST_BODY_NOT_DECLARED = "pact-request-body-not-declared"
    REQUEST_BODY_INVALID = "pact-request-body-invalid"
    STATUS_NOT_DECLARED = "pact-response-status-not-declared"
    RESPONSE_MEDIA_NOT_PROVIDED = "pact-response-media-not-provided"
    RESPONSE_BODY_NOT_PROVIDED = "pact-response-body-not-provided"
    RESPONSE_BODY_NOT_EXPECTED = "pact-response-body-not-expected"
    HEADER_NOT_DECLARED = "pact-response-header-not-declared"
    HEADER_OPTIONAL = "pact-response-header-optional"
    FIELD_NOT_PROVIDED = "pact-response-field-not-provided"
    FIELD_OPTIONAL = "pact-response-field-optional"
    FIELD_NULLABLE = "pact-response-field-nullable"
    TYPE = "pact-response-type"
    VALUE_NOT_POSSIBLE = "pact-response-value-not-possible"
    MATCHER_VIOLATED = "pact-response-matcher-violated"
    MATCHER_NOT_IMPLIED = "pact-response-matcher-not-implied"
    ALTERNATIVES = "pact-response-alternatives"
    NOT_DESCRIBED = "pact-not-described"
    NOT_COMPARED = "pact-not-compared"


UNKNOWN: Final = frozenset(
    {
        CheckRule.PARAMETER_NOT_DECLARED,
        CheckRule.REQUEST_BODY_NOT_DECLARED,
        CheckRule.HEADER_NOT_DECLARED,
        CheckRule.HEADER_OPTIONAL,
        CheckRule.MATCHER_NOT_IMPLIED,
        CheckRule.ALTERNATIVES,
        CheckRule.NOT_DESCRIBED,
        CheckRule.NOT_COMPARED,
    }
)
"""Where the specification does not tell; every other rule breaks."""

LOOSE: Final = frozenset(
    {
        CheckRule.FIELD_OPTIONAL,
        CheckRule.FIELD_NULLABLE,
        CheckRule.HEADER_OPTIONAL,
        CheckRule.HEADER_NOT_DECLARED,
        CheckRule.PARAMETER_NOT_DECLARED,
        CheckRule.REQUEST_BODY_NOT_DECLARED,
        CheckRule.NOT_DESCRIBED,
    }
)
"""Where the specification promises less than the consumer expects: many never say what is required."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Where a specification is not enough for an interaction: `path` in the contract, `place` in the specification."""

    rule: CheckRule
    interaction: str
    path: str
    place: Place
    reason: str

    @property
    def key(self) -> tuple[CheckRule, str, str]:
        """What is found, whatever specification it is found in."""
        return self.rule, self.interaction, self.path

    @property
    def answer(self) -> Compatibility:
        """What the rule means for the consumer."""
        return Compatibility.UNKNOWN if self.rule in UNKNOWN else Compatibility.BREAKING

    def __str__(self) -> str:
        return f"{self.interaction}: {self.path} {self.reason} ({self.rule})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Why a value or a demand is not met, before it is known for whom: `at` is where the specification says so."""

    rule: CheckRule
    path: str
    reason: str
    at: Cursor

    @property
    def breaks(self) -> bool:
        """Whether it breaks the consumer, or nobody can tell."""
        return self.rule not in UNKNOWN

    def of(self, interaction: Interaction) -> Finding:
        """The gap as a finding about an interaction."""
        place = self.at.place(f"{self.at.file}#{self.at.pointer}")
        return Finding(
            rule=self.rule, interaction=str(interaction), path=self.path, place=place, reason=self.reason
        )
