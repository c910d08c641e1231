"""`python -m bench.flags COMMAND`.

raw          evaluations a second, beside the evaluator of reference
scenarios    the evaluator scenarios of flagd-testbed in a folder that is given
"""

import sys
from collections.abc import Callable, Mapping, Sequence

from bench.flags import raw, scenarios

COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "raw": raw.main,
    "scenarios": scenarios.main,
}
"""What each command does with its arguments; it returns the exit code."""


def main(arguments: Sequence[str]) -> int:
    """Run the command that is named first."""
    if arguments and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]](arguments[1:])
    sys.stderr.write(__doc__ or "")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
