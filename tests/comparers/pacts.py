"""What search needs of stock, as a Pact: how much there is, and nothing else."""

from typing import Any

PACT: dict[str, Any] = {
    "consumer": {"name": "search"},
    "provider": {"name": "stock"},
    "interactions": [
        {
            "description": "how much there is",
            "request": {"method": "GET", "path": "/stock"},
            "response": {
                "status": 200,
                "headers": {"Content-Type": "application/json"},
                "body": {"available": 7},
                "matchingRules": {"$.body.available": {"match": "type"}},
            },
        }
    ],
    "metadata": {"pactSpecification": {"version": "2.0.0"}},
}
