"""Who asks and who answers: the consumer as a rule, the provider in webhooks and callbacks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tidegate.core.contracts.differences import Position
from tidegate.core.contracts.openapi.rules import Noun
from tidegate.core.contracts.schemas import Flow


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What one side of a conversation says in bodies: who writes, and the rules for it."""

    flow: Flow
    content: Noun
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What travels beside the bodies, by where it stands: parameters of a request, headers of an answer."""

    flow: Flow
    noun: Noun
    positions: Mapping[str, Position]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The rules for each piece of an operation."""

    operation: Noun
    parameters: Carried
    body: Noun
    ask: Voice
    success: Noun
    failure: Noun
    headers: Carried
    answer: Voice


_OWN: Final = {
    position.value: position for position in (Position.PATH, Position.QUERY, Position.HEADER, Position.COOKIE)
}

CONSUMER_ASKS: Final = Roles(
    operation=Noun.OPERATION,
    parameters=Carried(flow=Flow.TO_PROVIDER, noun=Noun.REQUEST_PARAMETER, positions=_OWN),
    body=Noun.REQUEST_BODY,
    ask=Voice(flow=Flow.TO_PROVIDER, content=Noun.REQUEST_CONTENT_TYPE, position=Position.REQUEST),
    success=Noun.RESPONSE_SUCCESS,
    failure=Noun.RESPONSE_FAILURE,
    headers=Carried(
        flow=Flow.TO_CONSUMER, noun=Noun.RESPONSE_HEADER, positions={"header": Position.RESPONSE_HEADER}
    ),
    answer=Voice(flow=Flow.TO_CONSUMER, content=Noun.RESPONSE_CONTENT_TYPE, position=Position.RESPONSE),
)
PROVIDER_ASKS: Final = Roles(
    operation=Noun.EVENT,
    parameters=Carried(
        flow=Flow.TO_CONSUMER, noun=Noun.EVENT_PARAMETER, positions=dict.fromkeys(_OWN, Position.EVENT)
    ),
    body=Noun.EVENT_BODY,
    ask=Voice(flow=Flow.TO_CONSUMER, content=Noun.EVENT_CONTENT_TYPE, position=Position.EVENT),
    success=Noun.EVENT_ANSWER,
    failure=Noun.EVENT_ANSWER,
    headers=Carried(
        flow=Flow.TO_PROVIDER, noun=Noun.EVENT_ANSWER_HEADER, positions={"header": Position.HEADER}
    ),
    answer=Voice(flow=Flow.TO_PROVIDER, content=Noun.EVENT_ANSWER_CONTENT_TYPE, position=Position.REQUEST),
)
