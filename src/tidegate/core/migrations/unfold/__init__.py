"""Operations on a schema become phases, each with its way back.

Read in this order: `folding` (what a migration makes itself), `draft` (what it has come to), `recast` and `obstacles`
(columns in two shapes, and what keeps them from it), `columns`, `constraining` and `others` (operations), `reading` and
`examining` (what expressions read, what is wrong), `triggers`, `views`, `contract`, `probes`, `fingerprint`,
`assembling`.
"""

from tidegate.core.migrations.unfold.unfolded import unfold
from tidegate.core.migrations.unfold.views import version_schema, version_views

__all__ = ["unfold", "version_schema", "version_views"]
