"""JSON as YAML reads it. YAML takes nearly all of it, but no tabs before what a line says, and no character in two
escapes, which is how JSON writes those beyond the first 65,536.
"""

import re
from typing import Final

INDENT: Final = re.compile(r"^[ \t]+", re.MULTILINE)
HIGH, LOW = r"\\u([dD][89abAB][0-9a-fA-F]{2})", r"\\u([dD][c-fC-F][0-9a-fA-F]{2})"
PAIR: Final = re.compile(rf"(?<!\\)((?:\\\\)*){HIGH}{LOW}")


def as_yaml(text: str) -> str:
    """The same values on the same lines; text that is no JSON object or list is left as it is."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    return PAIR.sub(_joined, INDENT.sub(lambda found: " " * len(found[0]), text))


def _joined(found: re.Match[str]) -> str:
    high, low = int(found[2], 16), int(found[3], 16)
    return found[1] + chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
