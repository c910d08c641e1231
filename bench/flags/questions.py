"""What is asked in measurements of speed: flags of three kinds, for many users, in each system's own words."""

from collections.abc import Mapping
from typing import Any, Final

from openfeature.evaluation_context import EvaluationContext

STATIC, TARGETED, FRACTION = "static", "targeted", "fraction"
KINDS: Final = (STATIC, TARGETED, FRACTION)
DOMAIN: Final = "@example.com"
USERS: Final = tuple(
    (f"user-{user}", f"user-{user}{DOMAIN if user % 2 else '@example.org'}") for user in range(64)
)

CONTEXTS: Final = tuple(EvaluationContext(key, {"email": email}) for key, email in USERS)
PLAIN: Final = tuple({"targetingKey": key, "email": email} for key, email in USERS)
UNLEASHED: Final = tuple({"userId": key, "properties": {"email": email}} for key, email in USERS)

_IF_AT_HOME: Final = {"if": [{"ends_with": [{"var": "email"}, DOMAIN]}, "on", "off"]}
_HALF: Final = {"fractional": [["on", 50], ["off", 50]]}


def _flag(targeting: Mapping[str, Any]) -> Mapping[str, Any]:
    variants = {"on": True, "off": False}
    return {"state": "ENABLED", "variants": variants, "defaultVariant": "on", "targeting": targeting}


FLAGD: Final = {"flags": {STATIC: _flag({}), TARGETED: _flag(_IF_AT_HOME), FRACTION: _flag(_HALF)}}


def _toggle(name: str, strategy: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"name": name, "type": "release", "enabled": True, "strategies": [strategy]}


UNLEASH: Final = {
    "version": 2,
    "features": [
        _toggle(STATIC, {"name": "default"}),
        _toggle(
            TARGETED,
            {
                "name": "default",
                "constraints": [{"contextName": "email", "operator": "STR_ENDS_WITH", "values": [DOMAIN]}],
            },
        ),
        _toggle(
            FRACTION,
            {
                "name": "flexibleRollout",
                "parameters": {"rollout": "50", "stickiness": "userId", "groupId": FRACTION},
            },
        ),
    ],
}
