"""`python -m bench.flags COMMAND`.

exposure      who is exposed among a million users: how many, the same each time, more and more, and independently
speed         evaluations per second, in process and over the network, beside the providers of flagd and Unleash
propagation   how long until a kill has reached every one of many connected applications
raw           evaluations per second of processor time by the evaluator alone, beside that of reference
scenarios     the evaluator scenarios of flagd-testbed in a folder that is given
"""

import sys
from collections.abc import Callable, Mapping, Sequence

from bench.flags import exposure, propagation, raw, scenarios, speed

COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "exposure": exposure.main,
    "propagation": propagation.main,
    "raw": raw.main,
    "scenarios": scenarios.main,
    "speed": speed.main,
}
"""What each command does with its arguments; it returns the exit code."""


def main(arguments: Sequence[str]) -> int:
    """Run the command that is named first."""
    if arguments and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]](arguments[1:])
    sys.stdout.write(__doc__ or "")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
