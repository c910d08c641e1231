"""What everybody says who asks the API for something: who they are, and why."""

from typing import Annotated, Final

from pydantic import Field

LONGEST_REASON: Final = 2000

By = Annotated[str, Field(min_length=1, max_length=200)]
Why = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON, pattern=r"\S")]
