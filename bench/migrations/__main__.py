"""`python -m bench.migrations COMMAND`.

pgroll     examples of a folder go forth, back, forth and complete under clients of both versions
traffic    what applications notice of a migration on a big table, beside none and beside a plain `ALTER`
kills      tidegate and PostgreSQL are killed at random moments
outbox     a table moves to another database under a given rate of writes
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

COMMANDS: Final = ("pgroll", "traffic", "kills", "outbox")
"""Each is a module with a `main`."""


def main(arguments: Sequence[str]) -> int:
    """Run the command that is named first; its exit code is returned."""
    if arguments and arguments[0] in COMMANDS:
        code: int = import_module(f"bench.migrations.{arguments[0]}").main(arguments[1:])
        return code
    sys.stdout.write(__doc__ or "")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
