"""Two versions of an operation: what it asks for, what it answers, what it calls back."""

from collections.abc import Mapping

from tidegate.core.contracts.differences import Part, Position
from tidegate.core.contracts.openapi.content import compare_content
from tidegate.core.contracts.openapi.findings import Findings, Spot, Versions
from tidegate.core.contracts.openapi.pairs import paired
from tidegate.core.contracts.openapi.roles import CONSUMER_ASKS, PROVIDER_ASKS, Roles
from tidegate.core.contracts.openapi.rules import Change
from tidegate.core.contracts.openapi.security import compare_security
from tidegate.core.contracts.openapi.values import FLAGS, compare_values
from tidegate.core.contracts.openapi.view import DEFAULT, Body, Operation, Response, statuses_over

Operations = Mapping[Part, Operation]
Responses = Mapping[str, Response]


def compare_operations(old: Operations, new: Operations, roles: Roles, versions: Versions) -> Findings:
    """What differs between the operations of two versions, matched by method and path."""
    for part, either in {**old, **new}.items():
        spot = Spot(part=part, path=either.name, operation=part, versions=versions)
        if part in old and part in new:
            yield from _compare(old[part], new[part], spot, roles)
        else:
            change = Change.ADDED if part in new else Change.REMOVED
            yield spot.difference(roles.operation, change, Position.OPERATION, either.cursor)


def _compare(old: Operation, new: Operation, spot: Spot, roles: Roles) -> Findings:
    yield from _deprecation(old, new, spot, roles)
    yield from compare_values(old.parameters, new.parameters, lambda key: spot.below(*key), roles.parameters)
    yield from _compare_body(old.body, new.body, spot.below("request"), roles)
    yield from _compare_responses(old.responses, new.responses, spot, roles)
    if roles is CONSUMER_ASKS:
        yield from compare_security(old, new, spot)
    yield from compare_operations(old.callbacks, new.callbacks, PROVIDER_ASKS, spot.versions)


def _deprecation(old: Operation, new: Operation, spot: Spot, roles: Roles) -> Findings:
    was, is_ = (operation.cursor.at("deprecated").value is True for operation in (old, new))
    if was != is_:
        yield spot.difference(roles.operation, FLAGS["deprecated", is_], Position.OPERATION, new.cursor)


def _compare_body(old: Body | None, new: Body | None, spot: Spot, roles: Roles) -> Findings:
    yield from spot.presence(old, new, roles.body, roles.ask.flow, roles.ask.position)
    if old and new:
        yield from compare_content(old.content, new.content, spot, roles.ask)


def _compare_responses(old: Responses, new: Responses, spot: Spot, roles: Roles) -> Findings:
    for status, before, after, change in paired(old, new, statuses_over):
        here = spot.below("response", status)
        if change and (either := after or before):
            noun = roles.success if _succeeds(status, old if before else new) else roles.failure
            yield here.difference(noun, change, roles.answer.position, either.cursor)
        if before and after:
            yield from _compare_headers(before, after, spot.below("response-header", status), roles)
            yield from compare_content(before.content, after.content, here, roles.answer)


def _compare_headers(old: Response, new: Response, spot: Spot, roles: Roles) -> Findings:
    return compare_values(old.headers, new.headers, lambda key: spot.below(key[1]), roles.headers)


def _succeeds(status: str, responses: Responses) -> bool:
    """Does a status tell of success? `default` does where no other does."""
    if status == DEFAULT:
        return not any(_succeeds(other, responses) for other in responses if other != DEFAULT)
    return status[0] in "123"
