"""Who is exposed among many users, asked of the evaluator one by one, as applications ask it.

Four properties, each against what chance alone would do:

accuracy       of the users, the share is exposed; the deviation is told in standard errors
stickiness     a user who is asked again, after the set was written down, read and compiled anew, has the same answer
monotonicity   whoever is exposed at one share is at every larger one
independence   being exposed to one flag says nothing about another, nor about another rollout of the same
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2_contingency

from tidegate.core.flags.definitions import Flag, FlagSet
from tidegate.core.flags.document import document
from tidegate.core.flags.evaluator import Evaluator
from tidegate.core.flags.serving import Exposure, served
from tidegate.core.ids import FlagKey, RolloutId, StepId
from tidegate.openfeature.definitions import flag_set

SHARES: Final = (0.01, 0.05, 0.25, 0.5)
CHECKOUT, SEARCH = FlagKey("checkout"), FlagKey("search")
BASE: Final = FlagSet(
    flags={
        key: Flag(key=key, variants={"on": True, "off": False}, default="off") for key in (CHECKOUT, SEARCH)
    }
)

In = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """So many users are asked of one exposure; `anew` of the set as an application has it that was sent it."""

    users: int
    share: float
    flag: FlagKey = CHECKOUT
    rollout: str = "r1"
    anew: bool = False


def exposed(asked: Asked) -> In:
    """Which of the users are exposed."""
    flag = asked.flag
    exposure = Exposure(
        rollout=RolloutId(asked.rollout),
        step=StepId(f"flag/{flag}"),
        flag=flag,
        variant="on",
        share=asked.share,
        salt=f"{flag}/{asked.rollout}",
    )
    flags = served(BASE, [exposure], [], [])
    if asked.anew:
        flags = flag_set(json.dumps(document(flags)))
    evaluate = Evaluator(flags).evaluate
    users = range(asked.users)
    found = (evaluate(flag, {"targetingKey": f"user-{user}"}, 0.0).variant == "on" for user in users)
    return np.fromiter(found, dtype=np.bool_, count=asked.users)


def accuracy(share: float, found: In) -> Mapping[str, float]:
    """How many are exposed, and how far that is from the share in standard errors."""
    error = (share * (1 - share) / len(found)) ** 0.5
    return {"share": share, "exposed": float(found.mean()), "z": float((found.mean() - share) / error)}


def independence(one: In, other: In) -> float:
    """The chance of a table at least as uneven as that of both, were they independent."""
    table = [[int(np.sum((one == a) & (other == b))) for b in (False, True)] for a in (False, True)]
    return float(chi2_contingency(table, correction=False).pvalue)


def measure(users: int) -> Mapping[str, Any]:
    """All four, by as many processes as there are cores."""
    began = time.perf_counter()
    first = [Asked(users=users, share=share) for share in SHARES]
    again = [replace(asked, anew=True) for asked in first]
    others = [replace(first[-1], flag=SEARCH), replace(first[-1], rollout="r2")]
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(exposed, [*first, *again, *others]))
    by_share, by_share_again, (flag, rollout) = found[:4], found[4:8], found[8:]
    return {
        "users": users,
        "accuracy": [accuracy(share, found) for share, found in zip(SHARES, by_share, strict=True)],
        "changed their mind": int(sum(np.sum(a != b) for a, b in zip(by_share, by_share_again, strict=True))),
        "left as it grew": int(sum(np.sum(less & ~more) for less, more in pairwise(by_share))),
        "p of another flag": independence(by_share[-1], flag),
        "p of another rollout": independence(by_share[-1], rollout),
        "seconds": round(time.perf_counter() - began, 1),
    }


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and write JSON where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.flags exposure")
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    found = measure(given.users)
    text = json.dumps(found, indent=2)
    print(text)
    if given.json:
        given.json.write_text(text + "\n")
    return 0
