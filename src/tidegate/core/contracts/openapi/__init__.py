"""OpenAPI 3.0 and 3.1 and Swagger 2: two versions of an HTTP interface side by side.

    templates                          paths with parameters
    view                               an interface as one shape, and ways to find things in it
    doubts, grammar                    what could not be read; what the versions write differently
    openapi3, swagger2, parameters     how they write it
    read                               a document as a view
    rules, roles                       whom each sort of difference breaks; who asks and who answers
    pairs, findings                    what belongs together, and what is found out about it
    shared                             schemas that many operations share, compared once
    values, content, security          parameters and headers; bodies; what must be presented
    operations, compare                all of it: `compare`
    retirements                        what is announced to go away: `retirements`

It compares paths (whatever their parameters are called), operations, parameters, bodies, answers, headers,
callbacks, webhooks, what must be presented to call an operation, and every schema. It cannot see addresses of
servers, links, examples, the security of webhooks and callbacks, and what is said in prose. A server that
moves is not noticed: the addresses of environments differ anyway.
"""

from tidegate.core.contracts.openapi.compare import compare
from tidegate.core.contracts.openapi.read import read
from tidegate.core.contracts.openapi.retirements import retirements
from tidegate.core.contracts.openapi.view import media_for, operation_of, response_for

__all__ = ["compare", "media_for", "operation_of", "read", "response_for", "retirements"]
