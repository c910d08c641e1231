"""Exit codes, the same for every command and stable over releases."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit status means."""

    OK = 0
    FAILED = 1  # the work was done and its answer is no: rolled back, not healthy
    REFUSED = 2  # the input must be mended; nothing was changed
    UNAVAILABLE = 3  # something that should be running does not answer
    INSUFFICIENT = 3  # the same code: evidence that should be there is not, so there is no answer
