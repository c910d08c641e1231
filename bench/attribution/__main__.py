"""`python -m bench.attribution COMMAND`.

petshop      where it begins, on recorded issues in a folder that is given
"""

import sys
from collections.abc import Callable, Mapping, Sequence

from bench.attribution import petshop

COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "petshop": petshop.main,
}
"""What each command does with its arguments; it returns the exit code."""


def main(arguments: Sequence[str]) -> int:
    """Run the command that is named first."""
    if arguments and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]](arguments[1:])
    print(f"name one of these commands: {', '.join(COMMANDS)}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
