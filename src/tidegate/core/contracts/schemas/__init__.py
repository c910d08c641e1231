"""Comparison of two JSON Schemas, as OpenAPI, AsyncAPI and JSON Schema files hold them.

    site           where two schemas stand: who writes there, and whose keywords they are written in
    rules          every sort of difference, and whom it breaks
    words          how reasons speak of what a specification says
    known          what is the same in both versions, and how much work is left
    shape          what one schema allows, keyword by keyword
    keywords       one schema's own keywords
    reading        from a place in a specification to its shapes
    values, objects, arrays, constraints, alternatives     two shapes side by side
    telling        from what was found to a difference
    walk           what to compare next, and when to stop: `compare_schemas`

Differences stand at their place in the new version; what is gone, where it would be.

It cannot see: whether one regular expression accepts what another does; whether different `not`, `if`,
`contains`, `propertyNames` or `patternProperties` allow the same (unknown, unless only one side has them); what
`$dynamicRef` and anchors lead to; whether the alternatives of a `oneOf` overlap; examples and descriptions.
"""

from tidegate.core.contracts.schemas.known import Known
from tidegate.core.contracts.schemas.site import Dialect, Findings, Flow, Site
from tidegate.core.contracts.schemas.walk import compare_schemas

__all__ = ["Dialect", "Findings", "Flow", "Known", "Site", "compare_schemas"]
