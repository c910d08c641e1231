"""YAML and JSON as plain values: bounded, each key once, keys always text.

JSON is read by the standard library, which is some fifty times faster than composing it as YAML: published
specifications reach 10 MB. YAML's plain scalars mean what `sources.tree` says.
"""

import json
import re
from collections import Counter
from typing import Any, Final, NoReturn

from tidegate.core.contracts.specification import Value
from tidegate.core.errors import Location, Problem, Refused
from tidegate.sources import tree
from tidegate.sources.words import quoted

LIMITS: Final = tree.Limits(bytes=16 * 1024 * 1024, depth=128, values=2_000_000)
LONGEST_NAME: Final = 1000
JSON_SUFFIXES: Final = (".json", ".avsc")
SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def parse(content: bytes, file: str) -> Value:
    """The one document of a file; `Refused` says where it cannot be read, under the name `file`."""
    value = _parse(content, file)
    if name := _long_name(value):
        _refuse(f"the name {quoted(name)} has more than {LONGEST_NAME} letters", Location(file=file, line=1))
    return value


def _long_name(value: Value) -> str:
    """A name that is too long: every place below it would carry it along."""
    waiting = [value]
    while waiting:
        whole = waiting.pop()
        if isinstance(whole, dict) and (name := max(whole, key=len, default="")) and len(name) > LONGEST_NAME:
            return name
        waiting += _parts(whole)
    return ""


def _parse(content: bytes, file: str) -> Value:
    if len(content) <= LIMITS.bytes and content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        try:
            return _json(content.decode("utf-8-sig"), file)
        except UnicodeDecodeError:
            pass  # the YAML reader says where
        except json.JSONDecodeError as error:
            if file.endswith(JSON_SUFFIXES):
                _refuse(f"not JSON: {error.msg}", Location(file=file, line=error.lineno))
    return _yaml(content, file)


def _refuse(message: str, location: Location, hint: str = "") -> NoReturn:
    raise Refused([Problem(message=message, location=location, hint=hint)])


# -- JSON ----------------------------------------------------------------------------------------------------


class _TwiceError(ValueError):
    """A key is given twice."""


def _json(text: str, file: str) -> Value:
    start = Location(file=file, line=1)
    try:
        value: Value = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite
        )
    except RecursionError:
        _refuse(f"nested deeper than {LIMITS.depth} levels", start)
    except _TwiceError as error:
        located = tree.parse(text.encode(), file, LIMITS).problems
        raise Refused(located or [Problem(message=str(error), location=start)]) from error
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        _refuse(str(error).partition(";")[0], start)
    if excess := _excess(value) or _halves(text, value):
        _refuse(excess, start)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise _TwiceError(f"{quoted(name)} is given twice")
    return fields


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{quoted(digits)} is too large a number")
    return number


def _excess(value: Value) -> str:
    """Which limit a value breaks. Level by level, so that no depth of nesting reaches Python's."""
    level, values = [value], 0
    for _ in range(LIMITS.depth + 1):
        values += len(level)
        if values > LIMITS.values:
            return f"more than {LIMITS.values} values"
        level = [part for whole in level for part in _parts(whole)]
        if not level:
            return ""
    return f"nested deeper than {LIMITS.depth} levels"


def _parts(value: Value) -> list[Value]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _halves(text: str, value: Value) -> str:
    """Half a surrogate pair is no text: it could be neither stored nor shown."""
    if not SURROGATE.search(text):
        return ""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "an escape such as \\ud800 is half of a pair"
    return ""


# -- YAML ----------------------------------------------------------------------------------------------------


def _yaml(content: bytes, file: str) -> Value:
    parsed = tree.parse(content, file, LIMITS)
    if parsed.problems:
        raise Refused(parsed.problems)
    root, *more = parsed.documents or (tree.NOTHING,)
    if not root:
        _refuse("nothing in this file", Location(file=file, line=1))
    if more:
        _refuse("a specification is one document a file", more[0].location, "split the file")
    value: Value = root.plain()
    return value
