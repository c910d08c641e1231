"""The provider of an application that reads files of its own, as in a test or where nothing is served."""

from collections.abc import Iterable
from pathlib import Path

from openfeature.evaluation_context import EvaluationContext

from tidegate.openfeature.evaluating import EvaluatingProvider
from tidegate.sources.flags import read_flags


class FileProvider(EvaluatingProvider):
    """Evaluates in process what stood in `files`, of flagd's format, when it began."""

    def __init__(self, files: Iterable[Path]) -> None:
        super().__init__()
        self._files = tuple(files)

    def initialize(self, evaluation_context: EvaluationContext) -> None:
        """Read the files; raises `Refused` with everything that is wrong with them."""
        del evaluation_context  # it concerns evaluations, and comes with each
        self.serve(read_flags(self._files))
